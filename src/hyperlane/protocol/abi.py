"""ABI coding that is strict in any process.

eth-abi's registry belongs to everybody in the process, and ape replaces its decoder of unsigned
integers with one that makes up for missing bytes. What a stranger sent must not be read that way.
"""

from eth_abi.codec import ABICodec
from eth_abi.decoding import UnsignedIntegerDecoder
from eth_abi.encoding import UnsignedIntegerEncoder
from eth_abi.registry import ABIRegistry, BaseEquals
from eth_abi.registry import registry as shared_registry


def strict_registry() -> ABIRegistry:
    """A registry of one's own, with the decoders that eth-abi came with."""
    registry: ABIRegistry = shared_registry.copy()  # type: ignore[no-untyped-call]
    registry.unregister("uint")
    uint = BaseEquals("uint")  # type: ignore[no-untyped-call]
    registry.register(uint, UnsignedIntegerEncoder, UnsignedIntegerDecoder, label="uint")
    return registry


_CODEC = ABICodec(strict_registry())
encode = _CODEC.encode
decode = _CODEC.decode
