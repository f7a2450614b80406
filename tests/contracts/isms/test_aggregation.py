"""Aggregation: exactly the threshold of modules, each with its own part of the metadata."""

import json
from pathlib import Path

import pytest
from tests.support.signing import VALIDATORS, Proven, message

from hyperlane.protocol.ism_metadata import encode_aggregation

VECTORS = Path(__file__).parents[2] / "vectors" / "aggregation_metadata.json"
MESSAGE = message(body=b"a body of no round length")


@pytest.fixture(scope="module")
def expecting(project, owner):
    """`expecting(metadata)`: a module that believes a message with just this metadata."""
    return lambda metadata=b"": owner.deploy(project.MetadataIsm, metadata)


@pytest.fixture(scope="module")
def aggregation(static_ism):
    return lambda modules, threshold: static_ism(
        "StaticAggregationIsm", [each.address for each in modules], threshold
    )


@pytest.mark.parametrize("case", json.loads(VECTORS.read_text()), ids=range(5))
def test_vectors(aggregation, expecting, verifies, revert_of, case):
    parts = {part["index"]: bytes.fromhex(part["metadata"][2:]) for part in case["submodules"]}
    modules = [expecting(parts.get(i, b"unused")) for i in range(case["ism_count"])]
    ism = aggregation(modules, max(len(parts), 1))
    metadata = bytes.fromhex(case["metadata"][2:])
    if parts:
        assert verifies(ism, metadata, MESSAGE)
    else:
        assert revert_of(ism.verify, metadata, MESSAGE.encode()) == ("ThresholdNotMet", 0, 1)


@pytest.mark.parametrize("lengths", [(0, 0), (1, 33), (32, 64), (31, 100), (500, 1)])
def test_each_module_gets_its_own_metadata_and_the_whole_message(
    aggregation, expecting, verifies, lengths
):
    parts = [bytes([i + 1]) * length for i, length in enumerate(lengths)]
    ism = aggregation([expecting(part) for part in parts], 2)
    for body in (b"", b"x" * 19, b"x" * 51, b"x" * 200):
        assert verifies(ism, encode_aggregation(parts), message(body=body))


def test_modules_are_those_of_a_real_system(aggregation, static_ism, noop_ism, verifies, revert_of):
    validators = VALIDATORS[:5]
    multisig = static_ism("StaticMessageIdMultisigIsm", [each.address for each in validators], 3)
    inner = aggregation([multisig, noop_ism], 2)
    outer = aggregation([noop_ism, inner], 1)
    good = Proven([MESSAGE]).message_id(0, validators[:3]).encode()
    bad = Proven([MESSAGE]).message_id(0, [*validators[:2], VALIDATORS[9]]).encode()

    def nested(metadata):
        return encode_aggregation([None, encode_aggregation([metadata, b""])])

    assert verifies(outer, nested(good), MESSAGE)
    reason = revert_of(outer.verify, nested(bad), MESSAGE.encode())
    assert reason == ("UnexpectedSigner", 2, VALIDATORS[9].address)


@pytest.fixture
def modules(project, owner):
    """So many modules that believe anything: a set lists each module once."""
    return lambda count: [owner.deploy(project.NoopIsm) for _ in range(count)]


@pytest.mark.parametrize("used", [0, 1, 3])
def test_other_numbers_than_the_threshold_are_refused(aggregation, modules, revert_of, used):
    ism = aggregation(modules(3), 2)
    metadata = encode_aggregation([b""] * used + [None] * (3 - used))
    assert revert_of(ism.verify, metadata, MESSAGE.encode()) == ("ThresholdNotMet", used, 2)


def test_module_that_says_no_is_obeyed(aggregation, noop_ism, expecting, revert_of):
    no = expecting(b"something else")
    ism = aggregation([noop_ism, no], 2)
    reason = revert_of(ism.verify, encode_aggregation([b"", b""]), MESSAGE.encode())
    assert reason == ("ModuleRejected", no.address)


def test_unused_module_is_not_asked(aggregation, noop_ism, expecting, verifies):
    ism = aggregation([expecting(b"something else"), noop_ism], 1)
    assert verifies(ism, encode_aggregation([None, b""]), MESSAGE)


def test_account_without_code_is_no_module(aggregation, noop_ism, stranger, revert_of):
    ism = aggregation([noop_ism, stranger], 2)
    reason = revert_of(ism.verify, encode_aggregation([b"", b""]), MESSAGE.encode())
    assert reason == ("ModuleRejected", stranger.address)


@pytest.mark.parametrize("word", [bytes(32), (2).to_bytes(32), b"\xff" * 32, bytes(31)])
def test_answer_that_is_not_true_is_no(project, owner, aggregation, revert_of, word):
    odd = owner.deploy(project.CannedAnswer, word, 0, False)
    ism = aggregation([odd], 1)
    reason = revert_of(ism.verify, encode_aggregation([b""]), MESSAGE.encode())
    assert reason == ("ModuleRejected", odd.address)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 15])
def test_metadata_shorter_than_its_table_is_refused(aggregation, modules, revert_of, length):
    ism = aggregation(modules(2), 1)
    whole = encode_aggregation([b"", None])
    assert revert_of(ism.verify, whole[:length], MESSAGE.encode()) == ()


@pytest.mark.parametrize(
    ("start", "end"), [(8, 11), (11, 11), (9, 8), (1, 2**32 - 1), (2**32 - 1, 2**32 - 1), (4, 0)]
)
def test_parts_outside_the_metadata_are_refused(aggregation, noop_ism, revert_of, start, end):
    ism = aggregation([noop_ism], 1)
    metadata = start.to_bytes(4) + end.to_bytes(4) + b"\0\0"
    reason = revert_of(ism.verify, metadata, MESSAGE.encode())
    assert reason == ("MetadataOutOfBounds", 0, start, end, 10)


def test_parts_may_overlap_the_table(aggregation, expecting, verifies):
    metadata = (4).to_bytes(4) + (8).to_bytes(4)
    assert verifies(aggregation([expecting(metadata[4:])], 1), metadata, MESSAGE)


def test_module_type_and_configuration(aggregation, noop_ism, expecting):
    modules = [noop_ism, expecting()]
    ism = aggregation(modules, 1)
    assert ism.moduleType() == 2
    assert list(ism.modulesAndThreshold(b"")) == [modules, 1]
