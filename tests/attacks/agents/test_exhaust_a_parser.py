"""A few bytes that cost a reader all its time or memory, or end it."""

import json
import subprocess
import sys
import time

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.relayer.metadata.lookups import _LookupError, _metadata
from hyperlane.bounded_json import MAX_DEPTH, parse_json
from hyperlane.chain.endpoint import Reverted, RpcError
from hyperlane.chain.reverts import LONGEST_REASON, revert_reason
from hyperlane.checkpoints.documents import parse_checkpoint, parse_index
from hyperlane.errors import ConfigError, DecodeError
from hyperlane.registry.chains import ChainMetadata
from hyperlane.registry.models import read
from hyperlane.registry.yaml_file import read_yaml
from hyperlane.settings import RelayerSettings, load_settings
from hyperlane.settings.gas_payments import parse_gas_payments
from hyperlane.settings.matching import parse_rules
from hyperlane.wording import one_line, shown

NINES = "9" * 5000
HUGE = 10**4000
"""JSON has no longer numbers: Python refuses to read them."""

# YAML

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
MERGES = "a: &a {x: 1, y: 2}\n" + "".join(
    f"{name}: &{name} {{<<: [{','.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
CHAIN = "a0: &a0 []\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(100))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (LAUGHS, "more than 200000 values with aliases expanded"),
        (MERGES, "more than 200000 values with aliases expanded"),
        (CHAIN, "more than 64 levels of nesting"),
        ("a: &a [*a]", "an alias inside the value that it stands for"),
        ("&a {b: *a}", "an alias inside the value that it stands for"),
        ("[" * 10_000, "more than 64 levels of nesting"),
        ("{a: " * 10_000, "more than 64 levels of nesting"),
        ("- " * 10_000 + "a", "more than 64 levels of nesting"),
        ("chainId: " + NINES, "a number of 5000 characters"),
        ("chainId: 0x" + "f" * 5000, "a number of 5002 characters"),
        ("chainId: " + "1:" * 2000 + "1", "a number of 4001 characters"),
        ("chainId: 2026-99-99", "month must be in 1..12"),
        ("? [a]\n: b", "found unhashable key"),
        ("a: 1\na: 2", "'a' appears twice"),
        ("# " + "x" * 2**22, "larger than 4194304 bytes"),
        ("!!python/object/apply:os.system [id]", "could not determine a constructor"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_yaml_is_refused_by_name_and_at_once(content, why, tmp_path):
    path = tmp_path / "metadata.yaml"
    path.write_text(content)
    began = time.process_time()
    with pytest.raises(ConfigError, match=why) as caught:
        read_yaml(path)
    assert time.process_time() - began < 10
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < 300 + len(str(path))


def test_aliases_that_tools_write_are_followed(tmp_path):
    path = tmp_path / "route.yaml"
    path.write_text("owner: &o {address: a}\nalpha: *o\nbeta: {<<: *o, gas: 1}\n")
    owner = {"address": "a"}
    assert read_yaml(path) == {"owner": owner, "alpha": owner, "beta": {**owner, "gas": 1}}


def test_a_mapping_of_many_keys_takes_no_longer_for_each(tmp_path):
    path = tmp_path / "many.yaml"
    path.write_text("{" + ",".join(f"k{n}" for n in range(60_000)) + "}")
    began = time.process_time()
    assert len(read_yaml(path)) == 60_000
    assert time.process_time() - began < 60, "it took minutes when each was compared with all"


@pytest.mark.parametrize("value", ["9" * 79, "0x" + "f" * 70, "'" + "x" * 100_000 + "'"])
def test_a_value_that_does_not_fit_is_not_shown_whole(value, tmp_path):
    path = tmp_path / "metadata.yaml"
    path.write_text(
        f"name: a\nprotocol: ethereum\ndomainId: {value}\nchainId: {value}\nrpcUrls: []"
    )
    with pytest.raises(ConfigError, match=r"domainId|chainId") as caught:
        read(ChainMetadata, path)
    assert len(str(caught.value)) < 400 + len(str(path))


@given(st.text(st.sampled_from("ab01:- {}[],&*!?|>'\"#\n<x%@~"), max_size=60))
def test_any_text_is_yaml_or_refused(text):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.yaml"
        path.write_text(text)
        try:
            read_yaml(path)
        except ConfigError as error:
            problem = str(error)
        else:
            problem = ""
    assert "\n" not in problem


# JSON


@pytest.mark.parametrize("opener", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("limit", [1000, 1_000_000])
def test_brackets_end_no_process(opener, limit):
    """Whatever a library has made of the recursion limit; the parser's stack is the machine's."""
    code = (
        f"import sys; sys.setrecursionlimit({limit})\n"
        "from hyperlane.bounded_json import parse_json\n"
        "try:\n    parse_json(sys.stdin.read())\n"
        "except ValueError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=opener * 200_000,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0
    assert done.stdout == f"more than {MAX_DEPTH} objects and lists within each other\n"


SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.text('[]{}\\"', max_size=80)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=200
)


@given(TREES, st.integers(0, 2 * MAX_DEPTH))
def test_what_is_shallow_is_read_as_ever(tree, more):
    """Brackets in texts do not count."""
    text = "[" * more + json.dumps([tree] * 3) + "]" * more

    def depth(value):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0) if isinstance(value, list | dict) else 0

    brackets = sum(map(text.count, "[{"))
    if depth(tree) + 1 + more <= MAX_DEPTH:
        assert json.dumps(parse_json(text)) == text
    elif brackets > MAX_DEPTH:
        with pytest.raises(ValueError, match="more than 64"):
            parse_json(text)


DOCUMENTS = {
    "brackets": b"[" * 40_000,
    "a number": f'{{"value":{{"checkpoint":{{"index":{NINES}}}}}}}'.encode(),
    "an almost readable number": b'{"value":{"checkpoint":{"index":' + b"9" * 4000 + b"}}}",
    "a text": b'{"value":{"checkpoint":{"merkle_tree_hook_address":"' + b"\\n" * 9000 + b'"}}}',
    "a list": b'{"value":' + b"[[]]" * 1 + b"}",
    "half a character": b'{"value":{"checkpoint":{"root":"\\ud800"}}}',
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_checkpoint_is_refused_in_few_words(name):
    for parse in (parse_checkpoint, parse_index):
        with pytest.raises(DecodeError) as caught:
            parse(DOCUMENTS[name])
        assert len(str(caught.value).encode()) < 300
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"error":' + b"[" * 50 + b"]" * 50 + b"}",
        b'{"data":' + NINES.encode() + b"}",
        b'{"data":"' + b"\\u001b[2J" * 10_000 + b'"}',
        b'{"error":"' + b"x\\n" * 10_000 + b'"}',
        b'{"error":"\\ud800"}',
    ],
)
def test_a_server_is_quoted_in_few_words(content):
    for status in (200, 500):
        with pytest.raises(_LookupError) as caught:
            _metadata(status, content)
        assert len(str(caught.value).encode()) < 300
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["originDomain", "messageId", "bodyRegex", "senderAddress"])
@pytest.mark.parametrize("value", [NINES, HUGE, [HUGE], {"a": HUGE}, "\n" * 9000, [NINES]])
def test_a_matching_list_is_refused_in_few_words(name, value):
    with pytest.raises(ConfigError) as caught:
        parse_rules("whitelist", [{name: value}])
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "policy",
    [
        {"type": "minimum", "payment": NINES},
        {"type": "onChainFeeQuoting", "gasFraction": f"{NINES}/2"},
        {"type": "onChainFeeQuoting", "gasFraction": f"1/{NINES}"},
        {"type": "onChainFeeQuoting", "gasFraction": " " * 100_000 + "1"},
    ],
)
def test_a_payment_policy_is_refused_in_few_words(policy):
    with pytest.raises(ConfigError, match=r"gasPaymentEnforcement\[0\]") as caught:
        parse_gas_payments([policy])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"chains":' * 10_000, b'{"a":' + b"9" * 5000]
)
def test_an_agents_file_is_refused_in_few_words(content, tmp_path):
    path = tmp_path / "agent.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="not JSON") as caught:
        load_settings(RelayerSettings, [path], {})
    assert len(str(caught.value)) < 300 + len(str(path))


