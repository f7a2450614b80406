import pytest
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import address_from_hex

from .strategies import uints, words
from .vectors import load, unhex, validator_account

VECTORS = load("checkpoint_digests")["checkpoints"]
SIGNERS = [address_from_hex(text) for text in load("checkpoint_digests")["signers"]]
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def from_vector(case: dict) -> Checkpoint:
    return Checkpoint(
        origin=case["origin"],
        merkle_tree_hook=unhex(case["merkle_tree_hook"]),
        root=unhex(case["root"]),
        index=case["index"],
        message_id=unhex(case["message_id"]),
    )


def checkpoints() -> st.SearchStrategy[Checkpoint]:
    return st.builds(Checkpoint, uints(32), words(), words(), uints(32), words())


def signer_or_none(checkpoint: Checkpoint, signature: bytes) -> bytes | None:
    try:
        return checkpoint.recover_signer(signature)
    except DecodeError:
        return None


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return from_vector(VECTORS[0])


@pytest.fixture(scope="module")
def signature(checkpoint) -> bytes:
    return checkpoint.sign(validator_account(0))


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["index"])
def test_hashes_equal_the_vector(case):
    checkpoint = from_vector(case)

    assert checkpoint.domain_hash == unhex(case["domain_hash"])
    assert checkpoint.signing_hash == unhex(case["signing_hash"])
    assert checkpoint.digest == unhex(case["digest"])


@pytest.mark.parametrize("case", load("official_domainHash"), ids=lambda case: case["domain"])
def test_domain_hash_equals_the_official_vector(case):
    checkpoint = Checkpoint(case["domain"], unhex(case["mailbox"]), bytes(32), 0, bytes(32))

    assert checkpoint.domain_hash == unhex(case["expectedDomainHash"])


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["index"])
def test_signatures_equal_the_vector_and_recover_their_signer(case):
    checkpoint = from_vector(case)
    for entry in case["signatures"]:
        signer = address_from_hex(entry["signer"])
        signature = checkpoint.sign(validator_account(SIGNERS.index(signer)))

        assert signature == unhex(entry["serialized"])
        r, s = int(entry["r"], 16), int(entry["s"], 16)
        assert signature == r.to_bytes(32) + s.to_bytes(32) + bytes([entry["v"]])
        assert SignedCheckpoint(checkpoint, signature).signer == signer


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["index"])
def test_stored_files_of_the_vector_hold_the_checkpoint_and_its_signature(case):
    for entry in case["signatures"]:
        content = entry["checkpoint_file_content"]
        stored = content["value"]["checkpoint"]
        checkpoint = Checkpoint(
            origin=stored["mailbox_domain"],
            merkle_tree_hook=unhex(stored["merkle_tree_hook_address"]),
            root=unhex(stored["root"]),
            index=stored["index"],
            message_id=unhex(content["value"]["message_id"]),
        )

        assert checkpoint == from_vector(case)
        signed = SignedCheckpoint(checkpoint, unhex(content["serialized_signature"]))
        assert signed.signer == address_from_hex(entry["signer"])


def test_checkpoints_of_the_vector_are_those_of_the_growing_tree():
    tree = IncrementalMerkle()
    for case in VECTORS:
        message = Message.decode(unhex(case["message"]))
        tree.insert(message.id)

        expected = from_vector(case)
        assert (message.id, tree.root()) == (expected.message_id, expected.root)
        assert tree.count - 1 == expected.index


@settings(max_examples=15)
@given(checkpoints())
def test_a_signature_recovers_its_signer(checkpoint):
    assert checkpoint.recover_signer(checkpoint.sign(validator_account(0))) == SIGNERS[0]


@settings(max_examples=60)
@given(byte=st.integers(0, 64), bit=st.integers(0, 7))
def test_a_tampered_signature_never_recovers_the_signer(checkpoint, signature, byte, bit):
    tampered = bytearray(signature)
    tampered[byte] ^= 1 << bit

    assert signer_or_none(checkpoint, bytes(tampered)) != SIGNERS[0]


@settings(max_examples=30)
@given(other=checkpoints())
def test_a_signature_over_one_checkpoint_does_not_recover_the_signer_for_another(signature, other):
    assert signer_or_none(other, signature) != SIGNERS[0]


@pytest.mark.parametrize("length", [0, 64, 66, 130])
def test_recovery_fails_when_the_signature_is_not_65_bytes(checkpoint, length):
    with pytest.raises(DecodeError, match=f"signature: .*{length} bytes, expected 65"):
        checkpoint.recover_signer(bytes(length))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_recovery_fails_when_v_is_not_27_or_28(checkpoint, signature, v):
    with pytest.raises(DecodeError, match=f"signature.v: {v} is not 27 or 28"):
        checkpoint.recover_signer(signature[:64] + bytes([v]))


def test_recovery_fails_when_s_is_in_the_upper_half(checkpoint, signature):
    s = ORDER - int.from_bytes(signature[32:64])
    malleated = signature[:32] + s.to_bytes(32) + bytes([55 - signature[64]])

    with pytest.raises(DecodeError, match=r"signature\.s: 0x[0-9a-f]{64} is above half"):
        checkpoint.recover_signer(malleated)


@pytest.mark.parametrize("r", [0, 5, ORDER, 2**256 - 1], ids=["zero", "off curve", "order", "max"])
@pytest.mark.parametrize("s", [0, 1])
def test_recovery_fails_when_no_key_can_have_made_r_and_s(checkpoint, r, s):
    with pytest.raises(DecodeError, match=r"signature: .* was made by no key"):
        checkpoint.recover_signer(r.to_bytes(32) + s.to_bytes(32) + b"\x1b")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("origin", 2**32),
        ("merkle_tree_hook", bytes(20)),
        ("root", bytes(31)),
        ("index", -1),
        ("message_id", bytes(33)),
    ],
)
def test_construction_fails_when_a_field_is_out_of_range(field, bad):
    fields = {
        "origin": 1,
        "merkle_tree_hook": bytes(32),
        "root": bytes(32),
        "index": 0,
        "message_id": keccak(b""),
    }

    with pytest.raises(DecodeError, match=rf"checkpoint\.{field}: "):
        Checkpoint(**fields | {field: bad})


def test_a_signed_checkpoint_needs_65_signature_bytes(checkpoint):
    with pytest.raises(DecodeError, match=r"signed_checkpoint\.signature: .* expected 65"):
        SignedCheckpoint(checkpoint, bytes(64))
