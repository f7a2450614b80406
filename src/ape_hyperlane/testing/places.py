"""Chains that a test network joins instead of making them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Existing:
    """A Mailbox that stands on ape's connected chain already."""

    name: str
    """Name of the chain in the network."""
    mailbox: str
    """Its address."""


@dataclass(frozen=True, slots=True)
class Fork:
    """A fork of a chain that some node serves."""

    name: str
    """Name of the chain in the network."""
    url: str
    """JSON-RPC URL of a node of the chain."""
    mailbox: str | None = None
    """Address of the Mailbox there; None deploys a new one on the fork."""
    block: int | None = None
    """Number of the block to fork at; None for the latest."""
