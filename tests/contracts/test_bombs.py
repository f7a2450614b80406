"""Recipients and modules that eat all gas, or answer more than anybody can pay for.

Delivering such a message fails, or costs what its own contracts spend; nothing else happens.
"""

import pytest
from tests.support.signing import message

from hyperlane.protocol.ism_metadata import encode_aggregation

TRUE = (1).to_bytes(32)
BOMB = 200_000
"""Bytes; their memory alone costs the contract that answers them 137,000 gas."""
BATCH_GAS = 6_000_000


@pytest.fixture(scope="module")
def contracts(project, owner):
    """`contracts(kind)`: what answers every call so."""
    builders = {
        "eats all gas": lambda: owner.deploy(project.GasEater),
        "reverts with a lot": lambda: owner.deploy(project.CannedAnswer, b"", BOMB, True),
        "returns a lot": lambda: owner.deploy(project.CannedAnswer, TRUE, BOMB, False),
    }
    return lambda kind: builders[kind]()


@pytest.fixture(scope="module")
def recipient(project, owner):
    return owner.deploy(project.TestRecipient)


@pytest.fixture(scope="module")
def guarded(project, owner):
    """`guarded(module)`: a recipient that chose this module."""

    def guarded(module):
        recipient = owner.deploy(project.TestRecipient)
        recipient.setInterchainSecurityModule(module, sender=owner)
        return recipient

    return guarded


FAILING = ["eats all gas", "reverts with a lot"]


@pytest.mark.parametrize("kind", FAILING)
def test_failing_module_fails_its_delivery_until_it_is_replaced(
    contracts, guarded, mailbox, owner, noop_ism, kind
):
    recipient = guarded(contracts(kind))
    incoming = message(recipient=recipient.address)
    receipt = mailbox.process(
        b"", incoming.encode(), sender=owner, gas_limit=2_000_000, raise_on_revert=False
    )
    assert receipt.failed
    assert not mailbox.delivered(incoming.id)

    recipient.setInterchainSecurityModule(noop_ism, sender=owner)
    mailbox.process(b"", incoming.encode(), sender=owner)
    assert recipient.lastData() == incoming.body


@pytest.mark.parametrize("kind", FAILING)
def test_failing_recipient_fails_its_delivery_alone(
    project, contracts, recipient, mailbox, owner, kind
):
    bad = message(recipient=contracts(kind).address)
    good = message(nonce=1, recipient=recipient.address)
    receipt = mailbox.process(
        b"", bad.encode(), sender=owner, gas_limit=2_000_000, raise_on_revert=False
    )
    assert receipt.failed
    mailbox.process(b"", good.encode(), sender=owner)
    assert [mailbox.delivered(each.id) for each in (bad, good)] == [False, True]


def test_long_answer_of_a_module_costs_the_deliverer_nothing(
    project, contracts, guarded, mailbox, owner
):
    bomb, plain = contracts("returns a lot"), owner.deploy(project.CannedAnswer, TRUE, 0, False)
    costs = []
    for module in (bomb, plain):
        incoming = message(recipient=guarded(module).address)
        costs.append(mailbox.process(b"", incoming.encode(), sender=owner).gas_used)
        assert mailbox.delivered(incoming.id)
    words = BOMB // 32
    expansion_in_the_bomb_itself = 3 * words + words**2 // 512
    assert costs[0] - costs[1] < 1.1 * expansion_in_the_bomb_itself


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("place", ["recipient", "module"])
@pytest.mark.parametrize("kind", FAILING)
def test_batch_goes_on_around_a_bomb(
    contracts, guarded, recipient, mailbox, owner, kind, place, position
):
    bomb = contracts(kind)
    targets = [recipient] * 3
    targets[position] = bomb if place == "recipient" else guarded(bomb)
    messages = [message(nonce=i, recipient=each.address) for i, each in enumerate(targets)]

    receipt = mailbox.processBatch(
        [b""] * 3, [each.encode() for each in messages], sender=owner, gas_limit=BATCH_GAS
    )

    assert [mailbox.delivered(each.id) for each in messages] == [i != position for i in range(3)]
    [failed] = receipt.decode_logs(mailbox.ProcessFailed)
    assert bytes(failed.messageId) == messages[position].id
    assert len(failed.reason) <= 256
    assert len(receipt.decode_logs(recipient.ReceivedMessage)) == 2


def test_batch_of_nothing_but_bombs_fails_each(contracts, mailbox, owner):
    eater = contracts("eats all gas")
    messages = [message(nonce=i, recipient=eater.address) for i in range(8)]
    receipt = mailbox.processBatch(
        [b""] * 8, [each.encode() for each in messages], sender=owner, gas_limit=BATCH_GAS
    )
    failed = [bytes(event.messageId) for event in receipt.decode_logs(mailbox.ProcessFailed)]
    assert failed == [each.id for each in messages]


def test_bombs_in_an_aggregation_that_does_not_need_them_are_not_touched(
    contracts, guarded, static_ism, mailbox, owner, noop_ism
):
    bombs = [contracts(kind).address for kind in FAILING]
    recipient = guarded(static_ism("StaticAggregationIsm", [*bombs, noop_ism.address], 1))
    incoming = message(recipient=recipient.address)
    metadata = encode_aggregation([None, None, b""])
    mailbox.process(metadata, incoming.encode(), sender=owner)
    assert mailbox.delivered(incoming.id)
