"""Keccak-256, the hash of everything in the protocol."""

from collections.abc import Callable
from typing import cast

from eth_hash.auto import keccak as _keccak

from hyperlane.protocol.typecasts import Bytes32

keccak = cast("Callable[[bytes], Bytes32]", _keccak)
"""The 32-byte hash of `bytes`. The library's own function: trees call it by the million."""
