"""Send a message: ape run send --origin <chain> --to <chain> --body <text> [options]."""

from ape_hyperlane.send import cli

__all__ = ["cli"]
