"""Every form of multisig module: which signatures make it believe a message."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from ape.utils import ZERO_ADDRESS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.signing import (
    HOOK,
    SECP256K1_ORDER,
    VALIDATORS,
    Proven,
    malleated,
    message,
    with_signatures,
)

from hyperlane.protocol.merkle import branch_root
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import LegacyMultisigMetadata

TYPES = {
    "StaticMessageIdMultisigIsm": 5,
    "StaticMerkleRootMultisigIsm": 4,
    "StaticLegacyMultisigIsm": 3,
    "ClonedMessageIdMultisigIsm": 5,
    "ClonedMerkleRootMultisigIsm": 4,
    "StorageMessageIdMultisigIsm": 5,
    "StorageMerkleRootMultisigIsm": 4,
    "StaticMessageIdWeightedMultisigIsm": 10,
    "StaticMerkleRootWeightedMultisigIsm": 9,
}
FIXED_PART = {"MessageId": 68, "MerkleRoot": 1096, "Legacy": 1092}

VECTORS = Path(__file__).parents[2] / "vectors" / "multisig_metadata.json"
CASES = json.loads(VECTORS.read_text())["cases"]

MESSAGES = [message(nonce=i, body=f"message {i}".encode()) for i in range(5)]
PROVEN = Proven(MESSAGES)
INDEX = 2
MESSAGE = MESSAGES[INDEX]
SET = VALIDATORS[:5]
THRESHOLD = 3


@pytest.fixture(scope="module", params=TYPES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def kind(name):
    """The metadata that the module reads."""
    return next(kind for kind in FIXED_PART if kind in name)


@pytest.fixture(scope="module")
def ism(multisig, name):
    return multisig(name, SET, THRESHOLD)


@pytest.fixture(scope="module")
def refusal(ism, revert_of):
    """Why the module refuses the message with this metadata."""

    def refusal(metadata: bytes, of: Message = MESSAGE):
        return revert_of(ism.verify, metadata, of.encode())

    return refusal


@pytest.fixture(scope="module")
def refusal_of_legacy(multisig, revert_of):
    ism = multisig("StaticLegacyMultisigIsm", SET, THRESHOLD)
    return lambda metadata: revert_of(ism.verify, metadata, MESSAGE.encode())


def metadata(kind: str, signers=SET[:THRESHOLD]):
    return PROVEN.metadata(kind, INDEX, signers)


def missing(name: str, have: int, need: int = THRESHOLD, surplus: int = 0) -> tuple:
    """The refusal of too few signatures, with `surplus` bytes after them."""
    if "Weighted" in name:
        return ("InsufficientWeight", have, need)
    return ("SignaturesTooShort", 65 * have + surplus, 65 * need)


def test_module_type_tells_relayers_the_layout(ism, name):
    assert ism.moduleType() == TYPES[name]
    assert ism.PACKAGE_VERSION() == "12.1.0"


@pytest.mark.parametrize("form", ["Static", "Cloned"])
@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_vectors(static_ism, revert_of, verifies, case, form):
    name = "".join(each.title() for each in case["kind"].split("_")[:2])
    ism = static_ism(f"{form}{name}MultisigIsm", case["validators"], case["threshold"])
    message = Message.decode(bytes.fromhex(case["message"][2:]))
    data = bytes.fromhex(case["metadata"][2:])
    if case["expect"] == "ok":
        assert verifies(ism, data, message)
    else:
        revert_of(ism.verify, data, message.encode())


@pytest.mark.parametrize("positions", [(0, 1, 2), (0, 2, 4), (2, 3, 4)])
def test_threshold_signatures_in_order_are_enough(ism, kind, verifies, positions):
    assert verifies(ism, metadata(kind, [SET[i] for i in positions]).encode(), MESSAGE)


def test_bytes_after_the_needed_signatures_mean_nothing(ism, kind, verifies):
    data = metadata(kind, SET[:4]).encode() + b"trailing"
    assert verifies(ism, data, MESSAGE)


@pytest.mark.parametrize("count", range(THRESHOLD))
def test_signature_below_threshold_is_missing(refusal, name, kind, count):
    reason = refusal(metadata(kind, SET[:count]).encode())
    assert reason == missing(name, count)


@pytest.mark.parametrize("surplus", [1, 64])
def test_last_signature_is_short(refusal, name, kind, surplus):
    reason = refusal(metadata(kind).encode()[: surplus - 65])
    assert reason == missing(name, 2, surplus=surplus)


def test_signatures_out_of_order_are_refused(refusal, kind):
    reason = refusal(metadata(kind, [SET[0], SET[2], SET[1]]).encode())
    assert reason == ("UnexpectedSigner", 2, SET[1].address)


def test_one_validator_signing_twice_counts_once(refusal, kind):
    reason = refusal(metadata(kind, [SET[0], SET[1], SET[1]]).encode())
    assert reason == ("UnexpectedSigner", 2, SET[1].address)


def test_signer_outside_the_set_is_refused(refusal, kind):
    reason = refusal(metadata(kind, [SET[0], SET[1], VALIDATORS[7]]).encode())
    assert reason == ("UnexpectedSigner", 2, VALIDATORS[7].address)


def test_zero_address_in_the_set_is_nobody(multisig, revert_of, name, kind):
    ism = multisig(name, [SimpleNamespace(address=ZERO_ADDRESS), SET[0]], 1)
    broken = with_signatures(metadata(kind), bytes(64) + b"\x1b").encode()
    assert revert_of(ism.verify, broken, MESSAGE.encode()) == ("InvalidSignature", 0)


@pytest.mark.parametrize(
    "spoil",
    [
        malleated,
        lambda signature: signature[:64] + b"\x00",
        lambda signature: signature[:64] + b"\x01",
        lambda signature: signature[:64] + bytes([signature[64] - 27]),
        lambda signature: signature[:64] + b"\x1d",
        lambda signature: bytes(32) + signature[32:],
        lambda signature: signature[:32] + bytes(32) + signature[64:],
        lambda signature: SECP256K1_ORDER.to_bytes(32) + signature[32:],
        lambda signature: bytes(65),
    ],
    ids=["high s", "v 0", "v 1", "v - 27", "v 29", "r 0", "s 0", "r too large", "zeros"],
)
def test_malformed_signature_is_refused(refusal, kind, spoil):
    whole = metadata(kind)
    first, second, third = whole.signatures
    reason = refusal(with_signatures(whole, first, spoil(second), third).encode())
    assert reason == ("InvalidSignature", 1)


@pytest.mark.parametrize(
    "other",
    [
        message(nonce=INDEX, body=b"other body"),
        message(nonce=INDEX, origin=1001, body=b"message 2"),
    ],
    ids=["body", "origin"],
)
def test_signatures_for_one_message_do_not_serve_another(refusal, kind, other):
    expected = "RootMismatch" if kind == "Legacy" else "UnexpectedSigner"
    assert refusal(metadata(kind).encode(), other)[0] == expected


@pytest.mark.parametrize("spoilt", ["hook", "root or proof", "index"])
def test_signatures_cover_the_whole_checkpoint(refusal, kind, spoilt):
    data = bytearray(metadata(kind).encode())
    offsets = {
        "MessageId": {"hook": 31, "root or proof": 40, "index": 67},
        "MerkleRoot": {"hook": 31, "root or proof": 70, "index": 1095},
        "Legacy": {"hook": 67, "root or proof": 70, "index": 35},
    }
    data[offsets[kind][spoilt]] ^= 8
    refusals = {"UnexpectedSigner", "InvalidSignature"}
    if kind == "Legacy" and spoilt != "hook":
        refusals = {"RootMismatch"}
    assert refusal(bytes(data))[0] in refusals


def test_checkpoint_of_another_hook_is_refused(refusal, kind):
    foreign = Proven(MESSAGES, hook=b"\xbb" * 32).metadata(kind, INDEX, SET[:3])
    ours = with_signatures(metadata(kind), *foreign.signatures)
    assert refusal(ours.encode())[0] == "UnexpectedSigner"


def test_message_shorter_than_its_header_is_refused(ism, kind, revert_of):
    assert revert_of(ism.verify, metadata(kind).encode(), MESSAGE.encode()[:76]) == ()


def test_signature_count(ism, kind, revert_of):
    data = metadata(kind).encode()
    assert ism.signatureCount(data) == 3
    assert ism.signatureCount(data[: FIXED_PART[kind]]) == 0
    assert revert_of(ism.signatureCount, data[:-1]) == ("InvalidSignaturesLength", 194)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_verifies_iff_the_first_threshold_signers_are_distinct_and_in_order(
    multisig, verifies, revert_of, name, kind, data
):
    size = data.draw(st.integers(1, 15), label="validators")
    threshold = data.draw(st.integers(1, size), label="threshold")
    signers = data.draw(
        st.one_of(
            st.sets(st.integers(0, size - 1), max_size=size).map(sorted),
            st.lists(st.integers(0, len(VALIDATORS) - 1), max_size=size),
        ),
        label="signers",
    )
    ism = multisig(name, VALIDATORS[:size], threshold)
    proof = metadata(kind, [VALIDATORS[i] for i in signers]).encode()
    first = signers[:threshold]
    expected = (
        len(first) == threshold
        and all(a < b for a, b in pairwise(first))
        and all(i < size for i in first)
    )
    if expected:
        assert verifies(ism, proof, MESSAGE)
    else:
        revert_of(ism.verify, proof, MESSAGE.encode())


@pytest.mark.parametrize("signed", [0, 1, 3, 4])
def test_legacy_module_wants_the_checkpoint_of_the_message_itself(refusal_of_legacy, signed):
    """A later root is refused with its own index, and with the leaf's."""
    checkpoint = PROVEN.checkpoint(signed)
    signatures = PROVEN.sign(signed, SET[:THRESHOLD])
    last = max(INDEX, signed)
    for index in (INDEX, signed):
        forged = LegacyMultisigMetadata(
            checkpoint.root, index, PROVEN.hook, PROVEN.tree.proof(INDEX, last), signatures
        )
        assert refusal_of_legacy(forged.encode())[0] in ("RootMismatch", "UnexpectedSigner")


