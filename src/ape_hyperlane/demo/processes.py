"""Child processes of demos and tests: local chains and agents."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hyperlane.errors import HyperlaneError

INSTALL = {
    "anvil": "it comes with Foundry, see https://getfoundry.sh, and npm has it alone:"
    " `npm install --global @foundry-rs/anvil-linux-amd64`, or -linux-arm64, -darwin-arm64,"
    " -darwin-amd64",
    "hyperlane-agent": "it comes with ape-hyperlane: `pip install --force-reinstall ape-hyperlane`",
}
"""Source of each program that may be missing, and how to install it."""


class ProcessError(HyperlaneError):
    """A child process exited, or was not ready in time. The text names it and its log file."""


def free_port() -> int:
    """A free TCP port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Path of a program: beside this Python, where pip puts those of packages, or on PATH.
    ProcessError, with what to do, if it is in neither."""
    here = Path(sys.executable).parent
    found = shutil.which(name, path=f"{here}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if found is None:
        remedy = INSTALL.get(name, "install it, or add its folder to PATH")
        raise ProcessError(f"{name}: not found on PATH or in {here}; {remedy}")
    return found


def anvil(port: int, chain_id: int, *options: str) -> list[str]:
    """Command that starts a local chain. It keeps the states of 500 blocks unless `options` set
    another number: anvil's default are thousands, written to the home folder, up to 75 GB."""
    kept = () if "--prune-history" in options else ("--prune-history", "500")
    return ["anvil", "--port", str(port), "--chain-id", str(chain_id), *kept, *options]


@contextmanager
def _uninterrupted() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Processes:
    """Starts processes, each with a log file in `logs`. `close` ends them all."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, Sequence[str]] = {}

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, name: str, command: Sequence[str]) -> int:
        """Starts a process in the background and returns its pid. ProcessError if there is no such
        program."""
        command = [program(command[0]), *command[1:]]
        with self.log(name).open("ab") as log:
            # In a session of its own: Ctrl-C interrupts only the parent, which then ends its
            # children in order.
            process = subprocess.Popen(  # noqa: S603
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._running[name] = process
        self._commands[name] = command
        return process.pid

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def check(self) -> None:
        """ProcessError when a process has exited."""
        for name, process in self._running.items():
            if (status := process.poll()) is not None:
                raise ProcessError(
                    f"{name} ended with status {status}; its log ends: {self._last_line(name)}"
                )

    def wait_until(self, ready: Callable[[], bool], what: str, seconds: float) -> None:
        """Polls until `ready()`. ProcessError on timeout or when a process exits."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"{what}: not within {seconds:.0f} s; logs are in {self.logs}")
            time.sleep(0.1)

    def kill(self, name: str) -> None:
        """Kills a process without a chance to shut down, as a crash would."""
        process = self._running.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def restart(self, name: str) -> int:
        """Starts a killed process again with the same command."""
        return self.start(name, self._commands[name])

    def close(self) -> None:
        """Terminates all processes, agents before chains, and kills those that do not exit.
        Ctrl-C does nothing meanwhile."""
        with _uninterrupted():
            self._end_all()

    def _end_all(self) -> None:
        for process in reversed(self._running.values()):
            process.terminate()
        for process in reversed(self._running.values()):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _last_line(self, name: str) -> str:
        lines = self.log(name).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "(empty)"
