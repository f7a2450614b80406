"""Metadata: the signatures and proofs that security modules verify before a delivery."""

from hyperlane.agents.relayer.metadata.build import MetadataBuilder
from hyperlane.agents.relayer.metadata.lookups import Lookups
from hyperlane.agents.relayer.metadata.multisig import Multisigs
from hyperlane.agents.relayer.metadata.parts import Batch, Metadata, Proof, encode_batch, shared

__all__ = [
    "Batch",
    "Lookups",
    "Metadata",
    "MetadataBuilder",
    "Multisigs",
    "Proof",
    "encode_batch",
    "shared",
]
