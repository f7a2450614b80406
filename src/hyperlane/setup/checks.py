"""The outcome of one check of a set-up."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """Subject of a check, what was found, and the remedy if that is wrong."""

    passed: bool
    subject: str
    found: str
    remedy: str = ""

    def line(self) -> str:
        """The check on one line."""
        text = f"{'✓' if self.passed else '✗'} {self.subject}: {self.found}"
        return text if self.passed or not self.remedy else f"{text}. Do: {self.remedy}"

    def as_json(self) -> dict[str, Any]:
        """The check as JSON."""
        return asdict(self)
