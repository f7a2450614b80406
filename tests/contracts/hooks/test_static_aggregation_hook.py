"""Several hooks as one: called in order, each with its quote, and the change goes back."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.contracts import at

from .dispatching import ZERO, message_from, metadata


@pytest.fixture(scope="module")
def factory(project, owner):
    return owner.deploy(project.StaticAggregationHookFactory)


@pytest.fixture(scope="module")
def aggregate(project, owner, factory):
    def aggregate(*hooks):
        factory.deploy(list(hooks), sender=owner)
        return at(project.StaticAggregationHook, factory.getAddress(list(hooks)))

    return aggregate


def test_hooks_stand_in_the_code_in_order(aggregate, recording):
    hooks = [recording(2), recording(1), recording(3)]
    aggregation = aggregate(*hooks)
    assert aggregation.hooks(b"") == hooks
    assert aggregation.hooks(b"ignored") == hooks


def test_factory_refuses_a_hook_that_would_be_called_twice(factory, recording, revert_of):
    hooks = [recording(2), recording(1)]
    refusal = revert_of(factory.deploy, [*hooks, hooks[0]])
    assert refusal == ("DuplicateValue", hooks[0].address)


def test_both_ways_to_deploy_lead_to_the_same_address(factory, owner, recording):
    hooks = [recording(1), recording(2)]
    address = factory.getAddress(hooks)
    assert factory.getAddress(hooks, 2) == address
    assert factory.deploy.call(hooks) == factory.deploy.call(hooks, 2) == address
    factory.deploy(hooks, 2, sender=owner)
    assert factory.deploy.call(hooks) == address


def test_factory_refuses_an_empty_list(factory, revert_of):
    assert revert_of(factory.deploy, [])[0] == "InvalidThreshold"


def test_implementation_is_no_hook(project, factory, revert_of, owner):
    implementation = at(project.StaticAggregationHook, factory.implementation())
    encoded = message_from(owner).encode()
    for function in (implementation.postDispatch, implementation.quoteDispatch):
        assert revert_of(function, b"", encoded) == ("NoArgumentsInCode",)


def test_quote_is_the_sum(aggregate, recording, owner):
    aggregation = aggregate(recording(5), recording(0), recording(7))
    assert aggregation.quoteDispatch(metadata(), message_from(owner).encode()) == 12


def test_each_hook_gets_its_quote_metadata_and_message(
    aggregate, recording, owner, dispatch, posts
):
    hooks = [recording(5), recording(0), recording(7)]
    given = metadata(gas_limit=9, refund=owner)
    receipt = dispatch(aggregate(*hooks), metadata=given, value=12)
    encoded = message_from(owner).encode()
    assert [posts(receipt, hook) for hook in hooks] == [
        [(value, given, encoded)] for value in (5, 0, 7)
    ]
    order = [event.contract_address for event in receipt.decode_logs(hooks[0].PostDispatch)]
    assert order == [hook.address for hook in hooks]


def test_surplus_goes_to_the_refund_address(aggregate, recording, accounts, dispatch, gains):
    aggregation, gain = aggregate(recording(5), recording(7)), gains(accounts[6])
    dispatch(aggregation, metadata=metadata(refund=accounts[6]), value=12 + 30)
    assert (gain(accounts[6]), aggregation.balance) == (30, 0)


def test_surplus_without_refund_address_goes_to_the_message_sender(
    aggregate, recording, owner, accounts, gains
):
    aggregation, gain = aggregate(recording(5)), gains(accounts[6])
    encoded = message_from(accounts[6]).encode()
    aggregation.postDispatch(b"", encoded, sender=owner, value=5 + 30)
    assert (gain(accounts[6]), aggregation.balance) == (30, 0)


def test_surplus_for_nobody_is_refused(aggregate, recording, owner, revert_of):
    aggregation = aggregate(recording(5))
    arguments = (metadata(refund=ZERO), message_from(owner).encode())
    refusal = revert_of(aggregation.postDispatch, *arguments, sender=owner, value=6)
    assert refusal == ("NoRefundAddress", 1)


def test_less_than_the_sum_is_refused(aggregate, recording, owner, revert_of):
    hooks = [recording(5), recording(7)]
    aggregation = aggregate(*hooks)
    encoded = message_from(owner).encode()
    refusal = revert_of(aggregation.postDispatch, b"", encoded, sender=owner, value=11)
    assert refusal == ("InsufficientValue", hooks[1], 7, 6)


@pytest.mark.parametrize("value", [0, 4, 5, 11])
def test_hooks_need_not_check_what_they_are_paid(
    project, aggregate, recording, owner, revert_of, value
):
    # Answers 7 to every question, and lets every message pass.
    credulous = owner.deploy(project.CannedAnswer, (7).to_bytes(32), 32, False)
    aggregation = aggregate(recording(0), recording(5), credulous)
    encoded = message_from(owner).encode()
    refusal = revert_of(aggregation.postDispatch, b"", encoded, sender=owner, value=value)
    unpaid = (aggregation.hooks(b"")[1], 5, value) if value < 5 else (credulous, 7, value - 5)
    assert refusal == ("InsufficientValue", *unpaid)


def test_wei_of_others_do_not_pay(aggregate, recording, chain, owner, revert_of):
    aggregation = aggregate(recording(5))
    chain.set_balance(aggregation.address, 100)
    encoded = message_from(owner).encode()
    refusal = revert_of(aggregation.postDispatch, b"", encoded, sender=owner, value=4)
    assert refusal[0] == "InsufficientValue"


def test_with_a_fee_token_nothing_is_asked_in_wei(
    aggregate, recording, owner, accounts, stranger, dispatch, gains, posts
):
    free = recording(0)
    aggregation, gain = aggregate(free), gains(accounts[6])
    given = metadata(refund=accounts[6], token=stranger)
    receipt = dispatch(aggregation, metadata=given, value=9)
    assert posts(receipt, free) == [(0, given, message_from(owner).encode())]
    assert gain(accounts[6]) == 9


@pytest.mark.parametrize("quote", [2**96 - 1, 2**96, 2**120 + 1])
def test_quotes_of_any_size_are_paid(
    aggregate, recording, owner, chain, dispatch, posts, mailbox, quote
):
    """Where a coin has more decimals than ether, or less worth."""
    chain.set_balance(owner.address, 2**126)
    hooks = [recording(5), recording(quote)]
    aggregation = aggregate(*hooks)
    mailbox.setDefaultHook(aggregation, sender=owner)
    for through in (aggregation, ZERO):  # by itself, and carried out by the Mailbox
        given = metadata(refund=owner)
        receipt = dispatch(through, metadata=given, value=quote + 5 + 1)
        assert [post[0] for hook in hooks for post in posts(receipt, hook)] == [5, quote]


# --- any hooks, paid in any way

CHARGING = st.sampled_from(["either", "wei", "free"])


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.long)])
def test_quotes_add_up_and_are_paid_in_wei_or_in_a_token(
    project, factory, owner, accounts, gains, chain, revert_of, examples
):
    """Beside a plain model: which hooks charge, what each gets, and which refuses."""
    payer, refund = accounts[6], accounts[7]
    token = payer.deploy(project.TestERC20, "Fee", "FEE", 10**24, 18)
    gas, fee = 11, 7
    makers = {
        "either": lambda: owner.deploy(project.GasPricedHook),  # quotes gas, pulls a token
        "wei": lambda: owner.deploy(project.RecordingHook, fee),  # quotes and wants wei only
        "free": lambda: owner.deploy(project.BareHook),
    }
    quotes = {"either": gas, "wei": fee, "free": 0}
    pool = {kind: [make() for _ in range(4)] for kind, make in makers.items()}
    for hook in pool["either"]:
        token.approve(hook, 10**6, sender=payer)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        kinds=st.lists(CHARGING, min_size=1, max_size=4),
        in_token=st.booleans(),
        extra=st.integers(-20, 20),
    )
    def run(kinds, in_token, extra):
        before = chain.snapshot()
        try:
            compare(kinds, in_token, extra)
        finally:
            chain.restore(before)

    def compare(kinds, in_token, extra):
        hooks = [pool[kind][place] for place, kind in enumerate(kinds)]
        factory.deploy(hooks, sender=owner)
        aggregation = at(project.StaticAggregationHook, factory.getAddress(hooks))
        offer = metadata(gas_limit=gas, refund=refund, token=token if in_token else None)
        arguments = (offer, message_from(payer).encode())
        total = sum(quotes[kind] for kind in kinds)
        assert aggregation.quoteDispatch(*arguments) == total
        value = max(0, extra if in_token else total + extra)
        options = {"sender": owner, "value": value}
        short = next(
            (
                place
                for place in range(len(kinds))
                if value < sum(quotes[kind] for kind in kinds[: place + 1])
            ),
            None,
        )
        if in_token and "wei" in kinds:
            reason = revert_of(aggregation.postDispatch, *arguments, **options)
            assert reason == ("Underpaid", 0, fee)
        elif not in_token and short is not None:
            left = value - sum(quotes[kind] for kind in kinds[:short])
            reason = revert_of(aggregation.postDispatch, *arguments, **options)
            assert reason == ("InsufficientValue", hooks[short], quotes[kinds[short]], left)
        else:
            gain, paid = gains(refund, *hooks), token.balanceOf(payer)
            aggregation.postDispatch(*arguments, **options)
            wei = [0 if in_token else quotes[kind] for kind in kinds]
            assert [gain(hook) for hook in hooks] == wei
            assert gain(refund) == value - sum(wei)
            assert paid - token.balanceOf(payer) == (total if in_token else 0)

    run()


@pytest.mark.parametrize("reverting", [True, False])
def test_failure_of_a_hook_is_passed_on(project, aggregate, owner, revert_of, reverting):
    # Answers no number, or reverts with five bytes.
    broken = owner.deploy(project.CannedAnswer, b"", 0, reverting)
    aggregation = aggregate(broken)
    encoded = message_from(owner).encode()
    assert revert_of(aggregation.quoteDispatch, b"", encoded) == ()
    assert revert_of(aggregation.postDispatch, b"", encoded, sender=owner, value=1) == ()


def test_account_without_code_is_no_hook(factory, recording, stranger, revert_of):
    hooks = [recording(1), stranger]
    assert revert_of(factory.deploy, hooks) == ("HookNotContract", stranger)
    assert revert_of(factory.deploy, hooks, 2) == ("HookNotContract", stranger)


def test_reentering_refund_cannot_take_more(aggregate, recording, owner, reentering, dispatch):
    fee_taker = recording(5)
    aggregation = aggregate(fee_taker)
    again = aggregation.postDispatch.encode_input(b"", message_from(reentering).encode())
    reentering.prepare(aggregation, 7, again, sender=owner)
    dispatch(aggregation, metadata=metadata(refund=reentering), value=5 + 10)
    assert (fee_taker.balance, aggregation.balance, reentering.balance) == (10, 0, 5)


def test_aggregations_nest(aggregate, recording, owner, dispatch, posts):
    hooks = [recording(1), recording(2), recording(3)]
    inner = aggregate(*hooks[1:])
    outer = aggregate(hooks[0], inner)
    assert outer.quoteDispatch(b"", message_from(owner).encode()) == 6
    receipt = dispatch(outer, value=6)
    assert [posts(receipt, hook)[0][0] for hook in hooks] == [1, 2, 3]
