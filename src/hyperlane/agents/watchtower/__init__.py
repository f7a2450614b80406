"""The watchtower: reads what validators sign and finds what they must not have signed."""

from hyperlane.agents.watchtower.agent import run

__all__ = ["run"]
