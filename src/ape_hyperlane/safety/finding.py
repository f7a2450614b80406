"""One warning about a config or a deployment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A danger, and its remedy."""

    where: str
    """Key of a config, or contract, that the finding is about."""
    danger: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.danger}: {self.remedy}"
