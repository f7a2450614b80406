"""A stranger proves somebody's sending before him, against a state that will not count."""

import pytest
from eth_abi import encode
from tests.support.bridge_chains import DESTINATION, ORIGIN, b32

from ...contracts.bridge.test_pairs import (
    GAME,
    OUTPUT,
    PROOF,
    TRANSACTION,
    URLS,
    WEEK,
    Message,
    at,
    withdrawal,
)

FALSE_GAME = 6
FALSE_OUTPUT = (b"\x00" * 32, b"\x66" * 32, b"\x66" * 32, b"\x66" * 32)


@pytest.fixture
def lose(project, owner, chain):
    """How a game ends badly, by name."""

    def lose(portal, how):
        game = portal.games(FALSE_GAME)
        if how == "lost":
            at(project.TestDisputeGame, game).lose(sender=owner)
        elif how == "blacklisted":
            portal.blacklist(game, sender=owner)
        else:
            portal.retire(sender=owner)
            chain.mine(deltatime=60)

    return lose


def against(game, output, transaction) -> bytes:
    return encode(PROOF, (transaction, game, output, []))


def final(transaction, submitter=None) -> bytes:
    if submitter is None:
        return encode([TRANSACTION], (transaction,))
    return encode([TRANSACTION, "address"], (transaction, submitter.address))


@pytest.mark.parametrize("how", ["lost", "blacklisted", "retired"])
def test_proof_that_came_to_nothing_makes_room_for_another(
    to_parent, send, deliver, refuses, recipient, owner, stranger, chain, lose, how
):
    pair, passer, portal = to_parent
    sent = send(pair.hook, 500)
    transaction = withdrawal(passer, sent.receipt)
    portal.setOutputRoot(FALSE_GAME, FALSE_OUTPUT, sender=stranger)
    chain.mine(deltatime=60)
    pair.ism.prove(against(FALSE_GAME, FALSE_OUTPUT, transaction), sender=stranger)
    lose(portal, how)
    portal.setOutputRoot(GAME, OUTPUT, sender=owner)  # of after the retirement
    chain.mine(deltatime=60)

    pair.ism.prove(against(GAME, OUTPUT, transaction), sender=owner)
    chain.mine(deltatime=WEEK)
    deliver(sent, final(transaction))

    assert (recipient.balance, pair.ism.balance) == (500, 0)


def test_a_game_of_the_very_second_of_the_retirement_makes_room_too(
    project, to_parent, send, deliver, recipient, owner, stranger, chain
):
    """Portals count games that were created later only."""
    pair, passer, portal = to_parent
    sent = send(pair.hook, 500)
    transaction = withdrawal(passer, sent.receipt)
    proof = against(FALSE_GAME, FALSE_OUTPUT, transaction)
    targets = [portal, pair.ism, portal]
    calls = [
        portal.setOutputRoot.encode_input(FALSE_GAME, FALSE_OUTPUT),
        pair.ism.prove.encode_input(proof),
        portal.retire.encode_input(),
    ]
    sequence = owner.deploy(project.Sequence)
    assert sequence.run.call(targets, calls)[0] == [True] * 3
    sequence.run(targets, calls, sender=stranger)
    chain.mine(deltatime=60)
    portal.setOutputRoot(GAME, OUTPUT, sender=owner)

    pair.ism.prove(against(GAME, OUTPUT, transaction), sender=owner)
    chain.mine(deltatime=WEEK)
    deliver(sent, final(transaction))

    assert recipient.balance == 500


def test_a_strangers_proof_does_not_even_cost_time(
    to_parent, send, deliver, refuses, recipient, owner, stranger, chain, lose
):
    """Whoever has proven for himself is named in the metadata."""
    pair, passer, portal = to_parent
    sent = send(pair.hook, 500)
    transaction = withdrawal(passer, sent.receipt)
    portal.setOutputRoot(FALSE_GAME, FALSE_OUTPUT, sender=stranger)
    chain.mine(deltatime=60)
    pair.ism.prove(against(FALSE_GAME, FALSE_OUTPUT, transaction), sender=stranger)
    portal.proveWithdrawalTransaction(transaction, GAME, OUTPUT, [], sender=owner)
    chain.mine(deltatime=WEEK)
    lose(portal, "lost")
    assert refuses(sent, final(transaction)) == ("InvalidRootClaim",)

    deliver(sent, final(transaction, owner))

    assert (recipient.balance, pair.ism.balance) == (500, 0)


