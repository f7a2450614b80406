"""Style sheets, scripts and the icon: files of this package, under a path that names their content.

The path changes with the files, so that browsers may keep them for ever.
"""

import hashlib
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parents[1] / "static"


def _version() -> str:
    files = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    content = hashlib.sha256()
    for path in files:
        content.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:12]


PREFIX = f"/static/{_version()}"


def asset(name: str) -> str:
    """The path of a file."""
    return f"{PREFIX}/{name}"


class Assets(StaticFiles):
    """Serves the files."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
