from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.ism_metadata import (
    ArbL2ToL1Metadata,
    ModuleType,
    decode_aggregation,
    encode_aggregation,
)
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import (
    LegacyMultisigMetadata,
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
    ShortMerkleRootMetadata,
    select_by_weight,
    select_signatures,
)
from hyperlane.protocol.typecasts import address_from_hex

from .strategies import addresses, messages, uints, words
from .vectors import load, unhex, validator_account

MULTISIG = load("multisig_metadata")["cases"]
WEIGHTED = load("weighted_multisig_metadata")
AGGREGATION = load("aggregation_metadata")
LAYOUTS: dict[str, Any] = {
    "MESSAGE_ID_MULTISIG": MessageIdMultisigMetadata,
    "MERKLE_ROOT_MULTISIG": MerkleRootMultisigMetadata,
    "WEIGHTED_MESSAGE_ID_MULTISIG": MessageIdMultisigMetadata,
}


def describe(case: dict) -> str:
    return f"{case['kind']} {case.get('note') or case['signer_positions']} {case['expect']}"


def accepts(case: dict, weights: Sequence[int], threshold: int) -> bool:
    """The contracts' walk along the validator list, on what our codecs read."""
    message = Message.decode(unhex(case["message"]))
    metadata = LAYOUTS[case["kind"]].decode(unhex(case["metadata"]))
    checkpoint = metadata.checkpoint(message)
    validators = iter(
        (address_from_hex(v if isinstance(v, str) else v["signingAddress"]), weight)
        for v, weight in zip(case["validators"], weights, strict=True)
    )
    signatures = iter(metadata.signatures)
    reached = 0
    while reached < threshold:
        signature = next(signatures, None)
        if signature is None:
            return False
        signer = checkpoint.recover_signer(signature)
        weight = next((weight for validator, weight in validators if validator == signer), None)
        if weight is None:
            return False
        reached += weight
    return True


@pytest.mark.parametrize("case", MULTISIG, ids=describe)
def test_multisig_metadata_is_accepted_or_rejected_as_the_vector_says(case):
    assert len(unhex(case["metadata"])) == case["length"]
    try:
        accepted = accepts(case, [1] * len(case["validators"]), case["threshold"])
    except DecodeError:
        accepted = False
    assert accepted == (case["expect"] == "ok")


@pytest.mark.parametrize("case", WEIGHTED["cases"], ids=describe)
def test_weighted_metadata_is_accepted_or_rejected_as_the_vector_says(case):
    threshold = case["thresholdWeight"]
    weights = [validator["weight"] for validator in case["validators"]]

    accepted = threshold <= WEIGHTED["total_weight"] and accepts(case, weights, threshold)

    assert accepted == (case["expect"] == "ok")


@pytest.mark.parametrize(
    "case", [case for case in MULTISIG if not (case["length"] - 68) % 65], ids=describe
)
def test_message_id_metadata_of_the_vector_encodes_to_the_same_bytes(case):
    data = unhex(case["metadata"])

    assert MessageIdMultisigMetadata.decode(data).encode() == data


@pytest.mark.parametrize(
    "case", [case for case in MULTISIG if case["kind"] == "MERKLE_ROOT_MULTISIG"], ids=describe
)
def test_merkle_root_metadata_of_the_vector_encodes_to_the_same_bytes(case):
    data = unhex(case["metadata"])

    assert MerkleRootMultisigMetadata.decode(data).encode() == data


def signatures() -> st.SearchStrategy[tuple[bytes, ...]]:
    return st.lists(st.binary(min_size=65, max_size=65), max_size=4).map(tuple)


def message_id_metadata() -> st.SearchStrategy[MessageIdMultisigMetadata]:
    return st.builds(MessageIdMultisigMetadata, words(), words(), uints(32), signatures())


def merkle_root_metadata() -> st.SearchStrategy[MerkleRootMultisigMetadata]:
    path = st.lists(words(), min_size=32, max_size=32).map(tuple)
    return st.builds(
        MerkleRootMultisigMetadata, words(), uints(32), words(), path, uints(32), signatures()
    )


def legacy_metadata() -> st.SearchStrategy[LegacyMultisigMetadata]:
    path = st.lists(words(), min_size=32, max_size=32).map(tuple)
    return st.builds(LegacyMultisigMetadata, words(), uints(32), words(), path, signatures())


@given(message_id_metadata() | merkle_root_metadata() | legacy_metadata(), st.binary(max_size=64))
def test_decoding_gives_the_metadata_back_whatever_follows_the_last_signature(metadata, tail):
    assert type(metadata).decode(metadata.encode() + tail) == metadata


