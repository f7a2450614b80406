"""A Mailbox calls what its default hook would call; the hooks cannot see a difference."""

import pytest
from eth_abi import encode
from eth_utils import keccak
from tests.support.contracts import REMOTE_DOMAIN, at

from .dispatching import RECIPIENT, UNSUPPORTED_METADATA, ZERO, message_from, metadata

FEES = (5, 0, 7)
POST = keccak(text="postDispatch(bytes,bytes)")[:4].hex()


@pytest.fixture(scope="module")
def hooks(recording):
    return [recording(fee) for fee in FEES]


@pytest.fixture(scope="module")
def aggregate(project, owner):
    factory = owner.deploy(project.StaticAggregationHookFactory)

    def aggregate(*hooks):
        factory.deploy(list(hooks), sender=owner)
        return at(project.StaticAggregationHook, factory.getAddress(list(hooks)))

    return aggregate


@pytest.fixture(scope="module")
def route(project, owner, mailbox, recording):
    """`route(name, hook)`: a routing hook with this one for the remote domain."""

    def route(name, hook):
        rest = [recording(3)] if name == "FallbackDomainRoutingHook" else []
        routing = owner.deploy(project.contracts[name], mailbox, owner, *rest)
        routing.setHook(REMOTE_DOMAIN, hook, sender=owner)
        return routing

    return route


@pytest.fixture(scope="module")
def dispatch_default(mailbox, owner):
    """Sends with this hook as the default."""

    def dispatch_default(hook, given=b"", value=0):
        mailbox.setDefaultHook(hook, sender=owner)
        assert mailbox.defaultHook() == hook
        arguments = (REMOTE_DOMAIN, RECIPIENT, b"hello", given)
        return mailbox.dispatch(*arguments, sender=owner, value=value)

    return dispatch_default


@pytest.fixture(scope="module")
def refusal_of_default(mailbox, owner, revert_of):
    def refusal_of_default(hook, given=b"", value=0):
        mailbox.setDefaultHook(hook, sender=owner)
        arguments = (REMOTE_DOMAIN, RECIPIENT, b"hello", given)
        return revert_of(mailbox.dispatch, *arguments, sender=owner, value=value)

    return refusal_of_default


@pytest.fixture(scope="module")
def caller(chain):
    """`caller(receipt, hook)`: who called the hook's postDispatch."""

    def caller(receipt, hook):
        web3 = chain.provider.web3
        answer = web3.provider.make_request(
            "debug_traceTransaction", [receipt.txn_hash, {"tracer": "callTracer"}]
        )

        def frames(frame):
            yield frame
            for inner in frame.get("calls", []):
                yield from frames(inner)

        found = [
            web3.to_checksum_address(frame["from"])
            for frame in frames(answer["result"])
            if frame["to"].lower() == hook.address.lower() and frame["input"][2:10] == POST
        ]
        assert len(found) <= 1
        return found[0] if found else None

    return caller


def plan_of(hook, given=b"", recipient=RECIPIENT, *, sender):
    return hook.planDispatch(given, message_from(sender, recipient=recipient).encode())


# --- plans


def test_plan_of_an_aggregation_is_its_hooks(aggregate, hooks, owner):
    assert plan_of(aggregate(*hooks), sender=owner) == hooks


def test_aggregation_of_one_is_called_itself(aggregate, hooks, owner):
    aggregation = aggregate(hooks[0])
    assert plan_of(aggregation, sender=owner) == [aggregation]


@pytest.mark.parametrize("given", UNSUPPORTED_METADATA)
def test_aggregation_refuses_metadata_of_another_variant(
    aggregate, hooks, owner, revert_of, refusal_of_default, given
):
    aggregation = aggregate(*hooks)
    encoded = message_from(owner).encode()
    refusal = ("UnsupportedMetadata", given)
    assert revert_of(aggregation.planDispatch, given, encoded) == refusal
    assert refusal_of_default(aggregation, given) == refusal


@pytest.mark.parametrize(
    "name",
    ["DomainRoutingHook", "FallbackDomainRoutingHook", "DestinationRecipientRoutingHook"],
)
def test_plan_of_a_routing_is_that_of_the_hook(name, route, aggregate, hooks, owner):
    routing = route(name, aggregate(*hooks))
    assert plan_of(routing, sender=owner) == hooks
    routing.setHook(REMOTE_DOMAIN, hooks[2], sender=owner)
    assert plan_of(routing, sender=owner) == [hooks[2]]
    outer = route(name, routing)
    assert plan_of(outer, sender=owner) == [hooks[2]]


