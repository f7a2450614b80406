"""Writing files so that a reader or a crash never sees half of one, nor others what is private."""

import os
import tempfile
from pathlib import Path

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
_SHARED_FILE = 0o644


def make_private(path: Path) -> None:
    """Let only the owner read and write a file, which is created, with its folder, if need be.

    OSError when it cannot be, or belongs to somebody else.
    """
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        if os.fstat(file).st_mode & 0o077:  # made by an earlier version, or by hand
            os.fchmod(file, PRIVATE_FILE)
    finally:
        os.close(file)


def write_atomic(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Replace `path` by `content`, creating folders: all of it or nothing, also through a crash.

    Writes beside the target, flushes to disk, then renames (atomic on POSIX). Others may read it,
    unless it is `private`.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, PRIVATE_FILE if private else _SHARED_FILE)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