def test_good_proof_is_not_replaced(to_parent, send, deliver, recipient, owner, stranger, chain):
    """Neither by a false one nor by the same again, which would start the delay anew."""
    pair, passer, portal = to_parent
    sent = send(pair.hook, 500)
    transaction = withdrawal(passer, sent.receipt)
    pair.ism.prove(against(GAME, OUTPUT, transaction), sender=owner)
    portal.setOutputRoot(FALSE_GAME, FALSE_OUTPUT, sender=stranger)
    chain.mine(deltatime=WEEK - 60)
    pair.ism.prove(against(FALSE_GAME, FALSE_OUTPUT, transaction), sender=stranger)
    pair.ism.prove(against(GAME, OUTPUT, transaction), sender=stranger)
    chain.mine(deltatime=60)

    deliver(sent, final(transaction))

    assert recipient.balance == 500


def test_proof_of_others_must_be_good(to_parent, send, refuses, owner, stranger, chain, lose):
    pair, passer, portal = to_parent
    sent = send(pair.hook, 500)
    transaction = withdrawal(passer, sent.receipt)
    assert refuses(sent, final(transaction, owner))[0] == "NotProven"
    portal.setOutputRoot(FALSE_GAME, FALSE_OUTPUT, sender=stranger)
    chain.mine(deltatime=60)
    portal.proveWithdrawalTransaction(transaction, FALSE_GAME, FALSE_OUTPUT, [], sender=stranger)
    assert refuses(sent, final(transaction, stranger))[0] == "ProofTooYoung"
    lose(portal, "lost")
    chain.mine(deltatime=WEEK)
    assert refuses(sent, final(transaction, stranger)) == ("InvalidRootClaim",)


@pytest.fixture
def proving(project, owner, op_stack, recipient):
    """A module whose messages prove and finalise, by version of the portal."""

    def proving(version):
        passer, portal, *_ = op_stack(version)
        ism = owner.deploy(project.contracts[f"TestProvingIsmV{version}"], portal, URLS)
        recipient.setInterchainSecurityModule(ism, sender=owner)
        return ism, passer, portal

    return proving


def pair_of_messages(recipient) -> list[bytes]:
    """The one that proves, and the one that finalises."""
    return [
        Message(3, 0, ORIGIN, bytes(32), DESTINATION, b32(recipient), body).encode()
        for body in (b"", b"final")
    ]


@pytest.mark.parametrize("version", [1, 2])
def test_message_that_proves_does_so_after_a_proof_that_came_to_nothing(
    project, proving, mailboxes, recipient, owner, stranger, chain, lose, version
):
    ism, passer, portal = proving(version)
    receipt = passer.initiateWithdrawal(stranger, 0, b"", sender=owner, value=70)
    transaction = withdrawal(passer, receipt)
    prove, finalise = pair_of_messages(recipient)
    portal.setOutputRoot(FALSE_GAME, FALSE_OUTPUT, sender=stranger)
    chain.mine(deltatime=60)
    ism.verify(against(FALSE_GAME, FALSE_OUTPUT, transaction), prove, sender=stranger)
    if version == 2:
        lose(portal, "lost")
    else:
        portal.setOutputRoot(FALSE_GAME, OUTPUT, sender=owner)  # taken back and told anew

    process, before = mailboxes[DESTINATION].process, stranger.balance
    process(against(GAME, OUTPUT, transaction), prove, sender=owner)
    chain.mine(deltatime=WEEK)
    process(final(transaction), finalise, sender=owner)

    assert stranger.balance - before == 70


def test_message_that_finalises_does_so_by_anybodys_proof(
    proving, mailboxes, recipient, owner, stranger, chain, lose
):
    _, passer, portal = proving(2)
    receipt = passer.initiateWithdrawal(stranger, 0, b"", sender=owner, value=70)
    transaction = withdrawal(passer, receipt)
    _, finalise = pair_of_messages(recipient)
    portal.proveWithdrawalTransaction(transaction, GAME, OUTPUT, [], sender=owner)
    chain.mine(deltatime=WEEK)
    before = stranger.balance
    mailboxes[DESTINATION].process(final(transaction, owner), finalise, sender=owner)
    assert stranger.balance - before == 70
