"""Whoever approved the paymaster for a token pays for its own dispatches, and for nothing else."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.hooks.dispatching import RECIPIENT, ZERO, b32, message_from, metadata
from tests.support.contracts import REMOTE_DOMAIN

from .prices import OVERHEAD, price_of

POST_DISPATCH = bytes.fromhex("086011b9")
GREEDY = 10**9
AMOUNT = 10**18


def dispatched(receipt) -> bytes:
    (message,) = [bytes(e.message) for e in receipt.events if e.event_name == "Dispatch"]
    return message


@pytest.fixture
def greedy(token):
    """Metadata of a stranger who wants to see others pay."""
    return metadata(gas_limit=GREEDY, refund=ZERO, token=token)


@pytest.fixture
def spent(token, payer):
    """`spent()`: what the payer has paid since."""
    before = token.balanceOf(payer)
    return lambda: before - token.balanceOf(payer)


@pytest.fixture
def dispatch(mailbox, payer):
    """A dispatch of the payer's own."""

    def dispatch(through, given=b"", body=b"hello"):
        arguments = (REMOTE_DOMAIN, RECIPIENT, body, given, through)
        return mailbox.dispatch(*arguments, sender=payer)

    return dispatch


@pytest.fixture
def refused(revert_of, stranger, payer, spent):
    """Posts a message as a stranger, to see that it costs the payer nothing."""

    def refused(hook, given, message, by=stranger):
        reason = revert_of(hook.postDispatch, given, message, sender=by)
        assert reason[0] == "NotDispatchedBySender"
        assert reason[2] == payer.address
        assert spent() == 0

    return refused


def test_a_message_that_was_made_up(igp, greedy, payer, refused):
    refused(igp, greedy, message_from(payer).encode())


def test_a_message_whose_dispatch_did_not_use_the_paymaster(igp, hook, greedy, dispatch, refused):
    refused(igp, greedy, dispatched(dispatch(hook)))


def test_a_message_that_was_paid_for_in_the_token(
    igp, token, greedy, payer, dispatch, spent, revert_of, stranger
):
    message = dispatched(dispatch(igp, metadata(gas_limit=7, refund=ZERO, token=token)))
    assert spent() == price_of(7)
    for by in (stranger, payer):
        reason = revert_of(igp.postDispatch, greedy, message, sender=by)
        assert reason == ("NotDispatchedBySender", by.address, payer.address)


def test_the_payer_pays_later_out_of_its_own_hands(igp, token, payer, stranger, spent, revert_of):
    arguments = (token, b"\1" * 32, REMOTE_DOMAIN, 1000)
    assert revert_of(igp.payForGas, *arguments, sender=stranger) == ("TransferFromFailed",)
    igp.payForGas(*arguments, sender=payer)
    assert spent() == price_of(1000 - OVERHEAD)


@pytest.mark.parametrize("depth", [1, 2])
def test_through_a_hook_that_passes_on_what_strangers_post(
    igp, hook, aggregate, greedy, dispatch, refused, depth
):
    through = igp
    for _ in range(depth):
        through = aggregate(hook, through)
    refused(through, greedy, dispatched(dispatch(hook)))


def test_in_the_middle_of_the_payers_dispatch(
    igp, token, hook, aggregate, mailbox, owner, reentering, greedy, payer, dispatch, spent
):
    made_up = igp.postDispatch.encode_input(greedy, message_from(payer).encode())
    inner = reentering(POST_DISPATCH, ZERO, (igp, 0, made_up))
    mailbox.setDefaultHook(aggregate(inner, igp), sender=owner)
    receipt = dispatch(ZERO, metadata(gas_limit=7, refund=ZERO, token=token))
    assert [event.success for event in receipt.decode_logs(inner.Reentered)] == [False]
    assert spent() == price_of(7)


