"""What contracts refused with, read in the shapes of many nodes and shown in words."""

import json
import re

import pytest
from eth_abi.abi import encode
from eth_abi.tools import get_abi_strategy
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from tests.support.devnet import BUILD, key
from tests.support.revert_shapes import NO_REVERT, NOTHING, WITH_DATA, WORDS_ALONE

from hyperlane.chain.custom_errors import custom_errors
from hyperlane.chain.reverts import LONGEST_REASON, is_revert, read_revert, revert_reason
from hyperlane.protocol.ccip_read import OffchainLookup

SURFACE = BUILD.parents[1] / "tests/contracts/abi-surface.json"
TABLE = sorted(custom_errors().values(), key=lambda error: error.signature)
LOOKUP = OffchainLookup(
    b"\7" * 20, ("https://one.example/{sender}", "https://two.example"), b"\1" * 70, b"\2" * 4, b"m"
)


def error(signature: str, *values: object) -> bytes:
    types = signature.removesuffix(")").partition("(")[2]
    selector = keccak(signature.encode())[:4]
    return selector + encode(types.split(",") if types else [], values)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no reason given"),
        (error("Error(string)", "not today"), "not today"),
        (error("Panic(uint256)", 0x11), "panic 0x11: arithmetic overflow"),
        (error("Panic(uint256)", 0x99), "panic 0x99: of an unknown kind"),
        (error("EnforcedPause()"), "the contract is paused (EnforcedPause())"),
        (
            error("NoGasOracle(address,uint32)", key(1).address, 1234),
            f"the paymaster has no price for domain 1234 (NoGasOracle({key(1).address}, 1234))",
        ),
        (
            error("ThresholdNotMet(uint256,uint256)", 1, 2),
            "metadata for 1 modules, and 2 are needed (ThresholdNotMet(1, 2))",
        ),
        (
            error("IsmVerificationFailed(bytes32,address)", b"\x12" * 32, key(1).address),
            f"security module {key(1).address} refuses message 0x{'12' * 32}"
            f" (IsmVerificationFailed(0x{'12' * 32}, {key(1).address}))",
        ),
        (
            LOOKUP.encode(),
            "metadata for 0x0707070707070707070707070707070707070707 is to be had from"
            " [https://one.example/{sender}, https://two.example] (OffchainLookup("
            "0x0707070707070707070707070707070707070707,"
            f" [https://one.example/{{sender}}, https://two.example], 0x{'01' * 40}…, 0x02020202,"
            " 0x6d))",
        ),
        (error("EnforcedPause()") + b"\1", "the contract is paused (EnforcedPause())"),
        (
            error("NoThreshold()")[:3] + b"\0",
            f"custom error 0x{error('NoThreshold()')[:3].hex()}00",
        ),
        (
            error("NoIsmForOrigin(uint32)", 1)[:20],
            f"NoIsmForOrigin(0x{'00' * 16}, which is not uint32)",
        ),
        (b"\x12\x34\x56\x78\x9a", "custom error 0x123456789a"),
        (b"\x12\x34", "custom error 0x1234"),
        (b"\x08\xc3\x79\xa0\xff", "custom error 0x08c379a0ff"),
    ],
)
def test_reverts_in_words(data, words):
    assert revert_reason(data) == words


def test_lists_in_errors_are_cut():
    lookup = OffchainLookup(b"\7" * 20, ("x" * 200,) * 9, b"", b"\0" * 4, b"")
    assert f"[{'x' * 80}…, {'x' * 80}…, {'x' * 80}…, …]" in revert_reason(lookup.encode())


def test_an_error_that_is_small_in_data_and_huge_in_memory_is_not_decoded():
    text = b"x" * 32_000
    urls = (1000).to_bytes(32) + (32_000).to_bytes(32) * 1000 + len(text).to_bytes(32) + text
    data = LOOKUP.encode()[:4] + bytes(32) + (160).to_bytes(32) + bytes(96) + urls
    assert revert_reason(data) == f"OffchainLookup({len(data) - 4} bytes)"


