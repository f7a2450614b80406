"""Run the demo: ape run demo [--keep]."""

from ape_hyperlane.cli import demo as cli

__all__ = ["cli"]
