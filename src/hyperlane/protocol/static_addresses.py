"""Where the reference's static factories put a module or hook for a given set and threshold.

These are the formulas of the reference deployments, whose proxies carry the set behind their code
(docs/protocol/accounts.md, "Static factories"). A factory of ours answers `getAddress` itself.
"""

from collections.abc import Sequence

from hyperlane.protocol.abi import encode
from hyperlane.protocol.create2 import create2_address
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import require_bytes, require_uint
from hyperlane.protocol.typecasts import Address


def encode_set(values: Sequence[Address], threshold: int) -> bytes:
    """`abi.encode(address[] values, uint8 threshold)`: what the proxy carries.

    Order and duplicates are kept, so they change the address.
    """
    for position, value in enumerate(values):
        require_bytes(f"values[{position}]", value, 20)
    require_uint("threshold", threshold, 8)
    return encode(["address[]", "uint8"], [list(values), threshold])


def encode_weighted_set(validators: Sequence[tuple[Address, int]], threshold_weight: int) -> bytes:
    """`abi.encode((address signingAddress, uint96 weight)[], uint96 thresholdWeight)`."""
    for position, (address, weight) in enumerate(validators):
        require_bytes(f"validators[{position}].address", address, 20)
        require_uint(f"validators[{position}].weight", weight, 96)
    require_uint("threshold_weight", threshold_weight, 96)
    return encode(["(address,uint96)[]", "uint96"], [list(validators), threshold_weight])


def reference_init_code(implementation: Address, encoded_set: bytes) -> bytes:
    """Creation code of the proxy that appends the set and its length to every call."""
    require_bytes("implementation", implementation, 20)
    return (
        bytes.fromhex("600b380380600b3d393df3363d3d373d3d3d3d60368038038091363936013d73")
        + implementation
        + bytes.fromhex("5af43d3d93803e603457fd5bf3")
        + encoded_set
        + len(encoded_set).to_bytes(32)
    )


def reference_static_address(
    factory: Address, implementation: Address, encoded_set: bytes
) -> Address:
    """The proxy's address; the salt is the hash of the set, so a factory has each set once."""
    init_code = reference_init_code(implementation, encoded_set)
    return create2_address(factory, keccak(encoded_set), init_code)
