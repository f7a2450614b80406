import pytest
from eth_hash.auto import keccak

from hyperlane.errors import DecodeError
from hyperlane.protocol.static_addresses import (
    encode_set,
    encode_weighted_set,
    reference_init_code,
    reference_static_address,
)
from hyperlane.protocol.typecasts import address_from_hex

from .vectors import load, unhex

CASES = load("static_factory_addresses")


def encoded_set(case: dict) -> bytes:
    if case.get("kind") != "weighted":
        return encode_set([address_from_hex(text) for text in case["values"]], case["threshold"])
    validators = [
        (address_from_hex(validator["signingAddress"]), validator["weight"])
        for validator in case["validators"]
    ]
    return encode_weighted_set(validators, case["thresholdWeight"])


@pytest.mark.parametrize("case", CASES)
def test_address_and_its_parts_equal_the_vector(case):
    factory = address_from_hex(case["factory"])
    implementation = address_from_hex(case["implementation"])

    encoded = encoded_set(case)

    assert encoded == unhex(case["metadata"])
    assert keccak(encoded) == unhex(case["salt"])
    init_code = reference_init_code(implementation, encoded)
    assert init_code == unhex(case["init_code"])
    assert keccak(init_code) == unhex(case["init_code_hash"])
    address = reference_static_address(factory, implementation, encoded)
    assert address == address_from_hex(case["address"])


def test_the_order_of_values_changes_the_address():
    one, two = b"\x01" * 20, b"\x02" * 20

    addresses = {
        reference_static_address(bytes(20), bytes(20), encode_set(values, 1))
        for values in ([one, two], [two, one])
    }

    assert len(addresses) == 2


@pytest.mark.parametrize(
    ("encode", "values", "threshold", "field"),
    [
        (encode_set, [bytes(32)], 1, r"values\[0\]"),
        (encode_set, [bytes(20)], 256, "threshold"),
        (encode_weighted_set, [(bytes(32), 1)], 1, r"validators\[0\]\.address"),
        (encode_weighted_set, [(bytes(20), 2**96)], 1, r"validators\[0\]\.weight"),
        (encode_weighted_set, [(bytes(20), 1)], 2**96, "threshold_weight"),
    ],
)
def test_a_set_that_cannot_be_encoded_is_refused(encode, values, threshold, field):
    with pytest.raises(DecodeError, match=f"^{field}: "):
        encode(values, threshold)
