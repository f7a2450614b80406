"""Deploy a core: ape run deploy --network <network> [--account <alias>] [options]."""

from ape_hyperlane.cli import deploy as cli

__all__ = ["cli"]
