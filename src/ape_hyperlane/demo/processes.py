"""Child processes that end with their parent: anvil chains and agents, for demos and tests."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hyperlane.errors import HyperlaneError


class ProcessError(HyperlaneError):
    """A child process ended, or was not ready in time; names it and its log file."""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def anvil(port: int, chain_id: int, *options: str) -> list[str]:
    """Command of a local chain that keeps the states of its last 500 blocks, unless `options` say
    how many: by default an anvil writes thousands of them to the home folder, which came to 75 GB.
    """
    kept = () if "--prune-history" in options else ("--prune-history", "500")
    return ["anvil", "--port", str(port), "--chain-id", str(chain_id), *kept, *options]


class Processes:
    """Starts processes, each with a log file in `logs`, and ends them all on `close`."""

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
        """Starts a process in the background and returns its pid."""
        with self.log(name).open("ab") as log:
            # A session of its own: the terminal's interrupt reaches only the parent, which then
            # ends its children in order.
            process = subprocess.Popen(  # noqa: S603
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._running[name] = process
        self._commands[name] = command
        return process.pid

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def check(self) -> None:
        """Raises ProcessError when one of them is not running any more."""
        for name, process in self._running.items():
            if (status := process.poll()) is not None:
                raise ProcessError(
                    f"{name} ended with status {status}; its log ends: {self._last_line(name)}"
                )

    def wait_until(self, ready: Callable[[], bool], what: str, seconds: float) -> None:
        """Polls until `ready()`; ProcessError when that takes too long or a process ends."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"{what}: not within {seconds:.0f} s; logs are in {self.logs}")
            time.sleep(0.1)

    def kill(self, name: str) -> None:
        """Ends one at once, as a crash would."""
        process = self._running.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def restart(self, name: str) -> int:
        """Starts one that was killed again, with the command it had."""
        return self.start(name, self._commands[name])

    def close(self) -> None:
        """Asks all to stop, agents before the chains they need, and kills what does not listen."""
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
