"""A vote on three chains with real signatures, and messages that are late, lost or forged."""

import pytest

from ape_hyperlane.testing import LocalNetwork, Status

ETHER = 10**18


@pytest.fixture(scope="module")
def network(chain):
    with LocalNetwork.on_one_chain("home", "north", "south", verification=True) as network:
        yield network


@pytest.fixture(scope="module")
def ballots(network, project, accounts):
    owner, home = accounts[0], network["home"].domain
    made = {
        each.name: owner.deploy(project.Ballot, each.mailbox, home, value=ETHER)
        for each in network.chains
    }
    network.enroll(owner, **made)
    return made


@pytest.fixture
def vote(ballots, network):
    """`vote(chain, voter, in favour)`."""

    def vote(name, voter, in_favour):
        fee = 0 if name == "home" else ballots[name].quote()
        receipt = ballots[name].vote(in_favour, sender=voter, value=fee)
        return network.messages_in(receipt)

    return vote


def test_votes_of_all_chains_are_counted_and_confirmed(network, ballots, vote, accounts):
    vote("home", accounts[1], True)
    (north,) = vote("north", accounts[2], True)
    (south,) = vote("south", accounts[3], False)

    outcomes = network.deliver_all()

    assert [each.status for each in outcomes] == [Status.DELIVERED] * 4
    assert [each.message for each in outcomes[:2]] == [north, south]
    assert (ballots["home"].yes(), ballots["home"].no()) == (2, 1)
    answer = outcomes[2]
    assert (answer.message.origin.name, answer.message.destination.name) == ("home", "north")
    (event,) = answer.receipt.decode_logs(ballots["north"].Counted)
    assert event.voter == accounts[2]


def test_of_two_votes_the_one_that_arrives_counts(network, ballots, vote, accounts):
    (first,) = vote("north", accounts[1], True)
    (second,) = vote("south", accounts[1], False)

    outcomes = network.deliver_all(order=reversed)

    assert second.delivered
    assert first.outcome == outcomes[1]
    assert first.outcome.revert.name == "VotedBefore"
    assert first.outcome.revert.arguments == {"voter": accounts[1].address}
    assert (ballots["home"].yes(), ballots["home"].no()) == (0, 1)


def test_a_late_vote_counts_when_it_arrives(network, ballots, vote, accounts, chain):
    (message,) = vote("north", accounts[1], True)
    message.delay(blocks=20)
    network.deliver_all()
    assert ballots["home"].yes() == 0

    chain.mine(20)
    network.deliver_all()
    assert ballots["home"].yes() == 1


def test_a_lost_vote_does_not_count(network, ballots, vote, accounts):
    (message,) = vote("north", accounts[1], True)
    message.drop()

    assert network.deliver_all() == ()
    assert message.status is Status.DROPPED
    assert ballots["home"].yes() == 0


@pytest.mark.parametrize("forgery", ["origin", "sender", "body"])
def test_forged_votes_are_refused_by_the_signatures(ballots, vote, accounts, forgery):
    (message,) = vote("north", accounts[1], True)
    changes = {"origin": "south", "sender": accounts[2], "body": bytes(31) + b"\x02" + bytes(32)}

    outcome = message.deliver_as(**{forgery: changes[forgery]})

    assert outcome.revert.name == "UnexpectedSigner"
    assert ballots["home"].yes() == 0


def test_without_a_quorum_nothing_is_counted(network, ballots, vote, accounts):
    (message,) = vote("north", accounts[1], True)
    validators = network["north"].validators
    offline = [validators.pop(), validators.pop()]

    assert message.deliver().failed

    validators.extend(reversed(offline))
    assert message.deliver().delivered
