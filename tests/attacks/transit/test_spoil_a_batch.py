"""A stranger has one message of a relayer's batch fail, or delivers it before him."""

from dataclasses import astuple, dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.signing import VALIDATORS, message
from tests.support.signing import Proven as Signed
from tests.support.words import raw

from hyperlane.agents.relayer.delivery.batching import Batching, Kind
from hyperlane.agents.relayer.metadata import encode_batch, shared
from hyperlane.agents.relayer.metadata.parts import Aggregate, Fixed, Proven
from hyperlane.protocol.message import Message

SET = VALIDATORS[:3]
NEED = 300_000
"""Gas of one delivery when it stands for itself, and plenty: the first writes new slots."""
BATCHING = Batching(Kind.MAILBOX, bytes(20), 100)
SPOILS = ["delivered", "refused", "gas_eaten", "bomb", "other_module", "hungry_module"]


@dataclass
class Place:
    """One message of a batch, to a recipient of its own."""

    recipient: Any
    message: Message
    signed: Signed
    index: int

    def proven(self, module) -> Proven:
        return Proven(raw(module), self.message, self.signed.merkle_root(self.index, SET[:2]))


@pytest.fixture(scope="module")
def module(static_ism):
    return static_ism("StaticMerkleRootMultisigIsm", [each.address for each in SET], 2)


@pytest.fixture(scope="module")
def recipients(project, owner, module):
    made = [owner.deploy(project.SwitchingRecipient) for _ in range(34)]
    for each in made:
        each.setInterchainSecurityModule(module, sender=owner)
    return made


@pytest.fixture(scope="module")
def places(recipients):
    """`places(count)`: signed messages, the first of which is the first leaf."""

    def places(count: int, start: int = 0) -> list[Place]:
        sent = [
            message(nonce=start + number, recipient=recipients[number].address, body=b"x" * 32)
            for number in range(count)
        ]
        signed = Signed(sent)
        return [Place(recipients[i], each, signed, i) for i, each in enumerate(sent)]

    return places


@pytest.fixture(scope="module")
def spoil(project, owner, stranger, mailbox, module):
    """Has one message fail, or delivers it, just before the batch."""
    hungry = owner.deploy(project.GasEater)
    unbelieving = owner.deploy(project.BareHook)

    def spoil(place: Place, how: str) -> None:
        recipient = place.recipient
        if how == "delivered":
            metadata = place.proven(module).encode()
            mailbox.process(metadata, place.message.encode(), sender=stranger)
        elif how == "other_module":
            recipient.setInterchainSecurityModule(unbelieving, sender=owner)
        elif how == "hungry_module":
            recipient.setInterchainSecurityModule(hungry, sender=owner)
        else:
            mode = {"refused": 1, "gas_eaten": 2, "bomb": 3}[how]
            recipient.setMode(mode, sender=owner)

    return spoil


@pytest.fixture(scope="module")
def deliver(mailbox, owner, module):
    """As a relayer does it, with the gas that it takes for enough."""

    def deliver(batch: list[Place], metadata=None):
        items = metadata or [place.proven(module) for place in batch]
        encoded = encode_batch(items)
        gas = BATCHING.gas_limit([NEED] * (len(shared(items)) + len(items)), 0)
        return mailbox.processBatch(
            [astuple(proof) for proof in encoded.proofs],
            encoded.metadata,
            [place.message.encode() for place in batch],
            sender=owner,
            gas=min(gas, 29_000_000),
        )

    return deliver


def delivered(mailbox, batch) -> list[bool]:
    return [mailbox.delivered(place.message.id) for place in batch]


@pytest.mark.parametrize("how", SPOILS)
@pytest.mark.parametrize("spoilt", [0, 2, 3])
def test_what_happens_to_one_message_happens_to_no_other(
    mailbox, places, spoil, deliver, how, spoilt
):
    batch = places(4)
    spoil(batch[spoilt], how)

    receipt = deliver(batch)

    expected = [how == "delivered" or place is not batch[spoilt] for place in batch]
    assert delivered(mailbox, batch) == expected
    failed = receipt.decode_logs(mailbox.ProcessFailed)
    assert [bytes(log.messageId) for log in failed] == [batch[spoilt].message.id]


def test_delivery_in_front_of_thirty_two_costs_one_of_them(
    mailbox, places, spoil, deliver, module, chain
):
    """The relayer pays less than for the whole batch, and all are delivered."""
    batch = places(32)
    before = chain.snapshot()
    usual = deliver(batch).gas_used
    chain.restore(before)
    spoil(batch[0], "delivered")

    attacked = deliver(batch)

    assert delivered(mailbox, batch) == [True] * 32
    assert len(attacked.decode_logs(mailbox.ProcessFailed)) == 1
    assert attacked.gas_used < usual


