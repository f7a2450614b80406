"""The relayer: delivers messages from any of its chains to any other."""

from hyperlane.agents.relayer.agent import run

__all__ = ["run"]
