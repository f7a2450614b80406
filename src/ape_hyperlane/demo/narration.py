"""Output of demos while they run, and their end by Ctrl-C or SIGTERM."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from rich.console import Console

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells give it."""


class Narration:
    """Prints lines with the time since the start."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.started = time.monotonic()

    def log(self, text: str) -> None:
        """Prints a line."""
        elapsed = time.monotonic() - self.started
        self.console.print(f"[dim]{elapsed:5.1f} s[/]  {text}", highlight=False, soft_wrap=True)


@contextmanager
def ended_with_a_word() -> Iterator[None]:
    """Has Ctrl-C and SIGTERM end the process by an exception, so that child processes are ended as
    well, and says so afterwards."""
    signal.signal(signal.SIGTERM, _terminate)
    # ape's handler exits at once, without a word.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print("\nStopped: all processes of this run have ended.", flush=True)
        sys.exit(INTERRUPTED)


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def keep_running(console: Console, check: Callable[[], None]) -> None:
    """Waits for Ctrl-C. Whatever `check` raises, which it does when a process has ended."""
    try:
        while True:
            time.sleep(1)
            check()
    except KeyboardInterrupt:
        console.print("\nStopping.")
