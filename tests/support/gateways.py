"""Names of what tests of ERC-7786 gateways share."""

from eth_abi import encode
from eth_utils import keccak

from hyperlane.protocol.interoperable_address import evm_account

ZERO = "0x" + "00" * 20
CHAIN, DOMAIN = 8453, 1000
"""The remote chain's id, and the domain of its Mailbox: they need not be equal."""
REMOTE = "0x" + "33" * 20
"""The gateway on the remote chain."""
SENDER = "0x" + "44" * 20
"""An account on the remote chain."""


def b20(address: str) -> bytes:
    return bytes.fromhex(str(address)[2:])


def account(chain_id: int, address: str) -> bytes:
    return evm_account(chain_id, b20(address))


def attribute(key: str, value: object) -> bytes:
    types = key[key.index("(") + 1 : -1]
    return keccak(text=key)[:4] + encode([types], [value])
