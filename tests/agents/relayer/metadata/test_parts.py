"""Laws of metadata in company: however it is shortened, each module believes as much as before."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.relayer.metadata import Batch, Metadata, encode_batch
from hyperlane.agents.relayer.metadata.parts import Aggregate, Fixed, Proven
from hyperlane.protocol.ism_metadata import decode_aggregation
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import MerkleRootMultisigMetadata, ShortMerkleRootMetadata

pytestmark = pytest.mark.quick

HOOK = b"\xaa" * 32
SIGNED = (b"\x01" * 65, b"\x02" * 65)
MESSAGES = [Message(3, nonce, 1, bytes(32), 2, bytes(32), b"") for nonce in range(70)]
TREE = MerkleTree(message.id for message in MESSAGES)
MODULES = (b"\x0a" * 20, b"\x0b" * 20)


@dataclass
class Module:
    """Our merkle-root multisig, whose validators have signed every checkpoint of the tree."""

    signed: set[bytes] = field(default_factory=set)
    subtrees: set[bytes] = field(default_factory=set)

    def verify(self, metadata: bytes, message: Message) -> bool:
        if len(metadata) == 164:
            short = ShortMerkleRootMetadata.decode(metadata)
            return short.subtree(message) in self.subtrees
        full = MerkleRootMultisigMetadata.decode(metadata)
        checkpoint = full.checkpoint(message)
        if checkpoint.root != TREE.root(full.signed_index):
            return False
        if checkpoint.digest not in self.signed and full.signatures != SIGNED:
            return False
        self.signed.add(checkpoint.digest)
        self.subtrees.add(ShortMerkleRootMetadata.of(full).subtree(message))
        return True


@dataclass(frozen=True)
class Wanted:
    """What a message's recipient wants: some modules, all of an aggregation or one alone."""

    message: Message
    modules: tuple[bytes, ...]
    metadata: Metadata

    def believed(self, encoded: bytes, modules: dict[bytes, Module]) -> bool:
        if len(self.modules) == 1:
            return modules[self.modules[0]].verify(encoded, self.message)
        parts = decode_aggregation(encoded, len(self.modules) + 1)
        assert parts[-1] == b"fixed"
        return all(
            modules[module].verify(part, self.message)
            for module, part in zip(self.modules, parts[:-1], strict=True)
        )


@st.composite
def wanted(draw: st.DrawFn) -> Wanted:
    signed_index = draw(st.integers(0, len(MESSAGES) - 1))
    leaf = draw(st.integers(0, signed_index))
    modules = draw(st.sampled_from([MODULES[:1], MODULES[1:], MODULES]))
    message = MESSAGES[leaf]
    full = MerkleRootMultisigMetadata(
        HOOK, leaf, TREE.leaf(signed_index), TREE.proof(leaf, signed_index), signed_index, SIGNED
    )
    parts: list[Metadata] = [Proven(module, message, full) for module in modules]
    metadata = parts[0] if len(parts) == 1 else Aggregate([*parts, Fixed(b"fixed")])
    return Wanted(message, modules, metadata)


def shown(batch: Batch) -> dict[bytes, Module]:
    """The modules, after they were shown what comes before the deliveries."""
    modules = {module: Module() for module in MODULES}
    for proof in batch.proofs:
        (message,) = (each for each in MESSAGES if each.id == proof.message_id)
        assert modules[proof.module].verify(proof.metadata, message)
        assert len(proof.metadata) > 164
    return modules


@given(st.lists(wanted(), max_size=12))
def test_every_message_of_a_batch_is_believed_and_none_is_longer_than_alone(batch):
    encoded = encode_batch([item.metadata for item in batch])
    modules = shown(encoded)
    for item, data in zip(batch, encoded.metadata, strict=True):
        assert item.believed(data, modules)
        assert len(data) <= len(item.metadata.encode())


@given(st.lists(wanted(), max_size=12), st.data())
def test_each_message_is_believed_whatever_becomes_of_the_others(batch, data):
    """Those that are left are asked about in any order, some never."""
    encoded = encode_batch([item.metadata for item in batch])
    places = data.draw(st.permutations(range(len(batch))))
    for place in places[: data.draw(st.integers(0, len(batch)))]:
        alone = shown(encoded)
        assert batch[place].believed(encoded.metadata[place], alone)


@given(wanted())
def test_alone_it_is_believed_by_modules_that_know_nothing(item):
    batch = encode_batch([item.metadata])
    assert batch == Batch((), (item.metadata.encode(),))
    assert item.believed(item.metadata.encode(), {module: Module() for module in MODULES})


@given(st.permutations(range(32)))
def test_thirty_two_neighbours_take_one_quorum_and_two_proofs(order):
    index = len(MESSAGES) - 1
    items = [
        Proven(
            MODULES[0],
            MESSAGES[leaf],
            MerkleRootMultisigMetadata(
                HOOK, leaf, TREE.leaf(index), TREE.proof(leaf, index), index, SIGNED
            ),
        )
        for leaf in order
    ]

    batch = encode_batch(items)

    assert [len(proof.metadata) for proof in batch.proofs] == [1096 + 2 * 65, 1096]
    assert [len(each) for each in batch.metadata] == [164] * 32