def test_the_table_has_the_errors_of_our_contracts_and_of_the_reference_and_no_others():
    ours = {
        f"{entry['name']}({','.join(each['type'] for each in entry['inputs'])})"
        for contract in json.loads(BUILD.read_text())["contractTypes"].values()
        if not contract["sourceId"].startswith("contracts/test/")
        for entry in contract.get("abi", ())
        if entry["type"] == "error"
    }
    theirs = {
        re.sub(r" \w+(?=[,)])", "", signature).replace(" ", "")
        for contract in json.loads(SURFACE.read_text()).values()
        for signature in contract.get("errors", {}).values()
    }
    known = {entry.signature for entry in TABLE}
    assert sorted((ours | theirs) - known) == [], "to be added to custom_errors.txt"
    assert sorted(known - ours - theirs) == [], "to be taken out of custom_errors.txt"


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.signature)
def test_words_name_parameters_of_their_error(entry):
    named = set(re.findall(r"{(\w*)}", entry.words))
    assert named <= set(entry.parameters) - {""}
    assert entry.words == entry.words.strip()


def arguments_of(entry):
    return st.tuples(*map(get_abi_strategy, entry.types))


@given(st.data(), st.sampled_from(TABLE))
def test_every_error_comes_through_every_shape_with_its_name_and_arguments(data, entry):
    arguments = data.draw(arguments_of(entry))
    revert = entry.selector + encode(entry.types, arguments)
    for shape in WITH_DATA.values():
        found = read_revert(shape(revert, ""))
        assert found is not None
        assert found.data == revert
    reason = revert_reason(revert)
    assert f"{entry.name}(" in reason
    assert len(reason) <= LONGEST_REASON + 1
    for kind, value in zip(entry.types, arguments, strict=True):
        if kind.startswith("uint") and len(reason) < LONGEST_REASON:
            assert str(value) in reason
    assert is_revert(revert)


@pytest.mark.parametrize("shape", WITH_DATA.values(), ids=WITH_DATA)
@pytest.mark.parametrize(
    ("revert", "text"),
    [
        (error("Error(string)", "not today"), "not today"),
        (error("Error(string)", ""), ""),
        (error("Panic(uint256)", 0x12), ""),
        (LOOKUP.encode(), ""),
        (b"\x12\x34\x56\x78", ""),
        (b"\x12\x34\x56\x78" + bytes(3200), ""),
    ],
    ids=["text", "empty text", "panic", "lookup", "selector", "long"],
)
def test_revert_data_is_found_in_every_shape(revert, text, shape):
    found = read_revert(shape(revert, text))
    assert found is not None
    assert found.data == revert


@pytest.mark.parametrize("shape", WORDS_ALONE.values(), ids=WORDS_ALONE)
def test_a_reason_without_data_is_not_lost(shape):
    found = read_revert(shape("paused by the owner"))
    assert found is not None
    assert found.data == b""
    assert "paused by the owner" in revert_reason(found.data, found.said)
    assert "revert" not in found.said.lower()


@pytest.mark.parametrize("error", NOTHING.values(), ids=NOTHING)
def test_a_revert_without_reason_is_one(error):
    found = read_revert(error)
    assert found is not None
    assert revert_reason(found.data, found.said) == "no reason given"


@pytest.mark.parametrize("error", NO_REVERT.values(), ids=NO_REVERT)
def test_errors_of_another_kind_are_no_reverts(error):
    assert read_revert(error) is None


@given(st.binary(max_size=200).filter(lambda data: len(data) % 32 != 4))
def test_what_a_function_returns_is_not_taken_for_a_revert(data):
    assert not is_revert(data)
    assert not is_revert(error("Error(string)", "not today")[:4] + data.ljust(64, b"\0")[:61])
