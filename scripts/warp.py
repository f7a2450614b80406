"""Deploy, check and use warp routes: ape run warp deploy|check|send [options]."""

from ape_hyperlane.cli import warp as cli

__all__ = ["cli"]
