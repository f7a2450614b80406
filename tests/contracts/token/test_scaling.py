"""Routes between tokens of different decimals: what arrives, and where the dust stays."""

import json
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.routes import FIRST, SECOND
from tests.support.snapshot import taken_back
from tests.support.token_contracts import dispatched
from tests.support.words import b32

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "token_messages.json").read_text())[
    "scaling"
]

scales = st.integers(1, 10**18)
amounts = st.integers(0, 10**24)


def sent_amount(receipt):
    return int.from_bytes(dispatched(receipt)[77 + 32 : 77 + 64])


@pytest.mark.parametrize("vector", VECTORS, ids=range(len(VECTORS)))
def test_vectors(network, owner, recipient, deploy_native, deploy_synthetic, connect, vector):
    scale = int(vector["scaleNumerator"]), int(vector["scaleDenominator"])
    native, synthetic = deploy_native(scale=scale), deploy_synthetic(scale=scale)
    connect(native, synthetic)
    assert (native.scaleNumerator(), native.scaleDenominator()) == scale
    amount = int(vector["local"])
    sent = native.transferRemote(SECOND, b32(recipient), amount, sender=owner, value=amount)
    assert sent_amount(sent) == int(vector["outbound_message_amount"])
    assert native.SentTransferRemote(SECOND, b32(recipient), sent_amount(sent)) in sent.events
    received = network.deliver(sent, sender=owner)
    assert synthetic.balanceOf(recipient) == int(vector["inbound_local_amount_of_that"])
    message_amount = int(vector["outbound_message_amount"])
    assert (
        synthetic.ReceivedTransferRemote(FIRST, b32(recipient), message_amount) in received.events
    )


@pytest.fixture(scope="module")
def recipient(accounts):
    return accounts[5]


def test_six_decimals_against_eighteen(
    network, owner, recipient, deploy_native, deploy_synthetic, connect
):
    native, synthetic = deploy_native(), deploy_synthetic(scale=(10**12, 1))
    connect(native, synthetic)
    amount = 5 * 10**18 + 7
    network.deliver(
        native.transferRemote(SECOND, b32(owner), amount, sender=owner, value=amount),
        sender=owner,
    )
    assert synthetic.balanceOf(owner) == 5 * 10**6
    before = recipient.balance
    network.deliver(
        synthetic.transferRemote(FIRST, b32(recipient), 5 * 10**6, sender=owner), sender=owner
    )
    assert recipient.balance == before + 5 * 10**18
    assert native.balance == 7


@pytest.mark.parametrize("scale", [(0, 1), (1, 0), (0, 0)])
def test_creation_refuses_a_scale_of_zero(project, network, creation_revert_of, scale):
    mailbox = network.mailboxes[FIRST].address
    refusal = ("ScaleIsZero", *scale)
    assert creation_revert_of(project.HypNative, *scale, mailbox) == refusal
    assert creation_revert_of(project.HypERC20, 18, *scale, mailbox) == refusal


def test_amount_beyond_the_message_is_refused(deploy_synthetic, owner, revert_of):
    supply = 2**255
    synthetic = deploy_synthetic(scale=(2, 1), supply=supply)
    synthetic.enrollRemoteRouter(FIRST, b"\1" * 32, sender=owner)
    refusal = revert_of(synthetic.transferRemote, FIRST, b32(owner), supply, sender=owner)
    assert refusal == ("Panic", 0x11)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(here=st.tuples(scales, scales), there=st.tuples(scales, scales), amount=amounts)
def test_both_ends_round_down(
    chain, network, owner, recipient, deploy_synthetic, connect, here, there, amount
):
    with taken_back(chain):
        first = deploy_synthetic(FIRST, scale=here, supply=amount)
        second = deploy_synthetic(SECOND, scale=there)
        connect(first, second)
        sent = first.transferRemote(SECOND, b32(recipient), amount, sender=owner)
        network.deliver(sent, sender=owner)
        in_message = floor(amount * Fraction(*here))
        assert sent_amount(sent) == in_message
        arrived = second.balanceOf(recipient)
        assert arrived == floor(in_message / Fraction(*there))
        # Nothing is made on the way, and coming back gives no more than what left.
        assert arrived * Fraction(*there) <= amount * Fraction(*here)
        assert floor(floor(arrived * Fraction(*there)) / Fraction(*here)) <= amount
