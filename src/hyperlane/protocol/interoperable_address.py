"""Accounts with the chain that they are on, as ERC-7786 gateways take and give them.

Source: ERC-7930, version 1; chain types and the form of chain references are those of CAIP-350.

| offset | size | content                   |
|--------|------|---------------------------|
| 0      | 2    | version, 1                |
| 2      | 2    | chain type                |
| 4      | 1    | r, size of the reference  |
| 5      | r    | chain reference           |
| 5 + r  | 1    | a, size of the address    |
| 6 + r  | a    | address                   |
"""

from dataclasses import dataclass
from typing import Self

from hyperlane.errors import DecodeError
from hyperlane.protocol.layout import Reader, preview, require_bytes, require_uint
from hyperlane.protocol.typecasts import ADDRESS_SIZE, Address

VERSION = 1
EIP155 = 0
"""Chain type of EVM chains."""
_MOST = 255


@dataclass(frozen=True, slots=True)
class InteroperableAddress:
    """A chain, an address, or both: one of them may be empty."""

    chain_type: int
    """uint16, see CAIP-350: 0 for EVM chains, 2 for Solana."""
    chain_reference: bytes
    """Chain within that type; for EVM chains the chain id, big-endian without leading zeros."""
    address: bytes

    def __post_init__(self) -> None:
        require_uint("interoperable_address.chain_type", self.chain_type, 16)
        for name, value in (("chain_reference", self.chain_reference), ("address", self.address)):
            field = f"interoperable_address.{name}"
            require_bytes(field, value, min(len(value), _MOST))
        if not self.chain_reference and not self.address:
            raise DecodeError(
                "interoperable_address: chain_reference and address are both empty, expected one"
            )

    @classmethod
    def evm(cls, chain_id: int, address: Address | None = None) -> Self:
        """An account on an EVM chain, or the chain alone. DecodeError for chain id 0."""
        require_uint("interoperable_address.chain_id", chain_id, 256)
        if not chain_id:
            raise DecodeError("interoperable_address.chain_id: 0 is the id of no chain")
        if address is not None:
            require_bytes("interoperable_address.address", address, ADDRESS_SIZE)
        reference = chain_id.to_bytes((chain_id.bit_length() + 7) // 8)
        return cls(EIP155, reference, address or b"")

    def evm_parts(self) -> tuple[int, Address]:
        """Chain id and address of an account on an EVM chain; DecodeError unless it is one."""
        if self.chain_type != EIP155:
            raise DecodeError(
                f"interoperable_address.chain_type: {self.chain_type:#06x} is not that of EVM"
                f" chains, expected {EIP155:#06x}"
            )
        reference = self.chain_reference
        if not reference or len(reference) > 32 or not reference[0]:
            raise DecodeError(
                f"interoperable_address.chain_reference: {preview(reference)} is no chain id,"
                " expected 1 to 32 bytes without leading zeros"
            )
        require_bytes("interoperable_address.address", self.address, ADDRESS_SIZE)
        return int.from_bytes(reference), Address(self.address)

    def encode(self) -> bytes:
        """The binary form."""
        return b"".join(
            (
                VERSION.to_bytes(2),
                self.chain_type.to_bytes(2),
                len(self.chain_reference).to_bytes(1),
                self.chain_reference,
                len(self.address).to_bytes(1),
                self.address,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the binary form; DecodeError for other versions, missing bytes and bytes after."""
        reader = Reader("interoperable_address", data)
        version = reader.uint("version", 2)
        if version != VERSION:
            raise DecodeError(f"interoperable_address.version: {version}, expected {VERSION}")
        chain_type = reader.uint("chain_type", 2)
        reference = reader.take("chain_reference", reader.uint("chain_reference_length", 1))
        address = reader.take("address", reader.uint("address_length", 1))
        reader.end()
        return cls(chain_type, reference, address)


def evm_account(chain_id: int, address: Address) -> bytes:
    """The binary form of an account on an EVM chain."""
    return InteroperableAddress.evm(chain_id, address).encode()
