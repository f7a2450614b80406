"""Whatever a hostile contract does in the middle, everything happens once and nobody loses wei.

Each test lets one kind of contract, when it is called, make calls of its own into the system.
"""

import pytest
from eth_utils import keccak
from tests.support.contracts import REMOTE_DOMAIN, at
from tests.support.signing import VALIDATORS, Proven, message, with_signatures
from tests.support.words import b32

from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.ism_metadata import encode_aggregation
from hyperlane.protocol.message import Message

from .hooks.dispatching import message_from, metadata

TRUE = (1).to_bytes(32)
NOTHING = bytes(32)
RECIPIENT = b"\x22" * 32
POST_DISPATCH = keccak(text="postDispatch(bytes,bytes)")[:4]
VERIFY = keccak(text="verify(bytes,bytes)")[:4]
HANDLE = keccak(text="handle(uint32,bytes32,bytes)")[:4]


@pytest.fixture(scope="module")
def hostile(project, owner):
    return owner.deploy(project.ReenteringContract)


@pytest.fixture(scope="module")
def prepare(hostile, owner):
    """`prepare(trigger, answer, (target, value, data), ...)`"""

    def prepare(trigger: bytes, answer: bytes, *calls, funds=0):
        triples = [(getattr(to, "address", to), value, data) for to, value, data in calls]
        hostile.prepare(trigger, answer, triples, sender=owner, value=funds)

    return prepare


@pytest.fixture(scope="module")
def answers(hostile):
    """Of the hostile contract's own calls: whether each succeeded, and what it returned."""

    def answers(receipt) -> list[tuple[bool, bytes]]:
        logs = receipt.decode_logs(hostile.Reentered)
        return [(event.success, bytes(event.answer)) for event in logs]

    return answers


@pytest.fixture(scope="module")
def recipient(project, owner):
    return owner.deploy(project.HostileRecipient)  # which counts, and is harmless at first


def dispatched(receipt) -> list[Message]:
    return [
        Message.decode(bytes(event.message))
        for event in receipt.events
        if event.event_name == "Dispatch"
    ]


def next_nonce(mailbox) -> int:
    return mailbox.call_view_method("nonce")  # ape has its own `nonce`


def error(text: str) -> bytes:
    return keccak(text=text)[:4]


# --- a hook


def test_hook_that_dispatches_sends_a_second_message_of_its_own(
    mailbox, hostile, prepare, answers, owner, hook
):
    again = mailbox.dispatch.encode_input(REMOTE_DOMAIN, RECIPIENT, b"inner", b"", hook)
    prepare(POST_DISPATCH, NOTHING, (mailbox, 0, again))

    receipt = mailbox.dispatch(REMOTE_DOMAIN, RECIPIENT, b"outer", b"", hostile, sender=owner)

    outer, inner = dispatched(receipt)
    assert (outer.nonce, outer.sender, outer.body) == (0, b32(owner), b"outer")
    assert (inner.nonce, inner.sender, inner.body) == (1, b32(hostile), b"inner")
    assert answers(receipt) == [(True, inner.id)]
    assert (next_nonce(mailbox), mailbox.latestDispatchedId()) == (2, inner.id)


def test_tree_behind_a_hook_that_dispatches_refuses_to_skip_a_message(
    project, mailbox, hostile, prepare, owner, hook, revert_of
):
    """A leaf in another order than the messages would be no proof of either."""
    tree = owner.deploy(project.MerkleTreeHook, mailbox)
    again = mailbox.dispatch.encode_input(REMOTE_DOMAIN, RECIPIENT, b"inner", b"", hook)
    prepare(POST_DISPATCH, NOTHING, (mailbox, 0, again))
    mailbox.setRequiredHook(hostile, sender=owner)
    mailbox.setDefaultHook(tree, sender=owner)
    reason = revert_of(mailbox.dispatch, REMOTE_DOMAIN, RECIPIENT, b"outer", sender=owner)
    assert reason[0] == "MessageNotDispatching"


def test_tree_takes_both_messages_of_a_hook_that_dispatches_behind_it(
    project, mailbox, hostile, prepare, owner, hook
):
    tree = owner.deploy(project.MerkleTreeHook, mailbox)
    mailbox.setRequiredHook(tree, sender=owner)
    again = mailbox.dispatch.encode_input(REMOTE_DOMAIN, RECIPIENT, b"inner", b"", hook)
    prepare(POST_DISPATCH, NOTHING, (mailbox, 0, again))
    receipt = mailbox.dispatch(REMOTE_DOMAIN, RECIPIENT, b"outer", b"", hostile, sender=owner)
    inserted = [bytes(e.messageId) for e in receipt.decode_logs(tree.InsertedIntoTree)]
    assert inserted == [each.id for each in dispatched(receipt)]


