"""The kathy agent: sends canaries between all of its chains, and alerts when one is late."""

from hyperlane.agents.kathy.agent import run

__all__ = ["run"]
