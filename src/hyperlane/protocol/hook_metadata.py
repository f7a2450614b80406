"""What a sender tells the hooks: gas for the destination, who gets the change, in which token.

Layout and truncation: docs/protocol/metadata.md, "Hooks".
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from hyperlane.errors import DecodeError
from hyperlane.protocol.layout import preview, require_bytes, require_uint
from hyperlane.protocol.typecasts import Address

VARIANT = 1
DEFAULT_GAS_LIMIT = 50_000
"""What a gas paymaster assumes when the metadata ends before the gas limit."""


class HookType(IntEnum):
    """`hookType()` of a post-dispatch hook."""

    UNUSED = 0
    ROUTING = 1
    AGGREGATION = 2
    MERKLE_TREE = 3
    INTERCHAIN_GAS_PAYMASTER = 4
    FALLBACK_ROUTING = 5
    ID_AUTH_ISM = 6
    PAUSABLE = 7
    PROTOCOL_FEE = 8
    DEPRECATED = 9
    RATE_LIMITED = 10
    ARB_L2_TO_L1 = 11
    OP_L2_TO_L1 = 12
    MAILBOX_DEFAULT_HOOK = 13
    AMOUNT_ROUTING = 14
    CCTP = 15
    TIMELOCK_ROUTING = 16
    PREDICATE_ROUTER_WRAPPER = 17


@dataclass(frozen=True, slots=True)
class StandardHookMetadata:
    """Variant 1. None is a field the metadata is too short for: the hook uses its default.

    Fields are positional, so one can be given only if all before it are: DecodeError otherwise.
    """

    msg_value: int | None = None
    """uint256 wei of native value to carry to the destination; default 0."""
    gas_limit: int | None = None
    """uint256 gas for the recipient's `handle`; default `DEFAULT_GAS_LIMIT`."""
    refund_address: Address | None = None
    """Who gets what was paid too much; default the sender of the message."""
    fee_token: Address | None = None
    """ERC-20 in which fees are paid; the zero address, or none, is the native token."""
    custom: bytes = b""
    """Whatever a particular hook expects after the standard fields."""

    def __post_init__(self) -> None:
        if self.msg_value is not None:
            require_uint("hook_metadata.msg_value", self.msg_value, 256)
        if self.gas_limit is not None:
            require_uint("hook_metadata.gas_limit", self.gas_limit, 256)
        if self.refund_address is not None:
            require_bytes("hook_metadata.refund_address", self.refund_address, 20)
        if self.fee_token is not None:
            require_bytes("hook_metadata.fee_token", self.fee_token, 20)
        require_bytes("hook_metadata.custom", self.custom, len(self.custom))
        given = [
            self.msg_value is not None,
            self.gas_limit is not None,
            self.refund_address is not None,
            self.fee_token is not None,
            bool(self.custom),
        ]
        if given != sorted(given, reverse=True):
            raise DecodeError(f"hook_metadata: {self!r} leaves out a field before one it gives")

    def encode(self) -> bytes:
        """The shortest metadata that carries the fields given."""
        parts = [VARIANT.to_bytes(2)]
        if self.msg_value is not None:
            parts.append(self.msg_value.to_bytes(32))
        if self.gas_limit is not None:
            parts.append(self.gas_limit.to_bytes(32))
        return b"".join((*parts, self.refund_address or b"", self.fee_token or b"", self.custom))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read metadata as hooks do: a field counts only if the data reaches its end.

        Empty data is all defaults. DecodeError for any variant but 1, one byte alone included.
        """
        require_bytes("hook_metadata", data, len(data))
        if data and data[:2] != VARIANT.to_bytes(2):
            raise DecodeError(f"hook_metadata.variant: {preview(data[:2])} is not 0x{VARIANT:04x}")
        return cls(
            msg_value=_uint(data[2:34]),
            gas_limit=_uint(data[34:66]),
            refund_address=_address(data[66:86]),
            fee_token=_address(data[86:106]),
            custom=data[106:],
        )


def _uint(field: bytes) -> int | None:
    return int.from_bytes(field) if len(field) == 32 else None


def _address(field: bytes) -> Address | None:
    return Address(field) if len(field) == 20 else None