def test_a_hook_that_claims_to_pass_on_for_the_mailbox(
    igp, reentering, mailbox, greedy, payer, stranger, spent
):
    posting = igp.postDispatch.encode_input(greedy, message_from(payer).encode())
    liar = reentering(POST_DISPATCH, mailbox, (igp, 0, posting))
    receipt = liar(data=POST_DISPATCH, sender=stranger)
    assert [event.success for event in receipt.decode_logs(liar.Reentered)] == [False]
    assert spent() == 0


def test_a_hook_that_strangers_name_themselves(
    igp, reentering, mailbox, greedy, payer, stranger, spent
):
    """Called by the Mailbox indeed, but for the stranger's message."""
    posting = igp.postDispatch.encode_input(greedy, message_from(payer).encode())
    liar = reentering(POST_DISPATCH, mailbox, (igp, 0, posting))
    arguments = (REMOTE_DOMAIN, RECIPIENT, b"", greedy, liar)
    receipt = mailbox.dispatch(*arguments, sender=stranger)
    assert [event.success for event in receipt.decode_logs(liar.Reentered)] == [False]
    assert spent() == 0


def test_no_mailbox_is_nobodys_dispatch(project, owner, token, greedy, mailbox, payer, revert_of):
    igp = owner.deploy(project.InterchainGasPaymaster)
    igp.initialize(owner, owner, sender=owner)
    arguments = (REMOTE_DOMAIN, RECIPIENT, b"", greedy, igp.address)
    assert revert_of(mailbox.dispatch, *arguments, sender=payer) == ("MailboxNotSet",)


def test_the_mailbox_is_set_once_and_to_a_contract(
    project, igp, mailbox, hook, owner, stranger, revert_of
):
    refusal = revert_of(igp.setMailbox, hook, sender=owner)
    assert refusal == ("MailboxAlreadySet", mailbox.address)
    fresh = owner.deploy(project.InterchainGasPaymaster)
    fresh.initialize(owner, owner, sender=owner)
    refusal = revert_of(fresh.setMailbox, stranger, sender=owner)
    assert refusal == ("MailboxNotContract", stranger.address)
    receipt = fresh.setMailbox(mailbox, sender=owner)
    assert receipt.events == [fresh.MailboxSet(mailbox=mailbox)]
    assert fresh.mailbox() == mailbox


# --- a router that pays its dispatches in its token, out of what senders give it


@pytest.fixture
def router(project, owner, token, mailbox, igp):
    """Holds what others locked; may pay for its own dispatches."""
    router = owner.deploy(project.HypERC20Collateral, token, 1, 1, mailbox)
    router.initialize(ZERO, ZERO, owner, sender=owner)
    router.enrollRemoteRouter(REMOTE_DOMAIN, b"\1" * 32, sender=owner)
    router.setDestinationGas(REMOTE_DOMAIN, 7, sender=owner)
    router.setFeeHook(igp, sender=owner)
    return router


WAYS = {
    "itself": lambda w: w.igp,
    "aggregation": lambda w: w.aggregate(w.free, w.igp),
    "nested aggregation": lambda w: w.aggregate(w.free, w.aggregate(w.igp, w.free)),
    "routing": lambda w: w.route(w.igp),
    "routing to aggregation": lambda w: w.route(w.aggregate(w.free, w.igp)),
    "aggregation of routing": lambda w: w.aggregate(w.route(w.aggregate(w.igp, w.free))),
    "amounts": lambda w: w.by_amount(w.igp),
}


@pytest.fixture
def ways(project, owner, igp, hook, aggregate, mailbox):
    """What hooks are put together from."""

    class Ways:
        free = hook

        @staticmethod
        def route(to):
            return owner.deploy(project.FallbackDomainRoutingHook, mailbox, owner, to)

        @staticmethod
        def by_amount(to):
            return owner.deploy(project.AmountRoutingHook, hook, to, 1)

    ways: Any = Ways
    ways.igp, ways.aggregate = igp, staticmethod(aggregate)
    return ways


def transfer(router, token, payer) -> int:
    """Sends with exactly what the quotes ask for, and returns what the dispatch costs."""
    quotes = router.quoteTransferRemote(REMOTE_DOMAIN, RECIPIENT, AMOUNT)
    token.approve(router, sum(quote.amount for quote in quotes), sender=payer)
    router.transferRemote(REMOTE_DOMAIN, RECIPIENT, AMOUNT, sender=payer)
    return quotes[0].amount