def test_hook_cannot_have_another_hook_paid_from_the_dispatch(
    project, mailbox, hostile, prepare, answers, owner
):
    """While the required hook runs, the Mailbox holds what the other is to get."""
    taker = owner.deploy(project.RecordingHook, 5)
    again = mailbox.dispatch.encode_input(REMOTE_DOMAIN, RECIPIENT, b"inner", b"", taker)
    paid = mailbox.dispatch.encode_input(REMOTE_DOMAIN, RECIPIENT, b"paid", b"", taker)
    mailbox.setRequiredHook(hostile, sender=owner)
    mailbox.setDefaultHook(taker, sender=owner)
    prepare(POST_DISPATCH, NOTHING, (mailbox, 0, again), (mailbox, 5, paid), funds=5)

    receipt = mailbox.dispatch(REMOTE_DOMAIN, RECIPIENT, b"outer", sender=owner, value=100)

    refused, accepted = answers(receipt)
    assert refused == (False, error("Underpaid(uint256,uint256)") + NOTHING + (5).to_bytes(32))
    assert accepted[0]
    assert [e.value for e in receipt.decode_logs(taker.PostDispatch)] == [5, 100]
    assert (mailbox.balance, hostile.balance) == (0, 0)


def test_hook_that_delivers_a_message_does_so_once(
    mailbox, hostile, prepare, answers, owner, recipient
):
    incoming = message(recipient=recipient.address)
    deliver = mailbox.process.encode_input(b"", incoming.encode())
    prepare(POST_DISPATCH, NOTHING, (mailbox, 0, deliver), (mailbox, 0, deliver))
    receipt = mailbox.dispatch(REMOTE_DOMAIN, RECIPIENT, b"", b"", hostile, sender=owner)
    assert [success for success, _ in answers(receipt)] == [True, False]
    assert recipient.received() == 1
    assert mailbox.processor(incoming.id) == hostile


def test_aggregated_hook_that_reenters_pays_for_itself(
    project, mailbox, hostile, prepare, answers, owner
):
    """Between its children's calls the aggregation holds the fees of the later ones."""
    taker = owner.deploy(project.RecordingHook, 7)
    factory = owner.deploy(project.StaticAggregationHookFactory)
    factory.deploy([hostile, taker], sender=owner)
    aggregation = at(project.StaticAggregationHook, factory.getAddress([hostile, taker]))
    inner = message_from(hostile).encode()
    again = aggregation.postDispatch.encode_input(metadata(refund=hostile), inner)
    prepare(POST_DISPATCH, NOTHING, (aggregation, 0, again), (aggregation, 8, again), funds=8)

    receipt = mailbox.dispatch(
        REMOTE_DOMAIN,
        RECIPIENT,
        b"",
        metadata(refund=owner),
        aggregation,
        sender=owner,
        value=100,
    )

    assert [success for success, _ in answers(receipt)] == [False, True]
    assert [e.value for e in receipt.decode_logs(taker.PostDispatch)] == [7, 7]
    assert (taker.balance, hostile.balance, aggregation.balance) == (14, 1, 0)


# --- a security module


@pytest.mark.parametrize("behind", ["the mailbox", "an aggregation", "a routing module"])
def test_module_that_delivers_its_message_again_is_refused(
    project, mailbox, hostile, prepare, answers, owner, recipient, static_ism, behind
):
    ism, proof = hostile, b""
    if behind == "an aggregation":
        ism = static_ism("StaticAggregationIsm", [hostile.address], 1)
        proof = encode_aggregation([b""])
    if behind == "a routing module":
        domains = [REMOTE_DOMAIN]
        ism = owner.deploy(project.AtomicInitDomainRoutingIsm, owner, domains, [hostile])
    mailbox.setDefaultIsm(ism, sender=owner)
    incoming = message(recipient=recipient.address)
    process = mailbox.process.encode_input(proof, incoming.encode())
    batch = mailbox.processBatch.encode_input([proof], [incoming.encode()])
    prepare(VERIFY, TRUE, (mailbox, 0, process), (mailbox, 0, batch))

    receipt = mailbox.process(proof, incoming.encode(), sender=owner)

    refusal = error("AlreadyDelivered(bytes32)") + incoming.id
    assert answers(receipt) == [(False, refusal), (True, b"")]
    [failed] = receipt.decode_logs(mailbox.ProcessFailed)
    assert bytes(failed.reason) == refusal
    assert recipient.received() == 1
    assert mailbox.processor(incoming.id) == owner
    assert len(receipt.decode_logs(mailbox.ProcessId)) == 1