@pytest.mark.parametrize(
    ("layout", "size"),
    [
        (MessageIdMultisigMetadata, 68),
        (MerkleRootMultisigMetadata, 1096),
        (LegacyMultisigMetadata, 1092),
    ],
)
def test_decode_fails_when_the_fixed_part_is_truncated_anywhere(layout, size):
    for length in range(size):
        with pytest.raises(DecodeError, match=r"^metadata\..+: 0x.* is truncated"):
            layout.decode(bytes(length))
    assert layout.decode(bytes(size)).signatures == ()


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("merkle_tree_hook", bytes(20)),
        ("root", bytes(31)),
        ("index", 2**32),
        ("signatures", (bytes(64),)),
    ],
)
def test_message_id_metadata_refuses_a_field_out_of_range(field, bad):
    fields = {"merkle_tree_hook": bytes(32), "root": bytes(32), "index": 0, "signatures": ()}

    with pytest.raises(DecodeError, match=rf"^metadata\.{field}"):
        MessageIdMultisigMetadata(**fields | {field: bad})


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("merkle_tree_hook", bytes(20)),
        ("leaf_index", 2**32),
        ("signed_message_id", bytes(31)),
        ("proof", (bytes(32),) * 31),
        ("signed_index", -1),
        ("signatures", (bytes(66),)),
    ],
)
def test_merkle_root_metadata_refuses_a_field_out_of_range(field, bad):
    fields = {
        "merkle_tree_hook": bytes(32),
        "leaf_index": 0,
        "signed_message_id": bytes(32),
        "proof": (bytes(32),) * 32,
        "signed_index": 0,
        "signatures": (),
    }

    with pytest.raises(DecodeError, match=rf"^metadata\.{field}"):
        MerkleRootMultisigMetadata(**fields | {field: bad})


@given(st.lists(messages(), min_size=1, max_size=12), st.data())
def test_merkle_root_metadata_vouches_for_any_message_of_the_signed_tree(sent, data):
    signed_index = data.draw(st.integers(0, len(sent) - 1))
    leaf_index = data.draw(st.integers(0, signed_index))
    tree = MerkleTree(message.id for message in sent)
    message = sent[leaf_index]

    metadata = MerkleRootMultisigMetadata(
        merkle_tree_hook=bytes(32),
        leaf_index=leaf_index,
        signed_message_id=sent[signed_index].id,
        proof=tree.proof(leaf_index, signed_index),
        signed_index=signed_index,
        signatures=(),
    )

    signed = Checkpoint(
        message.origin, bytes(32), tree.root(signed_index), signed_index, sent[signed_index].id
    )
    assert metadata.checkpoint(message) == signed


@given(messages(), merkle_root_metadata(), uints(32), uints(32))
def test_merkle_root_metadata_vouches_for_no_message_after_the_signed_checkpoint(
    message, metadata, leaf_index, signed_index
):
    metadata = replace(metadata, leaf_index=leaf_index, signed_index=signed_index)

    if leaf_index <= signed_index:
        assert metadata.checkpoint(message).index == signed_index
    else:
        with pytest.raises(DecodeError, match=r"^metadata\.leaf_index: .* expected at most"):
            metadata.checkpoint(message)


@given(message_id_metadata(), messages())
def test_message_id_metadata_vouches_for_the_message_as_the_last_leaf(metadata, message):
    checkpoint = metadata.checkpoint(message)

    assert checkpoint.message_id == message.id
    assert checkpoint.origin == message.origin
    assert (checkpoint.root, checkpoint.index) == (metadata.root, metadata.index)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("root", bytes(31)),
        ("index", 2**32),
        ("merkle_tree_hook", bytes(20)),
        ("proof", (bytes(32),) * 33),
        ("signatures", (bytes(64),)),
    ],
)
def test_legacy_metadata_refuses_a_field_out_of_range(field, bad):
    fields = {
        "root": bytes(32),
        "index": 0,
        "merkle_tree_hook": bytes(32),
        "proof": (bytes(32),) * 32,
        "signatures": (),
    }

    with pytest.raises(DecodeError, match=rf"^metadata\.{field}"):
        LegacyMultisigMetadata(**fields | {field: bad})


def test_legacy_metadata_stands_in_the_order_that_the_docs_give():
    signature = b"\x05" * 65
    metadata = LegacyMultisigMetadata(
        b"\x01" * 32, 2, b"\x03" * 32, (b"\x04" * 32,) * 32, (signature,)
    )

    assert metadata.encode() == (
        b"\x01" * 32 + b"\0\0\0\2" + b"\x03" * 32 + b"\x04" * 1024 + signature
    )