def test_module_of_a_strangers_aggregation_spoils_no_other(
    project, mailbox, owner, places, deliver, module, static_ism
):
    """The first message's proof of the shared module is taken back with its other module's no."""
    unbelieving = owner.deploy(project.BareHook)
    both = static_ism("StaticAggregationIsm", [module.address, unbelieving.address], 2)
    batch = places(3)
    batch[0].recipient.setInterchainSecurityModule(both, sender=owner)
    items = [place.proven(module) for place in batch]

    deliver(batch, [Aggregate([items[0], Fixed(b"")]), *items[1:]])

    assert delivered(mailbox, batch) == [False, True, True]


def test_hostile_module_that_is_shown_a_proof_takes_no_more_than_its_share(
    project, mailbox, owner, places, module
):
    hungry, batch = owner.deploy(project.GasEater), places(3)
    items = [place.proven(module) for place in batch]
    encoded = encode_batch(items)
    (honest,) = map(astuple, encoded.proofs)
    hostile = [(each, *honest[1:]) for each in (hungry.address, owner.address, mailbox.address)]

    mailbox.processBatch(
        [*hostile, honest],
        encoded.metadata,
        [place.message.encode() for place in batch],
        sender=owner,
        gas=BATCHING.gas_limit([NEED] * 7, 0),
    )

    assert delivered(mailbox, batch) == [True] * 3


def test_proof_that_is_none_teaches_nothing(mailbox, owner, places, module):
    batch = places(2)
    encoded = encode_batch([place.proven(module) for place in batch])
    (proof,) = encoded.proofs
    for wrong in (
        (proof.module, proof.metadata[:-65], proof.origin, proof.message_id),
        (proof.module, proof.metadata, proof.origin + 1, proof.message_id),
        (proof.module, proof.metadata, proof.origin, b"\x01" * 32),
        (proof.module, b"", proof.origin, proof.message_id),
    ):
        receipt = mailbox.processBatch(
            [wrong],
            encoded.metadata,
            [place.message.encode() for place in batch],
            sender=owner,
            gas=5_000_000,
        )
        assert len(receipt.decode_logs(mailbox.ProcessFailed)) == 2
    assert delivered(mailbox, batch) == [False, False]


def test_burning_more_than_was_simulated_takes_nothing_from_a_dearer_message(
    project, mailbox, owner, places, spoil, module, chain
):
    """Five cheap messages turn expensive between simulation and block."""
    *cheap, dear = batch = places(6)
    noop = owner.deploy(project.NoopIsm)
    for place in cheap:
        place.recipient.setInterchainSecurityModule(noop, sender=owner)
    metadata = [b""] * len(cheap) + [dear.proven(module).encode()]
    messages = [place.message.encode() for place in batch]
    before = chain.snapshot()
    needs = []
    for delivery in zip(metadata, messages, strict=True):
        receipt = mailbox.process(*delivery, sender=owner)
        needs.append(receipt.gas_used - 21_000 - 16 * len(receipt.data))
    chain.restore(before)
    for place in cheap:
        spoil(place, "gas_eaten")

    gas = BATCHING.gas_limit([need + need // 8 for need in needs], 0)
    mailbox.processBatch([], metadata, messages, sender=owner, gas=gas)

    assert delivered(mailbox, batch) == [False] * len(cheap) + [True]


def _spoil_any(mailbox, places, spoil, deliver, chain, spoilt):
    before = chain.snapshot()
    batch = places(18)
    for place, how in spoilt.items():
        spoil(batch[place], how)
    deliver(batch)
    expected = [spoilt.get(place) in (None, "delivered") for place in range(len(batch))]
    assert delivered(mailbox, batch) == expected
    chain.restore(before)


anything = st.dictionaries(st.integers(0, 17), st.sampled_from(SPOILS), max_size=17)
QUICK = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=6, **QUICK)
@given(spoilt=anything)
def test_exactly_what_was_spoilt_fails(mailbox, places, spoil, deliver, chain, spoilt):
    _spoil_any(mailbox, places, spoil, deliver, chain, spoilt)


@pytest.mark.long
@settings(max_examples=300, **QUICK)
@given(spoilt=anything)
def test_exactly_what_was_spoilt_fails_at_length(mailbox, places, spoil, deliver, chain, spoilt):
    _spoil_any(mailbox, places, spoil, deliver, chain, spoilt)
