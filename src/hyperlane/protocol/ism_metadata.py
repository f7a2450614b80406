"""What a relayer hands to a security module so that it accepts a message.

Layouts: docs/protocol/metadata.md. A routing module passes its metadata on unchanged, and a
module of type NULL takes none, so neither needs a codec.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from eth_abi.exceptions import DecodingError

from hyperlane.errors import DecodeError
from hyperlane.protocol.abi import decode, encode
from hyperlane.protocol.layout import Reader, preview, require_bytes, require_uint
from hyperlane.protocol.typecasts import Address, Bytes32


class ModuleType(IntEnum):
    """`moduleType()` of a security module: which metadata it wants."""

    UNUSED = 0
    ROUTING = 1
    AGGREGATION = 2
    LEGACY_MULTISIG = 3
    MERKLE_ROOT_MULTISIG = 4
    MESSAGE_ID_MULTISIG = 5
    NULL = 6
    CCIP_READ = 7
    ARB_L2_TO_L1 = 8
    WEIGHTED_MERKLE_ROOT_MULTISIG = 9
    WEIGHTED_MESSAGE_ID_MULTISIG = 10
    OP_L2_TO_L1 = 11
    POLYMER = 12
    COMPOSITE = 13
    """Known to agents only; no EVM module has it."""


_ARBITRUM_TYPES = (
    "bytes32[]",
    "uint256",
    "address",
    "address",
    "uint256",
    "uint256",
    "uint256",
    "uint256",
    "bytes",
)


@dataclass(frozen=True, slots=True)
class ArbL2ToL1Metadata:
    """What an Arbitrum chain sent to its parent chain, and the proof that its Outbox wants."""

    proof: tuple[Bytes32, ...]
    """Siblings from the sending up to a root that the rollup confirmed, leaf level first."""
    index: int
    """The sending's place under that root: `position` of the chain's `L2ToL1Tx` event."""
    l2_sender: Address
    """Who sent it: the hook."""
    to: Address
    """Who is called: the module."""
    l2_block: int
    l1_block: int
    l2_timestamp: int
    """Seconds."""
    value: int
    """Wei to call with."""
    data: bytes
    """What to call with: `preVerifyMessage(bytes32,uint256)`."""

    def __post_init__(self) -> None:
        for level, sibling in enumerate(self.proof):
            require_bytes(f"metadata.proof[{level}]", sibling, 32)
        require_bytes("metadata.l2_sender", self.l2_sender, 20)
        require_bytes("metadata.to", self.to, 20)
        for field in ("index", "l2_block", "l1_block", "l2_timestamp", "value"):
            require_uint(f"metadata.{field}", getattr(self, field), 256)

    def encode(self) -> bytes:
        """The bytes `verify` takes."""
        return encode(
            _ARBITRUM_TYPES,
            (
                self.proof,
                self.index,
                self.l2_sender,
                self.to,
                self.l2_block,
                self.l1_block,
                self.l2_timestamp,
                self.value,
                self.data,
            ),
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read metadata; DecodeError when it is no ABI encoding of the nine fields."""
        try:
            proof, index, l2_sender, to, *rest = decode(_ARBITRUM_TYPES, data)
        except (DecodingError, OverflowError) as error:
            raise DecodeError(
                f"metadata: {preview(data)} is not ({','.join(_ARBITRUM_TYPES)}): {error}"
            ) from error
        l2_sender, to = (Address(bytes.fromhex(item[2:])) for item in (l2_sender, to))
        return cls(tuple(proof), index, l2_sender, to, *rest)


def encode_aggregation(submodules: Sequence[bytes | None]) -> bytes:
    """Metadata of an aggregation: per submodule, in order, its metadata or None to leave it out.

    The contract wants exactly its threshold of them provided.
    """
    table, blobs = bytearray(), bytearray()
    for blob in submodules:
        if blob is None:
            table += bytes(8)
            continue
        start = 8 * len(submodules) + len(blobs)
        blobs += blob
        table += start.to_bytes(4) + (start + len(blob)).to_bytes(4)
    return bytes(table + blobs)


def decode_aggregation(data: bytes, module_count: int) -> tuple[bytes | None, ...]:
    """The inverse: per submodule its metadata, or None where it was left out (start 0).

    DecodeError for a truncated table, or a range that is reversed or leaves the data. As in the
    contract, ranges may overlap and bytes that no range covers mean nothing.
    """
    reader = Reader("metadata", data)
    ranges = [
        (reader.uint(f"start[{i}]", 4), reader.uint(f"end[{i}]", 4)) for i in range(module_count)
    ]
    for i, (start, end) in enumerate(ranges):
        if start and not start <= end <= len(data):
            raise DecodeError(
                f"metadata.range[{i}]: {start}..{end} is not inside the {len(data)} bytes given"
            )
    return tuple(data[start:end] if start else None for start, end in ranges)
