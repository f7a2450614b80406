"""ABI coding that is strict in any process.

eth-abi's registry belongs to everybody in the process, and ape replaces its decoder of unsigned
integers with one that makes up for missing bytes. What a stranger sent must not be read that way.
"""

from typing import Any

from eth_abi.codec import ABICodec
from eth_abi.decoding import ByteStringDecoder, UnsignedIntegerDecoder, decode_uint_256
from eth_abi.encoding import ByteStringEncoder, UnsignedIntegerEncoder
from eth_abi.exceptions import InsufficientDataBytes
from eth_abi.registry import ABIRegistry, BaseEquals
from eth_abi.registry import registry as shared_registry


def strict_registry() -> ABIRegistry:
    """A registry of one's own, with the decoders that eth-abi came with."""
    registry: ABIRegistry = shared_registry.copy()  # type: ignore[no-untyped-call]
    registry.unregister("uint")
    uint = BaseEquals("uint")  # type: ignore[no-untyped-call]
    registry.register(uint, UnsignedIntegerEncoder, UnsignedIntegerDecoder, label="uint")
    return registry


class _BytesDecoder(ByteStringDecoder):
    """Bytes as contracts read them: what pads them may be anything, or end early. Whoever sent a
    message would otherwise choose that it means something there, and nothing here."""

    def read_data_from_stream(self, stream: Any) -> bytes:
        length = decode_uint_256(stream)
        data: bytes = stream.read(length)
        if len(data) < length:
            raise InsufficientDataBytes(f"{len(data)} bytes, expected {length}")
        return data


def _contracts_registry() -> ABIRegistry:
    registry = strict_registry()
    registry.unregister("bytes")
    plain = BaseEquals("bytes", with_sub=False)  # type: ignore[no-untyped-call]
    registry.register(plain, ByteStringEncoder, _BytesDecoder, label="bytes")
    return registry


_CODEC = ABICodec(strict_registry())
encode = _CODEC.encode
decode = _CODEC.decode
decode_as_contracts = ABICodec(_contracts_registry()).decode
"""As `decode`, whatever pads bytes. For what the chain acts on."""
