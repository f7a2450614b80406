"""Run the slashing demo: ape run demo_slash."""

from ape_hyperlane.cli import demo_slash as cli

__all__ = ["cli"]