def test_destination_without_hook_has_no_plan(route, hooks, owner, revert_of, refusal_of_default):
    routing = route("DomainRoutingHook", hooks[0])
    routing.setHook(REMOTE_DOMAIN, ZERO, sender=owner)
    refusal = ("NoHookForDestination", REMOTE_DOMAIN)
    encoded = message_from(owner).encode()
    assert revert_of(routing.planDispatch, b"", encoded) == refusal
    assert refusal_of_default(routing) == refusal


@pytest.mark.parametrize("planning", [True, False])
def test_fallback_may_plan(project, mailbox, aggregate, hooks, owner, planning):
    fallback = aggregate(*hooks) if planning else hooks[2]
    routing = owner.deploy(project.FallbackDomainRoutingHook, mailbox, owner, fallback)
    assert plan_of(routing, sender=owner) == (hooks if planning else [hooks[2]])


def test_plan_knows_the_hook_of_a_recipient(route, aggregate, hooks, recording, owner):
    routing = route("DestinationRecipientRoutingHook", aggregate(*hooks))
    custom = recording(9)
    routing.configCustomHook(REMOTE_DOMAIN, RECIPIENT, custom, sender=owner)
    assert plan_of(routing, sender=owner) == [custom]
    assert plan_of(routing, recipient=b"\x66" * 32, sender=owner) == hooks


# --- carried out by the Mailbox


@pytest.mark.parametrize("routed", [True, False])
def test_mailbox_calls_the_hooks_with_their_quotes(
    aggregate,
    route,
    hooks,
    accounts,
    owner,
    mailbox,
    dispatch_default,
    posts,
    caller,
    gains,
    routed,
):
    default = aggregate(*hooks)
    if routed:
        default = route("FallbackDomainRoutingHook", default)
    given, gain = metadata(gas_limit=9, refund=accounts[6]), gains(accounts[6])
    receipt = dispatch_default(default, given, sum(FEES) + 30)
    encoded = message_from(owner).encode()
    assert [posts(receipt, hook) for hook in hooks] == [[(fee, given, encoded)] for fee in FEES]
    assert [caller(receipt, hook) for hook in hooks] == [mailbox.address] * 3
    order = [event.contract_address for event in receipt.decode_logs(hooks[0].PostDispatch)]
    assert order == [hook.address for hook in hooks]
    assert (gain(accounts[6]), mailbox.balance, default.balance) == (30, 0, 0)


def test_dispatch_with_the_hook_by_name_goes_through_it(
    aggregate, hooks, owner, dispatch, posts, caller
):
    aggregation = aggregate(*hooks)
    receipt = dispatch(aggregation, value=sum(FEES))
    assert [posts(receipt, hook)[0][0] for hook in hooks] == list(FEES)
    assert [caller(receipt, hook) for hook in hooks] == [aggregation.address] * 3


def test_single_hook_gets_all_the_value(
    route, hooks, owner, mailbox, dispatch_default, posts, caller
):
    routing = route("DomainRoutingHook", hooks[0])
    receipt = dispatch_default(routing, value=FEES[0] + 30)
    assert posts(receipt, hooks[0]) == [(FEES[0] + 30, b"", message_from(owner).encode())]
    assert caller(receipt, hooks[0]) == mailbox.address


def test_only_hook_of_an_aggregation_gets_its_quote(
    aggregate, hooks, owner, dispatch_default, posts, caller, gains
):
    aggregation, gain = aggregate(hooks[0]), gains(hooks[0])
    receipt = dispatch_default(aggregation, value=FEES[0] + 30)
    assert posts(receipt, hooks[0])[0][0] == gain(hooks[0]) == FEES[0]
    assert caller(receipt, hooks[0]) == aggregation.address


def test_inner_aggregation_is_called_itself(
    aggregate, hooks, dispatch_default, posts, caller, mailbox
):
    inner = aggregate(*hooks[1:])
    receipt = dispatch_default(aggregate(hooks[0], inner), value=sum(FEES))
    assert [posts(receipt, hook)[0][0] for hook in hooks] == list(FEES)
    assert caller(receipt, inner) == mailbox.address


def test_surplus_without_refund_address_goes_to_the_sender(
    aggregate, hooks, owner, dispatch_default, mailbox
):
    before = owner.balance
    receipt = dispatch_default(aggregate(*hooks), value=sum(FEES) + 10**18)
    fees = receipt.gas_used * receipt.gas_price
    assert before - owner.balance - fees < 10**18
    assert mailbox.balance == 0


