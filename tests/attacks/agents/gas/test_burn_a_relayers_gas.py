"""A recipient succeeds in the simulation and burns everything in the block, again and again."""

from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agents.relayer.test_relayer_operation import ask, told
from tests.support.agents import eventually, relaying
from tests.support.devnet import key

from hyperlane.agents.relayer.delivery import outcomes
from hyperlane.agents.relayer.delivery.batching import MARGIN
from hyperlane.agents.relayer.policy.gas import GasPolicies
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import NotReady, Reason, pause_after_failure
from hyperlane.protocol.message import VERSION, Message
from hyperlane.settings.gas_payments import parse_gas_payments
from hyperlane.store.payments import GasPaid

MESSAGE = Message(VERSION, 1, 1337, bytes(32), 7331, bytes(32), b"")
MINIMUM = [{"type": "minimum", "payment": "1000"}]
QUOTED = [{"type": "onChainFeeQuoting", "gasFraction": "1/2"}]


@pytest.fixture
def impatient(monkeypatch):
    """Attempts follow each other at once: only what was spent holds a relayer up."""
    monkeypatch.setattr(outcomes, "backoff", lambda *_: 0.05)
    monkeypatch.setattr(outcomes, "pause_after_failure", lambda _: 0.05, raising=False)


@pytest.mark.parametrize("policy", [[{"type": "none"}], MINIMUM], ids=["none", "minimum"])
async def test_failed_deliveries_cost_a_bounded_sum_under_every_policy(
    policy, origin, target, pay, paymaster, burner, config, impatient
):
    settings = config(maxFailedGas=2_000_000, gasPaymentEnforcement=policy)
    settings["chains"]["alpha"]["interchainGasPaymaster"] = paymaster.address
    message = origin.dispatch(7331, burner())
    pay(message, 10**9)
    async with relaying(settings) as task:
        page = await told(settings, task, message, "maxFailedGas")
        assert page["reason"] == "ExceedsMaxGasLimit"
        assert page["gas"]["failed_deliveries"] >= 2, "it was tried again while it was cheap"
        sent = target.w3.eth.get_transaction_count(key(9).address)
        honest = origin.dispatch(7331, target.recipient().address)
        pay(honest, 10**6)
        await eventually(lambda: target.delivered(honest), task)
    assert target.w3.eth.get_transaction_count(key(9).address) == sent + 1, "nothing but that one"
    used = [item["gasUsed"] for item in receipts(target)[:-1]]
    assert sum(used) <= 2_000_000
    assert page["gas"]["used_gas"] == sum(used)
    assert int(page["gas"]["used_wei"]) == sum(
        item["gasUsed"] * item["effectiveGasPrice"] for item in receipts(target)[:-1]
    )


async def test_a_person_who_asks_gets_one_more_attempt(origin, target, burner, config, monkeypatch):
    monkeypatch.setattr(outcomes, "pause_after_failure", lambda _: 0.05)
    settings = config(maxFailedGas=1)
    message = origin.dispatch(7331, burner())
    async with relaying(settings) as task:
        page = await told(settings, task, message, "maxFailedGas")
        assert page["gas"]["failed_deliveries"] == 1
        ask(settings, "/message_retry", [{"messageId": "0x" + message.id.hex()}])
        await eventually(lambda: len(receipts(target)) == 2, task)
        page = await told(settings, task, message, "not in the final chain")
    assert page["gas"]["failed_deliveries"] == 2
    assert len(receipts(target)) == 2


async def test_after_a_failure_in_a_block_the_next_attempt_is_far(origin, target, burner, config):
    settings = config()
    message = origin.dispatch(7331, burner())
    async with relaying(settings) as task:
        page = await told(settings, task, message, "not in the final chain")
    assert page["next_try_in"] > 10
    assert len(receipts(target)) == 1


async def test_without_a_setting_a_delivery_takes_at_most_a_quarter_of_a_block(
    origin, target, burner, config
):
    limit = target.w3.eth.get_block("latest")["gasLimit"]
    settings = config()
    message = origin.dispatch(7331, burner(0x250000))
    async with relaying(settings) as task:
        page = await told(settings, task, message, f"at most {limit // 4} may be used")
    assert page["reason"] == "ExceedsMaxGasLimit"
    assert receipts(target) == []


@given(st.integers(1, 10**4))
def test_pauses_grow_to_a_day(failures):
    before, now = pause_after_failure(failures), pause_after_failure(failures + 1)
    assert 15 <= before <= now <= 86_400
    assert now == 86_400 or now >= 2 * before


@given(
    st.sampled_from([[{"type": "none"}], MINIMUM, QUOTED]),
    st.lists(st.integers(1, 10**7), max_size=50),
    st.integers(0, 2 * 10**7),
)
def test_no_sequence_of_failures_costs_more_than_the_bound(policies, estimates, paid_gas):
    """Each attempt burns all that it was allowed."""
    policy = RelayPolicy(gas=GasPolicies.of(parse_gas_payments(policies)))
    paid = GasPaid(1, 1000, paid_gas)
    spent = first = 0
    for estimate in estimates:
        operation = Mock(message=MESSAGE, gas_used=spent, reason=Reason.REVERTED_OR_REORGED)
        try:
            allowed = policy.check(operation, paid, estimate, MARGIN) + MARGIN
            first = first or allowed
            spent += allowed
        except NotReady:
            continue
        bound = max(policy.max_failed_gas, paid_gas if policies is QUOTED else 0)
        assert spent <= max(bound + (max(estimates) if policies is QUOTED else 0), first)


def receipts(chain):
    """Of what the relayer sent."""
    blocks = range(chain.w3.eth.block_number + 1)
    found = [item for n in blocks for item in chain.w3.eth.get_block(n, True)["transactions"]]
    return [
        chain.w3.eth.get_transaction_receipt(item["hash"])
        for item in found
        if item["from"] == key(9).address
    ]