@given(st.lists(messages(), min_size=1, max_size=8), st.data())
def test_legacy_metadata_vouches_for_the_last_message_of_the_signed_tree(sent, data):
    index = data.draw(st.integers(0, len(sent) - 1))
    tree = MerkleTree(message.id for message in sent)
    message, root = sent[index], tree.root(index)
    metadata = LegacyMultisigMetadata(root, index, bytes(32), tree.proof(index, index), ())

    assert metadata.checkpoint(message) == Checkpoint(
        message.origin, bytes(32), root, index, message.id
    )
    with pytest.raises(DecodeError, match=r"^metadata\.root: 0x.* is not where the proof leads"):
        replace(metadata, root=b"\xff" * 32).checkpoint(message)


@given(st.permutations(range(5)), st.sets(st.integers(0, 4)), st.integers(1, 5))
def test_selected_signatures_stand_in_validator_order_when_there_is_a_quorum(
    order, signers, threshold
):
    validators = [bytes([position]) * 20 for position in order]
    signed = {bytes([signer]) * 20: bytes([signer]) * 65 for signer in signers}

    selected = select_signatures(validators, threshold, signed)

    if len(signers) < threshold:
        assert selected is None
    else:
        expected = [position for position in order if position in signers][:threshold]
        assert selected == tuple(bytes([position]) * 65 for position in expected)


def test_selected_signatures_equal_those_of_accepted_metadata():
    case = next(case for case in MULTISIG if case["signer_positions"] == [1, 2, 5])
    message = Message.decode(unhex(case["message"]))
    metadata = MessageIdMultisigMetadata.decode(unhex(case["metadata"]))
    checkpoint = metadata.checkpoint(message)
    accounts = [validator_account(position) for position in (5, 1, 2)]
    signed = {address_from_hex(a.address): checkpoint.sign(a) for a in accounts}

    validators = [address_from_hex(text) for text in case["validators"]]
    assert select_signatures(validators, 3, signed) == metadata.signatures


def test_a_validator_listed_twice_is_selected_twice():
    one, two = bytes(20), b"\x01" * 20

    assert select_signatures([one, one, two], 2, {one: b"signature"}) == (b"signature",) * 2


def test_a_signature_by_a_stranger_is_not_selected():
    assert select_signatures([bytes(20)], 1, {b"\x01" * 20: bytes(65)}) is None


@pytest.mark.parametrize("threshold", [0, -1])
def test_selection_fails_when_the_threshold_is_not_positive(threshold):
    with pytest.raises(DecodeError, match=f"threshold: {threshold} is not at least 1"):
        select_signatures([bytes(20)], threshold, {})


@pytest.mark.parametrize("case", AGGREGATION, ids=lambda case: case["ism_count"])
def test_aggregation_metadata_equals_the_vector(case):
    submodules: list[bytes | None] = [None] * case["ism_count"]
    for submodule in case["submodules"]:
        submodules[submodule["index"]] = unhex(submodule["metadata"])

    assert encode_aggregation(submodules) == unhex(case["metadata"])
    assert decode_aggregation(unhex(case["metadata"]), case["ism_count"]) == tuple(submodules)


@given(st.lists(st.none() | st.binary(max_size=50), max_size=8))
def test_decoding_an_encoded_aggregation_gives_the_submodules_back(submodules):
    encoded = encode_aggregation(submodules)

    assert decode_aggregation(encoded, len(submodules)) == tuple(submodules)


@pytest.mark.parametrize("length", range(24))
def test_decode_fails_when_the_aggregation_table_is_truncated(length):
    with pytest.raises(DecodeError, match=r"^metadata\.(start|end)\[\d\]: .* is truncated"):
        decode_aggregation(bytes(length), 3)


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=5), st.data())
def test_decode_fails_when_the_last_blob_is_truncated(blobs, data):
    encoded = encode_aggregation(blobs)
    length = data.draw(st.integers(8 * len(blobs), len(encoded) - 1))

    with pytest.raises(DecodeError, match=r"^metadata\.range\[\d\]: .* is not inside"):
        decode_aggregation(encoded[:length], len(blobs))


def test_decode_fails_when_a_range_is_reversed():
    with pytest.raises(DecodeError, match=r"^metadata\.range\[0\]: 9\.\.8 is not inside the 9"):
        decode_aggregation((9).to_bytes(4) + (8).to_bytes(4) + b"\x00", 1)


def test_a_submodule_with_start_zero_is_left_out_whatever_its_end():
    assert decode_aggregation(bytes(4) + (8).to_bytes(4), 1) == (None,)


def test_module_types_equal_the_vector():
    enums = load("enums")

    known = enums["ism_module_types"] | enums["ism_module_types_agent_only"]
    assert {member.name: member.value for member in ModuleType} == known


