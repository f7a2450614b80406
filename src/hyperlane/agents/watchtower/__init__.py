"""The watchtower: reads all signed checkpoints, and finds false and missing signatures."""

from hyperlane.agents.watchtower.agent import run

__all__ = ["run"]
