"""Calls of interchain accounts as users write them, well or badly."""

import json

import pytest
from eth_abi import decode, encode
from eth_utils import function_signature_to_4byte_selector as selector
from hypothesis import given
from hypothesis import strategies as st

from ape_hyperlane.ica.words import parse_call, read_calls
from hyperlane.errors import ConfigError, HyperlaneError
from hyperlane.protocol.accounts import DELEGATE_CALL, WHOLE_BALANCE, Call

pytestmark = pytest.mark.quick

TARGET = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
BYTES = bytes.fromhex(TARGET[2:])
WORD = BYTES.rjust(32, b"\0")
DEEP = "[" * 100_000


def written(*method: str, data: str | None = None, value: str = "0") -> Call:
    return parse_call([TARGET, *method], data, value)


@pytest.mark.parametrize(
    ("words", "kinds", "values"),
    [
        (["f()"], [], []),
        (["f(uint256)", "0x10"], ["uint256"], [16]),
        (["f(int8,bool)", "-3", "true"], ["int8", "bool"], [-3, True]),
        (["f(address)", TARGET], ["address"], [TARGET]),
        (["f(string)", "0x12"], ["string"], ["0x12"]),
        (["f(bytes20)", TARGET], ["bytes20"], [BYTES]),
        (["f(address[])", f'["{TARGET}"]'], ["address[]"], [[TARGET]]),
        (["f(string[])", '["0x12"]'], ["string[]"], [["0x12"]]),
        (["f((bytes20,uint8)[])", f'[["{TARGET}", 1]]'], ["(bytes20,uint8)[]"], [[(BYTES, 1)]]),
    ],
)
def test_arguments_are_encoded_by_their_types(words, kinds, values):
    assert written(*words) == Call(WORD, 0, selector(words[0]) + encode(kinds, values))


def test_short_names_of_types_mean_the_whole_ones():
    call = written("f(uint,int[])", "1", "[2]")

    assert call.data[:4] == selector("f(uint256,int256[])")
    assert decode(["uint256", "int256[]"], call.data[4:]) == (1, (2,))


@pytest.mark.parametrize(
    ("value", "meant"),
    [("0", 0), ("7", 7), ("all", WHOLE_BALANCE), ("delegatecall", DELEGATE_CALL)],
)
def test_values_are_wei_or_words(value, meant):
    assert written(value=value, data="0x1234") == Call(WORD, meant, b"\x12\x34")


@pytest.mark.parametrize("value", ["-1", "1.5", "", "ALL", str(2**256 - 2), "9" * 5000])
def test_other_values_are_named(value):
    with pytest.raises(ConfigError, match="--value"):
        written(value=value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["f"], "method 'f'"),
        (["f(uint256"], "method"),
        (["f(uint256)[]", "[1]"], "method"),
        (["f(uint7)", "1"], "method 'f.uint7.'"),
        (["f(adress)", TARGET], "adress"),
        (["f(uint256)"], "0 arguments given, expected 1"),
        (["f(uint256)", "one"], "argument 1: 'one' is no uint256"),
        (["f(uint8)", "256"], "uint8"),
        (["f(bool)", "1"], "bool"),
        (["f(address)", "0x12"], "argument 1"),
        (["f((uint8,bool))", "[1]"], "argument 1"),
        (["f(uint8[2])", "[1]"], "uint8"),
        (["f(uint256[])", DEEP], "argument 1"),
    ],
)
def test_wrong_words_are_named(words, said):
    with pytest.raises(ConfigError, match=said):
        written(*words)


ELEMENTS = ["uint", "uint256", "uint7", "bytes33", "adress", "address", "string", "bool", "0"]
OTHERS = ["bytes", "bytes4", "function", "fixed", "int8", "uint[2]", "string[]", "bytes32[]"]
STRUCTS = ["(uint,bytes)", "(uint8,string)[]", "(address,bytes20)"]
TYPES = st.sampled_from(ELEMENTS + OTHERS + STRUCTS)
SINGLE = ["1", "-1", "{}", "null", "0x", TARGET, "1e3", "NaN", "9" * 5000, '"\\ud800"', "\ud800"]
LISTS = ["[]", "[1,[2]]", f'["{TARGET}"]', '[1,"0x12"]', '[[1,"0x"]]', DEEP]
TEXTS = st.text(max_size=8) | st.sampled_from(SINGLE + LISTS)


@given(st.lists(st.tuples(TYPES, TEXTS), max_size=3), st.just("f") | st.text(max_size=4), TEXTS)
def test_words_make_a_call_or_an_error_of_ours(arguments, name, value):
    types = ",".join(kind for kind, _ in arguments)
    try:
        call = written(f"{name}({types})", *(text for _, text in arguments), value=value)
    except HyperlaneError:
        return
    assert len(call.data) >= 4
    assert 0 <= call.value < 2**256


def test_a_file_has_calls_in_order(tmp_path):
    file = tmp_path / "calls.json"
    listed = [{"to": TARGET, "data": "0x12"}, {"to": TARGET, "value": "all"}, {"to": TARGET}]
    file.write_text(json.dumps(listed))

    assert read_calls(file) == [
        Call(WORD, 0, b"\x12"),
        Call(WORD, WHOLE_BALANCE, b""),
        Call(WORD, 0, b""),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "dict, expected a list"),
        ("[", "calls.json"),
        ("[1]", "call 1"),
        (json.dumps([{"to": TARGET}, {"value": 1}]), "call 2"),
        (json.dumps([{"to": TARGET, "gas": 1}]), "gas"),
        (json.dumps([{"to": TARGET, "value": -1}]), "call 1: value"),
        (json.dumps([{"to": TARGET, "value": 1.5}]), "call 1: value"),
        (json.dumps([{"to": TARGET, "data": "0x1"}]), "call 1: data"),
        (json.dumps([{"to": TARGET, "data": 5}]), "call 1: data"),
        (json.dumps([{"to": "0x12"}]), "call 1: to"),
        (DEEP, "calls.json"),
        ("[" + "9" * 5000 + "]", "calls.json"),
    ],
)
def test_a_wrong_file_names_the_call_and_the_field(tmp_path, content, said):
    file = tmp_path / "calls.json"
    file.write_text(content)

    with pytest.raises(HyperlaneError, match=said):
        read_calls(file)


def test_data_and_method_exclude_each_other():
    with pytest.raises(ConfigError, match="--data"):
        written("f()", data="0x01")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"--calls .*missing\.json"):
        read_calls(tmp_path / "missing.json")