# What contracts say

ERROR = bytes.fromhex("08c379a0")


@pytest.mark.parametrize("text", ["x" * 2**20, "\x1b[2J\x1b]0;owned\x07", "a\nb\r\nINFO fine"])
def test_a_revert_is_one_short_line(text):
    data = ERROR + encode(["string"], [text])
    for shown_text in (
        revert_reason(data),
        str(Reverted("alpha", "eth_call", data)),
        str(RpcError("alpha", "eth_call", text)),
    ):
        assert len(shown_text) < 300
        assert shown_text.isprintable()


@given(st.binary(max_size=200))
def test_any_revert_has_a_short_reason(data):
    for prefix in (b"", ERROR, bytes.fromhex("4e487b71"), bytes.fromhex("7e62a3c5")):
        reason = revert_reason(prefix + data)
        assert len(reason) <= LONGEST_REASON + 1
        assert reason.isprintable()


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.binary()
    | st.integers() | st.sampled_from([HUGE, -HUGE, "\ud800", "\n" * 1000]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
)  # fmt: skip


@given(VALUES, st.integers(0, 100))
def test_any_value_is_shown_on_one_short_line(value, limit):
    assert len(shown(10**5000)) < 40
    text = shown(value, limit)
    assert len(text) <= max(4 * limit, 40) + 10
    assert text.isprintable()
    text.encode()


@given(st.text(), st.integers(0, 100))
def test_any_text_fits_on_one_line(text, limit):
    line = one_line(text, limit)
    assert len(line) <= limit + 1
    assert line.isprintable()
    line.encode()