def test_surplus_for_nobody_is_refused(aggregate, hooks, refusal_of_default):
    refusal = refusal_of_default(aggregate(*hooks), metadata(refund=ZERO), sum(FEES) + 1)
    assert refusal == ("NoRefundAddress", 1)


def test_refused_refund_undoes_the_dispatch(aggregate, hooks, refusing, refusal_of_default):
    given = metadata(refund=refusing)
    refusal = refusal_of_default(aggregate(*hooks), given, sum(FEES) + 1)
    assert refusal == ("ETHTransferFailed",)


def test_less_than_the_quotes_is_refused(aggregate, hooks, refusal_of_default):
    refusal = refusal_of_default(aggregate(*hooks), value=sum(FEES) - 1)
    assert refusal == ("InsufficientValue", hooks[-1], FEES[-1], FEES[-1] - 1)
    assert refusal_of_default(aggregate(*hooks)) == ("InsufficientValue", hooks[0], FEES[0], 0)


def test_with_a_fee_token_nothing_is_asked_in_wei(
    aggregate, recording, accounts, stranger, dispatch_default, gains, posts
):
    free, gain = [recording(0), recording(0)], gains(accounts[6])
    given = metadata(refund=accounts[6], token=stranger)
    receipt = dispatch_default(aggregate(*free), given, 9)
    assert [posts(receipt, hook)[0][0] for hook in free] == [0, 0]
    assert gain(accounts[6]) == 9


def test_reentering_refund_cannot_take_more(
    aggregate, hooks, owner, reentering, dispatch_default, mailbox
):
    # The refund of the first dispatch pays for a second one, whose surplus comes back in turn.
    aggregation = aggregate(*hooks)
    mailbox.setDefaultHook(aggregation, sender=owner)
    given = metadata(refund=reentering)
    again = mailbox.dispatch.encode_input(REMOTE_DOMAIN, RECIPIENT, b"again", given)
    reentering.prepare(mailbox, 20, again, sender=owner)
    dispatch_default(aggregation, given, sum(FEES) + 20)
    assert [hook.balance for hook in hooks] == [2 * fee for fee in FEES]
    assert (mailbox.balance, reentering.balance) == (0, 20 - sum(FEES))
    assert mailbox.call_view_method("nonce") == 2


# --- who plans


@pytest.mark.parametrize("name", ["MerkleTreeHook", "PausableHook", "RecordingHook"])
def test_other_hooks_are_called_themselves(project, name, owner, mailbox, dispatch_default, caller):
    arguments = {"MerkleTreeHook": [mailbox], "RecordingHook": [0]}.get(name, [])
    hook = owner.deploy(project.contracts[name], *arguments)
    assert caller(dispatch_default(hook), hook) == mailbox.address


@pytest.mark.parametrize("answer", [b"", b"\0" * 32, encode(["uint256"], [1]), b"\xff" * 31])
def test_other_answers_to_the_question_mean_no(
    project, answer, owner, mailbox, dispatch_default, caller
):
    hook = owner.deploy(project.CannedAnswer, answer, 0, False)
    assert caller(dispatch_default(hook), hook) == mailbox.address


def test_hook_cannot_burn_all_gas_on_the_question(project, owner, mailbox):
    eater = owner.deploy(project.GasEater)
    receipt = mailbox.setDefaultHook(eater, sender=owner, gas=200_000)
    assert (mailbox.defaultHook(), receipt.gas_used < 100_000) == (eater, True)


WELL_FORMED = encode(["address[]"], [["0x" + "11" * 20, "0x" + "22" * 20]])


@pytest.mark.parametrize(
    "answer",
    [WELL_FORMED[:length] for length in (0, 31, 32, 63, 64, 95, 96, 127)]
    + [
        WELL_FORMED + b"\0",
        WELL_FORMED + b"\0" * 32,
        b"\x01" + WELL_FORMED[1:],  # an offset beyond the answer
        WELL_FORMED[:32] + b"\x08" + WELL_FORMED[33:],  # 2^251 more hooks
        WELL_FORMED[:64] + b"\x01" + WELL_FORMED[65:],  # no address
        WELL_FORMED[:107] + b"\x01" + WELL_FORMED[108:],
        encode(["address[]"], [[]]),
    ],
)
def test_malformed_plans_are_refused(project, owner, refusal_of_default, answer):
    planner = owner.deploy(project.TestPlanner, answer)
    assert refusal_of_default(planner, value=5) == ()