def test_legacy_module_wants_the_proof_as_well_as_the_signatures(refusal_of_legacy):
    good = metadata("Legacy")
    for level in (0, 15, 31):
        proof = list(good.proof)
        proof[level] = b"\x01" * 32
        reason = refusal_of_legacy(replace(good, proof=tuple(proof)).encode())
        proven = branch_root(MESSAGE.id, tuple(proof), INDEX)
        assert reason == ("RootMismatch", proven, good.root)


def test_any_leaf_is_proven_by_a_later_checkpoint(static_ism, verifies):
    ism = static_ism("StaticMerkleRootMultisigIsm", [SET[0].address], 1)
    for index in range(len(MESSAGES)):
        for signed in range(index, len(MESSAGES)):
            proof = PROVEN.merkle_root(index, SET[:1], signed)
            assert verifies(ism, proof.encode(), MESSAGES[index])


def test_leaf_after_the_signed_checkpoint_is_refused(static_ism, revert_of):
    ism = static_ism("StaticMerkleRootMultisigIsm", [SET[0].address], 1)
    data = bytearray(PROVEN.merkle_root(2, SET[:1], 2).encode())
    data[32:36] = (3).to_bytes(4)
    assert revert_of(ism.verify, bytes(data), MESSAGES[2].encode()) == ("LeafAfterCheckpoint", 3, 2)


def test_hook_address_is_free_of_meaning_to_the_module(static_ism, verifies):
    """Any 32 bytes can name a hook: other chains have long addresses."""
    ism = static_ism("StaticMessageIdMultisigIsm", [SET[0].address], 1)
    proof = Proven(MESSAGES, hook=b"\xff" * 32).message_id(INDEX, SET[:1])
    assert verifies(ism, proof.encode(), MESSAGE)
    assert HOOK not in proof.encode()
