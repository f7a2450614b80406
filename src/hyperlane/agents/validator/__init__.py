"""The validator: signs a checkpoint for every message that leaves its chain, one per index."""

from hyperlane.agents.validator.agent import run

__all__ = ["run"]
