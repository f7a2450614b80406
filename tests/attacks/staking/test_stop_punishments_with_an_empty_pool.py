"""A token that refuses to move nothing must not stop what moves nothing."""

import pytest
from tests.support.contracts import at
from tests.support.signing import validator
from tests.support.staking_contracts import PARAMETERS, SALT, TREASURY, possession, struct
from tests.support.staking_contracts import Operator as Staker


@pytest.fixture(scope="module")
def token(project, owner):
    return owner.deploy(project.NoZeroTransferToken)


@pytest.fixture
def empty(manager, operator, accounts, pass_time):
    """Empties both pools: everybody leaves, and waits."""

    def empty() -> None:
        for number, who in enumerate((operator.account, accounts[9])):
            manager.unstake(operator.address, manager.sharesOf(operator.address, who), sender=who)
            assert manager.unbondings(number)[0] == who
        pass_time(PARAMETERS["unbondingPeriod"])
        for number, who in enumerate((operator.account, accounts[9])):
            manager.withdraw(number, sender=who)

    return empty


def test_a_challenge_of_an_empty_pool_is_resolved(
    challenges, challenge, due, operator, empty, leaves, manager, pass_time, stranger, token
):
    due()
    number = challenge(operator, 1)
    empty()
    assert manager.pools(operator.address)[0] == manager.unbondingPools(operator.address)[0] == 0
    receipt = challenges.resolve(number, sender=stranger)
    assert receipt.decode_logs(manager.Slashed)[0].reward == 0
    assert receipt.decode_logs(manager.Jailed)
    challenges.collect(stranger, sender=stranger)
    assert token.balanceOf(stranger) == 0


def test_the_fraud_of_an_empty_pool_is_punished(operator, empty, report, manager):
    empty()
    receipt = report(operator)
    assert receipt.decode_logs(manager.Slashed)[0].reward == 0
    assert manager.operatorState(operator.address)[0] == 4


def test_nothing_confiscated_is_collected(manager, operator, stranger, token):
    receipt = manager.collect(sender=stranger)
    assert receipt.decode_logs(manager.Collected)[0].assets == 0
    assert token.balanceOf(TREASURY) == 0


def test_stake_that_was_taken_whole_is_withdrawn(
    project, owner, token, tree_hook, proofs, accounts, leaves, chain, pass_time
):
    whole = {**PARAMETERS, "fraudFraction": 10_000}
    manager = owner.deploy(
        project.StakingManager, token, TREASURY, owner, tuple(whole.values()), tree_hook, proofs
    )
    slasher = at(project.CheckpointSlasher, manager.slasher())
    thief = Staker(accounts[2], validator(2))
    proof = possession(manager, thief.account, thief.key)
    manager.register(thief.key.address, 0, proof, sender=thief.account)
    token.transfer(thief.account, 1_000, sender=owner)
    token.approve(manager, 1_000, sender=thief.account)
    manager.stake(thief.address, 1_000, sender=thief.account)
    shares = manager.sharesOf(thief.address, thief.address)
    manager.unstake(thief.address, shares, sender=thief.account)
    early = leaves.beyond()
    fault = slasher.faultOf(thief.key.address, early.index)
    slasher.commit(slasher.commitmentOf(fault, owner, SALT), sender=owner)
    slasher.slashPremature(struct(early), early.sign(thief.key), SALT, sender=owner)
    pass_time(PARAMETERS["unbondingPeriod"])
    receipt = manager.withdraw(0, sender=thief.account)
    assert receipt.decode_logs(manager.Withdrawn)[0].assets == 0