def test_module_that_delivers_its_message_and_then_says_no_leaves_no_trace(
    mailbox, hostile, prepare, owner, recipient
):
    """A delivery that is refused takes everything back that was done within."""
    mailbox.setDefaultIsm(hostile, sender=owner)
    incoming, other = (message(nonce=i, recipient=recipient.address) for i in range(2))
    prepare(VERIFY, NOTHING, (mailbox, 0, mailbox.process.encode_input(b"", other.encode())))
    receipt = mailbox.process(
        b"", incoming.encode(), sender=owner, gas_limit=1_000_000, raise_on_revert=False
    )
    assert receipt.failed
    assert not any(mailbox.delivered(each.id) for each in (incoming, other))
    assert recipient.received() == 0


def test_module_that_delivers_another_message_within_cannot_harm_either(
    mailbox, hostile, prepare, owner, recipient
):
    mailbox.setDefaultIsm(hostile, sender=owner)
    first, second = (message(nonce=i, recipient=recipient.address) for i in range(2))
    prepare(VERIFY, TRUE, (mailbox, 0, mailbox.process.encode_input(b"", second.encode())))
    mailbox.process(b"", first.encode(), sender=owner)
    assert recipient.received() == 2
    assert (mailbox.processor(first.id), mailbox.processor(second.id)) == (owner, hostile)


def test_module_that_says_no_takes_back_what_a_multisig_remembered_within(
    project, mailbox, hostile, prepare, owner, recipient, static_ism
):
    """In a batch: first a signed message whose delivery fails, then an unsigned one beside it."""
    multisig = static_ism("StaticMerkleRootMultisigIsm", [VALIDATORS[0].address], 1)
    pair = static_ism("StaticAggregationIsm", [multisig.address, hostile.address], 2)
    recipient.setMode(0, sender=owner)
    mailbox.setDefaultIsm(pair, sender=owner)
    messages = [message(nonce=i, recipient=recipient.address) for i in range(2)]
    proven = Proven(messages)
    signed = proven.merkle_root(0, VALIDATORS[:1]).encode()
    unsigned = with_signatures(proven.merkle_root(1, [])).encode()
    prepare(VERIFY, NOTHING)  # says no to both
    proofs = [encode_aggregation([each, b""]) for each in (signed, unsigned)]

    receipt = mailbox.processBatch(proofs, [each.encode() for each in messages], sender=owner)

    first, second = (bytes(e.reason)[:4] for e in receipt.decode_logs(mailbox.ProcessFailed))
    assert first == error("ModuleRejected(address)")
    assert second == error("SignaturesTooShort(uint256,uint256)")


# --- a recipient


def test_recipient_that_delivers_the_rest_of_its_batch_is_given_all_once(
    mailbox, hostile, prepare, answers, owner, recipient
):
    to_hostile = message(nonce=0, recipient=hostile.address)
    rest = [message(nonce=i, recipient=recipient.address) for i in (1, 2)]
    batch = mailbox.processBatch.encode_input([b""] * 3, [m.encode() for m in [to_hostile, *rest]])
    # As a module's address, an answer of zero means the default.
    prepare(HANDLE, NOTHING, (mailbox, 0, batch))

    receipt = mailbox.processBatch(
        [b""] * 3, [m.encode() for m in [to_hostile, *rest]], sender=owner
    )

    assert answers(receipt) == [(True, b"")]
    assert recipient.received() == 2
    assert len(receipt.decode_logs(mailbox.ProcessId)) == 3
    failed = [bytes(event.messageId) for event in receipt.decode_logs(mailbox.ProcessFailed)]
    assert failed == [to_hostile.id, rest[0].id, rest[1].id]
    assert [mailbox.processor(each.id) for each in rest] == [hostile, hostile]


def test_recipient_is_given_the_value_of_its_own_delivery_only(
    mailbox, hostile, prepare, answers, owner, recipient
):
    incoming = message(recipient=hostile.address)
    other = message(nonce=1, recipient=recipient.address)
    again = mailbox.process.encode_input(b"", other.encode())
    prepare(HANDLE, NOTHING, (mailbox, 3, again), (mailbox, 8, again))
    receipt = mailbox.process(b"", incoming.encode(), sender=owner, value=10)
    assert [success for success, _ in answers(receipt)] == [True, False]
    assert (recipient.balance, hostile.balance, mailbox.balance) == (3, 7, 0)


# --- a refund address, a beneficiary and a token


