import json

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from hyperlane.chain.reverts import _DELIVERY_ERRORS, revert_reason

from .devnet import BUILD, key


def error(signature: str, *values: object) -> bytes:
    types = signature.removesuffix(")").partition("(")[2]
    selector = keccak(signature.encode())[:4]
    return selector + encode(types.split(",") if types else [], values)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no reason given"),
        (error("Error(string)", "not today"), "not today"),
        (error("Panic(uint256)", 0x11), "panic 0x11"),
        (error("EnforcedPause()"), "EnforcedPause()"),
        (error("ThresholdNotMet(uint256,uint256)", 1, 2), "ThresholdNotMet(1, 2)"),
        (
            error("IsmVerificationFailed(bytes32,address)", b"\x12" * 32, key(1).address),
            f"IsmVerificationFailed(0x{'12' * 32}, {key(1).address})",
        ),
        (b"\x12\x34\x56\x78\x9a", "custom error 0x123456789a"),
        (b"\x12\x34", "custom error 0x1234"),
        (b"\x08\xc3\x79\xa0\xff", "custom error 0x08c379a0ff"),
    ],
)
def test_reverts_in_words(data, words):
    assert revert_reason(data) == words


def test_known_errors_are_those_of_our_contracts():
    contracts = json.loads(BUILD.read_text())["contractTypes"].values()
    entries = [entry for contract in contracts for entry in contract.get("abi", ())]
    errors = {
        f"{entry['name']}({','.join(each['type'] for each in entry['inputs'])})"
        for entry in entries
        if entry["type"] == "error"
    }
    assert set(_DELIVERY_ERRORS) <= errors
