"""Addresses of contracts that a contract creates."""

from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import require_bytes
from hyperlane.protocol.typecasts import Address, Bytes32


def create2_address(deployer: Address, salt: Bytes32, init_code: bytes) -> Address:
    """Address of the contract that `deployer` makes from `init_code` under `salt` (EIP-1014)."""
    return create2_address_by_hash(deployer, salt, keccak(init_code))


def create2_address_by_hash(deployer: Address, salt: Bytes32, code_hash: Bytes32) -> Address:
    """The same from the hash of the creation code."""
    require_bytes("deployer", deployer, 20)
    require_bytes("salt", salt, 32)
    require_bytes("code_hash", code_hash, 32)
    return Address(keccak(b"\xff" + deployer + salt + code_hash)[12:])


def first_created(creator: Address) -> Address:
    """Address of the first contract that the contract at `creator` makes by CREATE: the hash of the
    RLP list of the creator's address and its nonce, 1 (EIP-161)."""
    require_bytes("creator", creator, 20)
    return Address(keccak(b"\xd6\x94" + creator + b"\x01")[12:])
