"""Library functions against the Python model and the vectors."""

import json
from pathlib import Path

import pytest
from eth_keys import keys
from eth_utils import to_checksum_address
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.signing import SECP256K1_ORDER, VALIDATORS, malleated

from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import branch_root
from hyperlane.protocol.message import Message

VECTORS = Path(__file__).parents[2] / "vectors"
WORDS = st.binary(min_size=32, max_size=32)
UINT32 = st.integers(0, 2**32 - 1)

by_example = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.fixture(scope="module")
def libraries(project, owner):
    return owner.deploy(project.LibraryHarness)


@by_example
@given(
    message=st.builds(
        Message,
        st.integers(0, 255),
        UINT32,
        UINT32,
        WORDS,
        UINT32,
        WORDS,
        st.binary(max_size=150),
    )
)
def test_message_fields_and_id(libraries, message):
    data = message.encode()
    assert tuple(libraries.fields(data)) == (
        message.version,
        message.nonce,
        message.origin,
        message.sender,
        message.destination,
        message.recipient,
        message.body,
    )
    assert libraries.id(data) == message.id


def test_message_vectors(libraries):
    for case in json.loads((VECTORS / "message_ids.json").read_text()):
        data = unhex(case.get("message") or case["encoded"])
        assert libraries.id(data) == unhex(case["id"])


@pytest.mark.parametrize("length", [0, 1, 76])
def test_fields_of_a_truncated_message_are_refused(libraries, revert_of, length):
    assert revert_of(libraries.fields, bytes(length)) == ()


def test_addresses_of_other_chains_are_no_evm_addresses(libraries, revert_of):
    evm, other = bytes(12) + b"\x11" * 20, bytes(11) + b"\x11" * 21
    good = Message(3, 0, 1, evm, 2, evm, b"")
    address = to_checksum_address(evm[12:])
    assert list(libraries.addresses(good.encode())) == [address, address]
    for sender, recipient in ((other, evm), (evm, other)):
        bad = Message(3, 0, 1, sender, 2, recipient, b"").encode()
        assert revert_of(libraries.addresses, bad) == ("Bytes32ToAddressOverflow", other)


@by_example
@given(checkpoint=st.builds(Checkpoint, UINT32, WORDS, WORDS, UINT32, WORDS))
def test_checkpoint_digest(libraries, checkpoint):
    assert digest_of(libraries, checkpoint) == checkpoint.digest


def test_checkpoint_vectors(libraries):
    for case in json.loads((VECTORS / "checkpoint_digests.json").read_text())["checkpoints"]:
        checkpoint = Checkpoint(
            case["origin"],
            unhex(case["merkle_tree_hook"]),
            unhex(case["root"]),
            case["index"],
            unhex(case["message_id"]),
        )
        digest = digest_of(libraries, checkpoint)
        assert digest == unhex(case["digest"])
        for each in case["signatures"]:
            assert libraries.recover(digest, unhex(each["serialized"])) == each["signer"]


def digest_of(libraries, checkpoint: Checkpoint) -> bytes:
    return libraries.checkpointDigest(
        checkpoint.origin,
        checkpoint.merkle_tree_hook,
        checkpoint.root,
        checkpoint.index,
        checkpoint.message_id,
    )


@by_example
@given(
    digest=WORDS, s=st.integers(0, 2**256 - 1), r=st.integers(0, 2**256 - 1), v=st.integers(0, 255)
)
def test_recover_agrees_with_the_model(libraries, digest, r, s, v):
    signature = r.to_bytes(32) + s.to_bytes(32) + bytes([v])
    assert libraries.recover(digest, signature) == modelled_signer(digest, signature)


@by_example
@given(digest=WORDS, mirrored=st.booleans(), v=st.sampled_from([None, 0, 1, 26, 27, 28, 29, 255]))
def test_recover_of_real_signatures_agrees_with_the_model(libraries, digest, mirrored, v):
    signature = bytes(VALIDATORS[0].unsafe_sign_hash(digest).signature)
    signature = malleated(signature) if mirrored else signature
    signature = signature if v is None else signature[:64] + bytes([v])
    assert libraries.recover(digest, signature) == modelled_signer(digest, signature)


def modelled_signer(digest: bytes, signature: bytes) -> str:
    """The signer, or the zero address: for a high s, another v than 27 or 28, or nobody's."""
    r, s, v = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]), signature[64]
    nobody = to_checksum_address(bytes(20))
    if v not in (27, 28) or not 0 < s <= SECP256K1_ORDER // 2 or not 0 < r < SECP256K1_ORDER:
        return nobody
    try:
        signer = keys.Signature(vrs=(v - 27, r, s)).recover_public_key_from_msg_hash(digest)
    except Exception:  # r is the x of no point
        return nobody
    return signer.to_checksum_address()


@by_example
@given(leaf=WORDS, proof=st.lists(WORDS, min_size=32, max_size=32), index=UINT32)
def test_branch_root(libraries, leaf, proof, index):
    root = libraries.branchRoot(leaf, b"".join(proof), index)
    assert root == branch_root(leaf, proof, index)


@pytest.mark.parametrize("length", [0, 1023])
def test_short_proof_is_refused(libraries, revert_of, length):
    assert revert_of(libraries.branchRoot, bytes(32), bytes(length), 0) == ()