@pytest.fixture(scope="module")
def igp(project, owner, hostile):
    """A wei per gas, for the hostile contract to claim."""
    igp = owner.deploy(project.InterchainGasPaymaster)
    igp.initialize(owner, hostile, sender=owner)
    igp.setRemoteGasData((REMOTE_DOMAIN, 10**10, 1), sender=owner)
    igp.setDestinationGasConfigs([(REMOTE_DOMAIN, (igp, 0))], sender=owner)
    return igp


def test_refund_address_that_dispatches_pays_for_its_own_message(
    mailbox, hostile, prepare, answers, owner, igp
):
    given = StandardHookMetadata(0, 1000, bytes.fromhex(hostile.address[2:])).encode()
    again = mailbox.dispatch.encode_input(REMOTE_DOMAIN, RECIPIENT, b"inner", given, igp)
    prepare(NOTHING[:4], NOTHING, (mailbox, 999, again), (mailbox, 1000, again))

    receipt = mailbox.dispatch(
        REMOTE_DOMAIN, RECIPIENT, b"outer", given, igp, sender=owner, value=2500
    )

    assert [success for success, _ in answers(receipt)] == [False, True]
    payments = receipt.decode_logs(igp.GasPayment)
    assert [bytes(e.messageId) for e in payments] == [m.id for m in dispatched(receipt)]
    assert (igp.balance, hostile.balance, mailbox.balance) == (2000, 500, 0)


def test_refund_address_that_claims_cannot_touch_refunds(
    hostile, prepare, answers, owner, igp, stranger
):
    """It is the beneficiary, too: what it claims in the middle is what was paid."""
    prepare(NOTHING[:4], NOTHING, (igp, 0, igp.claim.encode_input()))
    receipt = igp.payForGas(bytes(32), REMOTE_DOMAIN, 1000, hostile, sender=stranger, value=1300)
    assert answers(receipt) == [(True, b"")]
    assert (igp.balance, hostile.balance) == (0, 1300)


@pytest.mark.parametrize("name", ["InterchainGasPaymaster", "ProtocolFee"])
def test_beneficiary_that_claims_again_gets_nothing_more(
    project, hostile, prepare, answers, owner, igp, name, chain
):
    fees, claim = igp, igp.claim
    if name == "ProtocolFee":
        fees = owner.deploy(project.ProtocolFee, 0, 0, hostile, owner)
        claim = fees.collectProtocolFees
    chain.set_balance(fees.address, 1000)
    prepare(NOTHING[:4], NOTHING, (fees, 0, claim.encode_input()))
    receipt = claim(sender=owner)
    assert answers(receipt) == [(True, b"")]
    assert (fees.balance, hostile.balance) == (0, 1000)


def test_token_that_claims_in_the_middle_of_a_payment_pays_once(
    project, hostile, prepare, owner, igp, mailbox
):
    token = owner.deploy(project.CallbackToken)
    oracle = owner.deploy(project.StorageGasOracle)
    oracle.setRemoteGasData((REMOTE_DOMAIN, 10**10, 1), sender=owner)
    igp.setTokenGasOracles([(token, REMOTE_DOMAIN, oracle)], sender=owner)
    token.approve(igp, 10_000, sender=owner)
    token.transfer(igp, 70, sender=owner)
    token.prepare(igp, igp.claimToken.encode_input(token), sender=owner)

    receipt = igp.payForGas(token, bytes(32), REMOTE_DOMAIN, 1000, sender=owner)

    [payment] = receipt.decode_logs(igp.GasPayment)
    assert payment.payment == 1000
    assert (token.balanceOf(hostile), token.balanceOf(igp)) == (70, 1000)
    assert token.allowance(owner, igp) == 9000


def test_token_that_dispatches_in_the_middle_of_a_payment_has_to_pay_for_it(
    project, mailbox, owner, igp
):
    token = owner.deploy(project.CallbackToken)
    oracle = owner.deploy(project.StorageGasOracle)
    oracle.setRemoteGasData((REMOTE_DOMAIN, 10**10, 1), sender=owner)
    igp.setTokenGasOracles([(token, REMOTE_DOMAIN, oracle)], sender=owner)
    token.approve(igp, 10_000, sender=owner)
    token.prepare(
        mailbox,
        mailbox.dispatch.encode_input(REMOTE_DOMAIN, RECIPIENT, b"inner", b"", igp),
        sender=owner,
    )
    given = metadata(0, 1000, refund=owner, token=token)
    # The token itself has to pay for the message that it sends, and has no wei.
    receipt = mailbox.dispatch(
        REMOTE_DOMAIN,
        RECIPIENT,
        b"outer",
        given,
        igp,
        sender=owner,
        gas_limit=2_000_000,
        raise_on_revert=False,
    )
    assert receipt.failed
    assert next_nonce(mailbox) == 0
    assert token.allowance(owner, igp) == 10_000
