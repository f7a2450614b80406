"""Agents as an operator runs them: processes with configuration files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

AGENT = Path(sys.executable).parent / "hyperlane-agent"


class Agents:
    """Agents by name, to be killed and started again."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._kinds: dict[str, str] = {}

    def start(self, name: str, kind: str, config: dict[str, Any], level: str = "info") -> None:
        content = {**config, "log": {"format": "json", "level": level}}
        (self.folder / f"{name}.json").write_text(json.dumps(content))
        self._kinds[name] = kind
        self.again(name)

    def again(self, name: str) -> None:
        log = self._stack.enter_context((self.folder / f"{name}.log").open("ab"))
        command = [AGENT, self._kinds[name], "--config", str(self.folder / f"{name}.json")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        self.running[name] = process
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)

    def kill(self, name: str) -> None:
        os.kill(self.running[name].pid, signal.SIGKILL)
        self.running[name].wait()

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> object:
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)
    return result
