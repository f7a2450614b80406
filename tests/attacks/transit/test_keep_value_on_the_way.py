"""However strangers post: a message is posted once, and its value is lost to nobody."""

from typing import Any

import pytest
from ape.exceptions import ContractLogicError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.bridge_chains import CHILD_FEE, DESTINATION, ORIGIN, VERIFIED, metadata
from tests.support.words import b32

from hyperlane.protocol.message import Message

from ...contracts.bridge.test_pairs import GAME, OUTPUT, TRANSACTION, WEEK, encode, withdrawal

values = st.sampled_from([0, 1, 7, 500])
posts = st.lists(st.tuples(st.integers(0, 1), values), max_size=3)
"""By whom, and with what: after the message was dispatched."""
sendings = st.lists(
    st.fixed_dictionaries(
        {
            "takes": st.booleans(),
            "own": st.none() | values,
            "posts": posts,
            "asked_before": st.booleans(),
        }
    ),
    min_size=1,
    max_size=3,
)
QUICK = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@pytest.fixture
def both(project, owner, to_parent):
    """A recipient that takes wei, and one that takes none."""
    pair, *_ = to_parent
    made = [owner.deploy(project.TestRecipient), owner.deploy(project.PayableRecipient)]
    for each in made:
        each.setInterchainSecurityModule(pair.ism, sender=owner)
    return made


def _dispatch(mailbox, pair, sender, to, own) -> tuple[Message, list[Any]]:
    """A message, and the postings of its own dispatch: none when `own` is."""
    nonce = mailbox.call_view_method("nonce")
    given = metadata(own or 0, refund=sender)
    more = (pair.hook,) if own is not None else ()
    paid = CHILD_FEE + own if own is not None else 0
    arguments = (DESTINATION, b32(to), b"body", given, *more)
    receipt = mailbox.dispatch(*arguments, sender=sender, value=paid)
    message = Message(3, nonce, ORIGIN, b32(sender), DESTINATION, b32(to), b"body")
    return message, [receipt] if more else []


def _post(pair, message, value, sender) -> list[Any]:
    given = metadata(value, refund=sender)
    try:
        return [
            pair.hook.postDispatch(given, message.encode(), sender=sender, value=CHILD_FEE + value)
        ]
    except ContractLogicError:
        return []


def _law(sendings, to_parent, both, mailboxes, accounts, chain):
    pair, passer, portal = to_parent
    before = chain.snapshot()
    posted, sent = [], []
    for sending in sendings:
        recipient = both[sending["takes"]]
        message, receipts = _dispatch(
            mailboxes[ORIGIN], pair, accounts[3], recipient, sending["own"]
        )
        for who, value in sending["posts"]:
            receipts += _post(pair, message, value, accounts[4 + who])
        assert len(receipts) <= 1
        assert bool(receipts) == (sending["own"] is not None or bool(sending["posts"]))
        if sending["own"] is not None:
            assert withdrawal(passer, receipts[0])[3] == sending["own"]
        posted += receipts
        sent += [(sending, recipient, message, receipt) for receipt in receipts]
    transactions = [withdrawal(passer, receipt) for receipt in posted]
    for each in transactions:
        portal.proveWithdrawalTransaction(each, GAME, OUTPUT, [], sender=accounts[5])
    chain.mine(deltatime=WEEK)
    for (sending, _, message, _), each in zip(sent, transactions, strict=True):
        if sending["asked_before"]:
            portal.finalizeWithdrawalTransaction(each, sender=accounts[5])
            pair.ism.verify(b"", message.encode(), sender=accounts[5])
            final = b""
        else:
            final = encode([TRANSACTION, "address"], (each, accounts[5].address))
        mailboxes[DESTINATION].process(final, message.encode(), sender=accounts[6])
        assert mailboxes[DESTINATION].delivered(message.id)
    taken = sum(each[3] for each, one in zip(transactions, sent, strict=True) if one[0]["takes"])
    waiting = sum(pair.ism.verifiedMessages(one[2].id) ^ VERIFIED for one in sent)
    assert both[1].balance == taken
    assert pair.ism.balance == waiting == sum(each[3] for each in transactions) - taken
    spare = accounts[8].balance
    for _, _, message, _ in sent:
        pair.ism.claimValue(message.encode(), accounts[8], sender=accounts[0])
    assert (accounts[8].balance - spare, pair.ism.balance) == (waiting, 0)
    chain.restore(before)


@settings(max_examples=8, **QUICK)
@given(sendings=sendings)
def test_value_is_received_or_claimable(sendings, to_parent, both, mailboxes, accounts, chain):
    _law(sendings, to_parent, both, mailboxes, accounts, chain)


@pytest.mark.long
@settings(max_examples=300, **QUICK)
@given(sendings=sendings)
def test_value_is_received_or_claimable_at_length(
    sendings, to_parent, both, mailboxes, accounts, chain
):
    _law(sendings, to_parent, both, mailboxes, accounts, chain)
