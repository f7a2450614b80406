"""Send a message: ape run send --origin <chain> --to <chain> --body <text> [options]."""

from ape_hyperlane.cli import send as cli

__all__ = ["cli"]
