"""Addresses of contracts that a contract deploys by CREATE2."""

from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import require_bytes
from hyperlane.protocol.typecasts import Address, Bytes32


def create2_address(deployer: Address, salt: Bytes32, init_code: bytes) -> Address:
    """Where `deployer` puts the contract that `init_code` makes under `salt` (EIP-1014)."""
    require_bytes("deployer", deployer, 20)
    require_bytes("salt", salt, 32)
    return Address(keccak(b"\xff" + deployer + salt + keccak(init_code))[12:])
