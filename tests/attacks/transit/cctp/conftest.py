"""Routes over Circle's CCTP, of both versions."""

from ....contracts.token.test_cctp import (
    attested,
    cost,
    deploy_bridge,
    here,
    network,
    process,
    refused,
    send,
    sides,
    there,
    version,
)

__all__ = [
    "attested",
    "cost",
    "deploy_bridge",
    "here",
    "network",
    "process",
    "refused",
    "send",
    "sides",
    "there",
    "version",
]