@pytest.mark.parametrize("way", WAYS)
def test_a_router_pays_for_its_own_dispatch_through_its_hook(
    igp, token, router, owner, payer, ways, spent, way
):
    router.setHook(WAYS[way](ways), sender=owner)
    assert transfer(router, token, payer) == price_of(7)
    assert spent() == AMOUNT + price_of(7)
    assert token.balanceOf(igp) == price_of(7)
    assert token.balanceOf(router) == AMOUNT
    assert token.allowance(router, igp) == 0


@pytest.mark.parametrize("way", ["itself", "aggregation", "routing", "routing to aggregation"])
def test_a_router_pays_for_its_own_dispatch_through_the_default_hook(
    igp, token, router, mailbox, owner, payer, ways, spent, way
):
    mailbox.setDefaultHook(WAYS[way](ways), sender=owner)
    assert transfer(router, token, payer) == price_of(7)
    assert spent() == AMOUNT + price_of(7)
    assert (token.balanceOf(igp), token.balanceOf(router)) == (price_of(7), AMOUNT)


@pytest.mark.parametrize("way", WAYS)
def test_collateral_that_a_router_left_approved(
    accounts, project, igp, token, router, owner, payer, stranger, ways, revert_of, way
):
    """Its hook asked for as much, and did not take it; now it has the paymaster behind its hook.

    Ours takes an approval back that is left, so that another router's is played here.
    """
    asking = owner.deploy(project.CannedAnswer, price_of(7).to_bytes(32), 32, False)
    router.setHook(asking, sender=owner)
    transfer(router, token, payer)
    assert token.allowance(router, igp) == 0
    played = accounts[router.address]
    played.balance = 10**18
    token.approve(igp, price_of(7), sender=played)
    through, before = WAYS[way](ways), token.balanceOf(router)
    router.setHook(through, sender=owner)
    given = metadata(gas_limit=7, refund=ZERO, token=token)
    message = message_from(router, body=b32(payer) + AMOUNT.to_bytes(32))
    reason = revert_of(through.postDispatch, given, message.encode(), sender=stranger)
    assert (reason[0], reason[2]) == ("NotDispatchedBySender", router.address)
    assert token.balanceOf(router) == before


def test_a_contract_that_claims_to_be_part_of_the_routers_hook(
    igp, token, router, aggregate, owner, payer, reentering, greedy
):
    """While that hook is passing on a call of the Mailbox indeed."""
    posting = igp.postDispatch.encode_input(greedy, message_from(router).encode())
    trigger = b"\1\2\3\4"
    liar = reentering(trigger, ZERO)
    caller = reentering(POST_DISPATCH, ZERO, (liar, 0, trigger))
    aggregation = aggregate(caller, igp)
    liar.prepare(trigger, b32(aggregation), [(igp, 0, posting)], sender=owner)
    router.setHook(aggregation, sender=owner)
    quotes = router.quoteTransferRemote(REMOTE_DOMAIN, RECIPIENT, AMOUNT)
    token.approve(router, sum(quote.amount for quote in quotes), sender=payer)
    receipt = router.transferRemote(REMOTE_DOMAIN, RECIPIENT, AMOUNT, sender=payer)
    made = {event.contract_address: event.success for event in receipt.decode_logs(liar.Reentered)}
    assert made == {caller.address: True, liar.address: False}
    assert (token.balanceOf(igp), token.balanceOf(router)) == (price_of(7), AMOUNT)


def test_within_a_call_of_the_routers_hook_within_its_dispatch(
    igp, token, router, aggregate, owner, payer, reentering, greedy
):
    """What strangers post in the middle is passed on for them, although the hook is at work."""
    caller = reentering(POST_DISPATCH, ZERO)
    aggregation = aggregate(caller, igp)
    posting = aggregation.postDispatch.encode_input(greedy, message_from(router).encode())
    caller.prepare(POST_DISPATCH, bytes(32), [(aggregation, 0, posting)], sender=owner)
    router.setHook(aggregation, sender=owner)
    assert transfer(router, token, payer) == price_of(7)
    assert (token.balanceOf(igp), token.balanceOf(router)) == (price_of(7), AMOUNT)


