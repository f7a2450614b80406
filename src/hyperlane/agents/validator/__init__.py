"""The validator: vouches for every message that leaves its chain, and never for two histories."""

from hyperlane.agents.validator.agent import run

__all__ = ["run"]
