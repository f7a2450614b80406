"""Interchain accounts: calls that a remote owner has an account make on this chain.

Bodies, salts and addresses: docs/protocol/accounts.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self, TypeAlias

from eth_abi.exceptions import DecodingError

from hyperlane.errors import DecodeError
from hyperlane.protocol.abi import decode_as_contracts, encode
from hyperlane.protocol.create2 import create2_address, create2_address_by_hash
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import Reader, preview, require_bytes, require_uint
from hyperlane.protocol.typecasts import ZERO_BYTES32, Address, Bytes32

WHOLE_BALANCE = 2**256 - 1
"""As a call's value: everything the account has."""
DELEGATE_CALL = 2**256 - 2
"""As a call's value: run the target's code as the account."""

_CALLS = "(bytes32,uint256,bytes)[]"


class AccountMessageType(IntEnum):
    """First byte of a body."""

    CALLS = 0
    COMMITMENT = 1
    REVEAL = 2


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the account."""

    to: Bytes32
    """Target; must fit an address on EVM chains."""
    value: int
    """uint256 wei, or `WHOLE_BALANCE`, or `DELEGATE_CALL`."""
    data: bytes

    def __post_init__(self) -> None:
        require_bytes("call.to", self.to, 32)
        require_uint("call.value", self.value, 256)
        require_bytes("call.data", self.data, len(self.data))


@dataclass(frozen=True, slots=True)
class CallsMessage:
    """Make these calls now."""

    owner: Bytes32
    ism: Bytes32
    """Security module that verifies the message; zero means the mailbox's default."""
    user_salt: Bytes32
    calls: tuple[Call, ...]

    def __post_init__(self) -> None:
        _require_words(self, "owner", "ism", "user_salt")

    def encode(self) -> bytes:
        """The message body."""
        head = bytes([AccountMessageType.CALLS]) + self.owner + self.ism + self.user_salt
        return head + encode_calls(self.calls)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """The fields after the type byte."""
        return cls(
            owner=reader.word("owner"),
            ism=reader.word("ism"),
            user_salt=reader.word("user_salt"),
            calls=decode_calls(reader.rest()),
        )


@dataclass(frozen=True, slots=True)
class CommitmentMessage:
    """Remember the hash of calls that are revealed later."""

    owner: Bytes32
    ism: Bytes32
    user_salt: Bytes32
    commitment: Bytes32

    def __post_init__(self) -> None:
        _require_words(self, "owner", "ism", "user_salt", "commitment")

    def encode(self) -> bytes:
        """The message body, 129 bytes."""
        head = bytes([AccountMessageType.COMMITMENT]) + self.owner + self.ism + self.user_salt
        return head + self.commitment

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """The fields after the type byte."""
        fields = [reader.word(name) for name in ("owner", "ism", "user_salt", "commitment")]
        reader.end()
        return cls(*fields)


@dataclass(frozen=True, slots=True)
class RevealMessage:
    """Make the calls behind a commitment; a lookup server supplies them during verification."""

    ism: Bytes32
    """The module that looks them up; zero means the one built into the router."""
    commitment: Bytes32

    def __post_init__(self) -> None:
        _require_words(self, "ism", "commitment")

    def encode(self) -> bytes:
        """The message body, 65 bytes."""
        return bytes([AccountMessageType.REVEAL]) + self.ism + self.commitment

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """The fields after the type byte."""
        fields = [reader.word(name) for name in ("ism", "commitment")]
        reader.end()
        return cls(*fields)


AccountMessage: TypeAlias = CallsMessage | CommitmentMessage | RevealMessage


def decode_account_message(body: bytes) -> AccountMessage:
    """Read a body by its type byte; DecodeError for an unknown type or a malformed rest."""
    reader = Reader("account_message", body)
    match reader.uint("type", 1):
        case AccountMessageType.CALLS:
            return CallsMessage.read(reader)
        case AccountMessageType.COMMITMENT:
            return CommitmentMessage.read(reader)
        case AccountMessageType.REVEAL:
            return RevealMessage.read(reader)
        case unknown:
            raise DecodeError(f"account_message.type: {unknown} is not 0, 1 or 2")


def brings_calls(body: bytes) -> bool:
    """Tell whether a body is one of calls, without decoding it.

    Each call may point to the same bytes: what is decoded grows with the square of a body that
    anybody can send. Who wants no calls asks this first.
    """
    return body[:1] == bytes([AccountMessageType.CALLS])


def encode_calls(calls: Sequence[Call]) -> bytes:
    """`abi.encode(Call[])`."""
    return encode([_CALLS], [[(call.to, call.value, call.data) for call in calls]])


def decode_calls(data: bytes) -> tuple[Call, ...]:
    """`abi.decode(data, (Call[]))`; as there, bytes that nothing points to mean nothing."""
    try:
        (calls,) = decode_as_contracts([_CALLS], data)
    except (DecodingError, OverflowError) as error:
        raise DecodeError(f"calls: {preview(data)} is not an ABI-encoded Call[]: {error}") from None
    return tuple(Call(*call) for call in calls)


def commitment(salt: Bytes32, calls: Sequence[Call]) -> Bytes32:
    """What a commitment message carries: the hash of a salt and the calls."""
    require_bytes("salt", salt, 32)
    return keccak(salt + encode_calls(calls))


def encode_reveal_metadata(account: Address, salt: Bytes32, calls: Sequence[Call]) -> bytes:
    """What the lookup server answers, and the module takes, for a reveal message."""
    require_bytes("account", account, 20)
    require_bytes("salt", salt, 32)
    return account + salt + encode_calls(calls)


def account_salt(
    origin: int,
    owner: Bytes32,
    origin_router: Bytes32,
    ism: Bytes32,
    user_salt: Bytes32 = ZERO_BYTES32,
) -> Bytes32:
    """Identifies one account on a destination router: any field that differs makes another."""
    require_uint("origin", origin, 32)
    require_bytes("owner", owner, 32)
    require_bytes("origin_router", origin_router, 32)
    require_bytes("ism", ism, 32)
    require_bytes("user_salt", user_salt, 32)
    return keccak(origin.to_bytes(4) + owner + origin_router + ism + user_salt)


def account_init_code(implementation: Address) -> bytes:
    """Creation code of the minimal proxy (EIP-1167) that every account is."""
    require_bytes("implementation", implementation, 20)
    return (
        bytes.fromhex("3d602d80600a3d3981f3363d3d373d3d3d363d73")
        + implementation
        + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
    )


def account_address(router: Address, implementation: Address, salt: Bytes32) -> Address:
    """The account that the destination `router` makes for `account_salt(...)`, with the router's
    `implementation()`."""
    return create2_address(router, salt, account_init_code(implementation))


def account_address_by_hash(router: Address, bytecode_hash: Bytes32, salt: Bytes32) -> Address:
    """The same from the router's `bytecodeHash()`, the hash of the creation code of its accounts:
    also right for a router whose accounts are no minimal proxies."""
    return create2_address_by_hash(router, salt, bytecode_hash)


def _require_words(message: AccountMessage, *names: str) -> None:
    for name in names:
        require_bytes(f"account_message.{name}", getattr(message, name), 32)
