"""Run the guardian's demo: ape run demo_guard."""

from ape_hyperlane.cli import demo_guard as cli

__all__ = ["cli"]