def arbitrum_metadata() -> st.SearchStrategy[ArbL2ToL1Metadata]:
    numbers = ("index", "l2_block", "l1_block", "l2_timestamp", "value")
    return st.builds(
        ArbL2ToL1Metadata,
        proof=st.lists(words(), max_size=3).map(tuple),
        l2_sender=addresses(),
        to=addresses(),
        data=st.binary(max_size=80),
        **{name: uints(256) for name in numbers},
    )


ARBITRUM = ArbL2ToL1Metadata(
    proof=(b"\x01" * 32, b"\x02" * 32),
    index=1,
    l2_sender=b"\x11" * 20,
    to=b"\x22" * 20,
    l2_block=2,
    l1_block=3,
    l2_timestamp=4,
    value=5,
    data=b"\x33" * 68,
)


@given(arbitrum_metadata())
def test_decoding_encoded_arbitrum_metadata_gives_it_back(metadata):
    assert ArbL2ToL1Metadata.decode(metadata.encode()) == metadata


@given(st.integers(0, len(ARBITRUM.encode()) - 1))
def test_truncated_arbitrum_metadata_is_refused(size):
    with pytest.raises(DecodeError, match="metadata: "):
        ArbL2ToL1Metadata.decode(ARBITRUM.encode()[:size])


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("index", 2**256),
        ("l2_block", -1),
        ("l1_block", 2**256),
        ("l2_timestamp", "4"),
        ("value", 2**256),
        ("l2_sender", b"\x11" * 32),
        ("to", b""),
    ],
)
def test_arbitrum_metadata_refuses_a_field_out_of_range(field, bad):
    with pytest.raises(DecodeError, match=f"metadata.{field}: "):
        replace(ARBITRUM, **{field: bad})


def test_arbitrum_metadata_refuses_a_sibling_that_is_no_word():
    with pytest.raises(DecodeError, match=r"metadata.proof\[1\]: "):
        replace(ARBITRUM, proof=(bytes(32), bytes(31)))


def short_metadata() -> st.SearchStrategy[ShortMerkleRootMetadata]:
    path = st.lists(words(), min_size=4, max_size=4).map(tuple)
    return st.builds(ShortMerkleRootMetadata, words(), uints(32), path)


@given(short_metadata())
def test_decoding_encoded_short_metadata_gives_it_back(metadata):
    assert len(metadata.encode()) == 164
    assert ShortMerkleRootMetadata.decode(metadata.encode()) == metadata


@given(st.integers(0, 400).filter(lambda size: size != 164))
def test_short_metadata_of_any_other_length_is_refused(size):
    with pytest.raises(DecodeError, match=r"truncated|over-long"):
        ShortMerkleRootMetadata.decode(bytes(size))


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("merkle_tree_hook", bytes(20)),
        ("leaf_index", 2**32),
        ("proof", (bytes(32),) * 5),
        ("proof", (bytes(32),) * 3 + (bytes(31),)),
    ],
)
def test_short_metadata_refuses_a_field_out_of_range(field, bad):
    fields = {"merkle_tree_hook": bytes(32), "leaf_index": 0, "proof": (bytes(32),) * 4}

    with pytest.raises(DecodeError, match=rf"^metadata\.{field}"):
        ShortMerkleRootMetadata(**fields | {field: bad})


@given(st.lists(messages(), min_size=1, max_size=40), st.data())
def test_messages_have_a_subtree_in_common_when_they_are_among_the_same_sixteen(sent, data):
    sent = [replace(message, origin=1, nonce=place) for place, message in enumerate(sent)]
    one, other = (data.draw(st.integers(0, len(sent) - 1)) for _ in range(2))
    tree = MerkleTree(message.id for message in sent)

    def subtree(leaf: int) -> bytes:
        proof = tree.proof(leaf, len(sent) - 1)
        full = MerkleRootMultisigMetadata(bytes(32), leaf, bytes(32), proof, len(sent) - 1, ())
        return ShortMerkleRootMetadata.of(full).subtree(sent[leaf])

    assert (subtree(one) == subtree(other)) == (one // 16 == other // 16)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=6), st.integers(1, 20))
def test_selection_by_weight_is_the_smallest_that_weighs_enough(validators, threshold):
    addresses = [bytes([place]) * 20 for place in range(len(validators))]
    weights = [weight for weight, _ in validators]
    signed = {
        addresses[place]: bytes([place]) * 65
        for place, (_, signs) in enumerate(validators)
        if signs
    }

    selected = select_by_weight(addresses, weights, threshold, signed)

    enough = [
        places
        for size in range(1, len(validators) + 1)
        for places in combinations([each[0] for each in signed], size)
        if sum(weights[place] for place in places) >= threshold
    ]
    if not enough:
        assert selected is None
    else:
        places = [signature[0] for signature in selected]
        assert places == sorted(places)
        assert len(places) == len(enough[0])
        assert sum(weights[place] for place in places) >= threshold