@pytest.mark.parametrize("posted_to", ["aggregation", "routing"])
def test_strangers_in_the_middle_do_not_keep_a_router_from_paying(
    project, igp, token, router, hook, aggregate, mailbox, owner, payer, reentering, posted_to
):
    """What they post to another domain is passed on to another hook meanwhile, and succeeds."""
    caller = reentering(POST_DISPATCH, ZERO)
    routing = owner.deploy(project.FallbackDomainRoutingHook, mailbox, owner, hook)
    paid = aggregate(caller, igp) if posted_to == "routing" else igp
    routing.setHook(REMOTE_DOMAIN, paid, sender=owner)
    through = routing if posted_to == "routing" else aggregate(caller, routing)
    elsewhere = message_from(payer, destination=REMOTE_DOMAIN + 1).encode()
    offer = metadata(gas_limit=7, refund=ZERO, token=token)
    posting = through.postDispatch.encode_input(offer, elsewhere)
    caller.prepare(POST_DISPATCH, bytes(32), [(through, 0, posting)], sender=owner)
    router.setHook(through, sender=owner)
    quotes = router.quoteTransferRemote(REMOTE_DOMAIN, RECIPIENT, AMOUNT)
    token.approve(router, sum(quote.amount for quote in quotes), sender=payer)
    receipt = router.transferRemote(REMOTE_DOMAIN, RECIPIENT, AMOUNT, sender=payer)
    assert [event.success for event in receipt.decode_logs(caller.Reentered)] == [True]
    assert (token.balanceOf(igp), token.balanceOf(router)) == (price_of(7), AMOUNT)


# --- any history


@st.composite
def histories(draw):
    ways = st.sampled_from(["igp", "aggregation", "routing", "liar"])
    gas = st.integers(0, GREEDY)
    own = st.tuples(st.just("dispatch"), st.sampled_from(["igp", "free"]), gas)
    post = st.tuples(st.just("post"), ways, gas, st.sampled_from(["latest", "former", "made up"]))
    return draw(st.lists(own | post, min_size=1, max_size=8))


@pytest.mark.parametrize("examples", [10, pytest.param(400, marks=pytest.mark.long)])
def test_only_own_dispatches_cost_and_what_they_say(
    igp, token, hook, ways, dispatch, reentering, mailbox, payer, stranger, chain, examples
):
    targets = {
        "igp": igp,
        "aggregation": ways.aggregate(hook, igp),
        "routing": ways.route(igp),
        "free": hook,
    }
    made_up = message_from(payer, nonce=9).encode()

    def post(way, given, message):
        if way == "liar":
            posting = igp.postDispatch.encode_input(given, message)
            liar = reentering(POST_DISPATCH, mailbox, (igp, 0, posting))
            liar(data=POST_DISPATCH, sender=stranger)
        else:
            data = targets[way].postDispatch.encode_input(given, message)
            raised = stranger.transfer(
                targets[way], 0, data=data, gas=500_000, raise_on_revert=False
            )
            assert raised.failed

    def replay(history):
        sent = [made_up]
        for kind, target, gas, *which in history:
            held, due = token.balanceOf(payer), 0
            offer = metadata(gas_limit=gas, refund=ZERO, token=token)
            if kind == "dispatch":
                receipt = dispatch(targets[target], offer, len(sent).to_bytes(4))
                sent.append(dispatched(receipt))
                due = price_of(gas) if target == "igp" else 0
            else:
                message = {"latest": sent[-1], "former": sent[len(sent) // 2]}
                post(target, offer, message.get(which[0], made_up))
            assert held - token.balanceOf(payer) == due

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(history=histories())
    def run(history):
        before = chain.snapshot()
        try:
            replay(history)
        finally:
            chain.restore(before)

    run()
