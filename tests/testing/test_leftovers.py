"""Test networks that stand beside others, and decisions taken back with a snapshot."""

import pytest

from ape_hyperlane.testing import LocalNetwork, Status, TestKitError

REFUSE = 1


def test_a_decision_that_was_taken_back_gives_way_to_the_one_before(network, send):
    held, dropped, delayed = send(b"held"), send(b"dropped"), send(b"delayed")
    held.hold()
    dropped.drop()
    delayed.delay(blocks=50)

    with network.isolated():
        for message in (held, dropped, delayed):
            message.release()
        assert len(network.deliver_all()) == 3

    assert [each.status for each in (held, dropped, delayed)] == [
        Status.HELD,
        Status.DROPPED,
        Status.HELD,
    ]
    assert network.deliver_all() == ()


def test_a_failure_that_was_taken_back_gives_way_to_the_one_before(network, send, moody, owner):
    moody.setMode(REFUSE, sender=owner)
    message = send(to=moody)
    first = message.deliver()
    with network.isolated():
        message.deliver()

    assert message.outcome == first


def test_a_network_that_ends_leaves_instant_delivery_of_others(chain, project, owner):
    recipient = owner.deploy(project.TestRecipient)

    def made(*names):
        return LocalNetwork.on_one_chain(*names, instant=True)

    first, second = made("a", "b"), made("c", "d")
    try:
        first.close()
        assert second["c"].send("d", recipient, b"second", sender=owner).delivered
        assert first["a"].send("b", recipient, b"first", sender=owner).outcome.queued
        third = made("e", "f")
        third.close()
        assert second["c"].send("d", recipient, b"again", sender=owner).delivered
    finally:
        second.close()
    assert second["c"].send("d", recipient, b"late", sender=owner).outcome.queued


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (lambda waiting: [], "left out"),
        (lambda waiting: waiting[:1], "left out"),
        (lambda waiting: [*waiting, *waiting], "more than once"),
    ],
    ids=["none", "some", "twice"],
)
def test_an_order_has_each_message_once(network, send, order, said):
    send(b"1")
    send(b"2")

    with pytest.raises(TestKitError, match=said):
        network.deliver_all(order=order)
    assert len(network.pending) == 2


def test_a_chain_that_verifies_does_so_while_another_does_not(network, send):
    network.verification = True
    network["alpha"].set_default_ism(network["alpha"].trusting_ism)
    message = send()

    assert message.deliver(metadata=b"").failed
    assert message.deliver_as(body=b"forged").failed
    assert message.deliver().delivered
