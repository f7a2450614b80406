"""Prices signed off chain that a gas paymaster or a fee contract accepts (EIP-712).

Fields and hashes: docs/protocol/metadata.md, "Off-chain quotes".
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import require_bytes, require_uint
from hyperlane.protocol.signature import recover_signer, sign_digest
from hyperlane.protocol.typecasts import Address, Bytes32, address_to_bytes32

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

ANY_DOMAIN = 2**32 - 1
"""As destination of a quote: all of them."""
ANY_SENDER = Address(b"\xff" * 20)
"""As sender of a gas quote: all of them."""
ANY_RECIPIENT = Bytes32(b"\xff" * 32)
"""As recipient of a fee quote: all of them."""
ANY_AMOUNT = 2**256 - 1
"""As amount of a fee quote: all of them; standing quotes are for no other."""

_DOMAIN_TYPE_HASH = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_QUOTE_TYPE_HASH = keccak(
    b"SignedQuote(bytes context,bytes data,uint48 issuedAt,uint48 expiry,bytes32 salt,"
    b"address submitter)"
)
_NAME_HASH = keccak(b"OffchainQuoter")
_VERSION_HASH = keccak(b"1")


@dataclass(frozen=True, slots=True)
class SignedQuote:
    """What a quote signer vouches for."""

    context: bytes
    """What the price is for."""
    data: bytes
    """The price."""
    issued_at: int
    """uint48 seconds; a standing quote replaces only older ones."""
    expiry: int
    """uint48 seconds; equal to `issued_at`, the quote holds for its own transaction only."""
    salt: Bytes32
    submitter: Address
    """Who may submit it; the zero address lets anybody."""

    def __post_init__(self) -> None:
        require_bytes("quote.context", self.context, len(self.context))
        require_bytes("quote.data", self.data, len(self.data))
        require_uint("quote.issued_at", self.issued_at, 48)
        require_uint("quote.expiry", self.expiry, 48)
        require_bytes("quote.salt", self.salt, 32)
        require_bytes("quote.submitter", self.submitter, 20)

    @property
    def struct_hash(self) -> Bytes32:
        """EIP-712 `hashStruct`."""
        return keccak(
            _QUOTE_TYPE_HASH
            + keccak(self.context)
            + keccak(self.data)
            + self.issued_at.to_bytes(32)
            + self.expiry.to_bytes(32)
            + self.salt
            + address_to_bytes32(self.submitter)
        )

    def digest(self, chain_id: int, contract: Address) -> Bytes32:
        """What is signed for `contract` on the chain with EIP-155 id `chain_id`."""
        return keccak(b"\x19\x01" + domain_separator(chain_id, contract) + self.struct_hash)

    def sign(self, chain_id: int, contract: Address, account: "BaseAccount") -> bytes:
        """The 65-byte signature of a quote signer."""
        return sign_digest(self.digest(chain_id, contract), account)

    def recover_signer(self, chain_id: int, contract: Address, signature: bytes) -> Address:
        """Who signed this quote for `contract`; DecodeError for a malformed signature."""
        return recover_signer(self.digest(chain_id, contract), signature)


def domain_separator(chain_id: int, contract: Address) -> Bytes32:
    """EIP-712 domain of the contract that takes the quote."""
    require_uint("chain_id", chain_id, 256)
    return keccak(
        _DOMAIN_TYPE_HASH
        + _NAME_HASH
        + _VERSION_HASH
        + chain_id.to_bytes(32)
        + address_to_bytes32(contract)
    )


def gas_quote_context(fee_token: Address, destination: int, sender: Address) -> bytes:
    """Context of a gas paymaster's quote; zero `fee_token` is the native token."""
    require_bytes("fee_token", fee_token, 20)
    require_uint("destination", destination, 32)
    require_bytes("sender", sender, 20)
    return fee_token + destination.to_bytes(4) + sender


def gas_quote_data(token_exchange_rate: int, gas_price: int) -> bytes:
    """Data of a gas paymaster's quote; units as in `gas_paymaster.gas_fee`."""
    require_uint("token_exchange_rate", token_exchange_rate, 128)
    require_uint("gas_price", gas_price, 128)
    return token_exchange_rate.to_bytes(16) + gas_price.to_bytes(16)


def fee_quote_context(destination: int, recipient: Bytes32, amount: int) -> bytes:
    """Context of a quote for a route's fee; `amount` in the route's local units."""
    require_uint("destination", destination, 32)
    require_bytes("recipient", recipient, 32)
    require_uint("amount", amount, 256)
    return destination.to_bytes(4) + recipient + amount.to_bytes(32)


def fee_quote_data(max_fee: int, half_amount: int) -> bytes:
    """Data of a quote for a route's fee: min(max_fee, amount * max_fee / (2 * half_amount))."""
    require_uint("max_fee", max_fee, 256)
    require_uint("half_amount", half_amount, 255)
    return max_fee.to_bytes(32) + half_amount.to_bytes(32)
