"""An operator wants a watchtower to have done with what it has not been punished for: with a lie
that was told before there was stake, or with challenges that nobody gains by ending."""

from dataclasses import replace

import pytest
from tests.agents.watchtower.test_watchtower import seen, settled
from tests.support.agents import eventually, validating, watching
from tests.support.devnet import key
from tests.support.staking import ANSWER, GRACE, STAKE, deploy_staking

from hyperlane.protocol.checkpoint import Checkpoint

MARGIN, JAIL = 60, 3600
TOWER, FRIEND = key(9), key(4)
WRONG = b"\x66" * 32


@pytest.fixture
def stake(origin):
    return deploy_staking(origin)


@pytest.fixture
def tower(watchtower_config, stake, origin):
    stake.fund(TOWER)
    chain = origin.settings(
        stakingManager=stake.manager.address, signer={"key": TOWER.key.hex()}, challengeBudget=250
    )
    chains = {origin.name: chain}
    return watchtower_config(origin, chains=chains, censorshipMargin=MARGIN, interval=0.2)


class TestALieBeforeThereWasStake:
    """The key is registered once the watchtower has written the lie off. Later somebody delivers
    by it what was never sent."""

    @pytest.fixture(params=["root", "wrong tree"])
    def lie(self, request, liar, messages) -> Checkpoint:
        true = liar.true(messages, 1)
        return replace(
            true, **({"root": WRONG} if request.param == "root" else {"merkle_tree_hook": WRONG})
        )

    async def test_costs_the_stake_that_comes_later(self, tower, stake, liar, lie):
        await liar.publish(lie)
        async with watching(tower) as task:
            await self._written_off(tower, stake, liar.address, 1)
            operator = stake.register(2, liar.account)
            await self._punished(stake, operator, task)

    async def test_costs_the_stake_of_whoever_rotates_to_its_key(
        self, tower, stake, liar, lie, origin
    ):
        operator = stake.register(2, key(6))
        await liar.publish(lie)
        async with watching(tower) as task:
            await self._written_off(tower, stake, liar.address, 1)
            proof = stake.possession(operator, liar.account)
            stake.send(key(2), stake.manager.functions.rotateKey(liar.account.address, proof))
            await self._punished(stake, operator, task)

    async def _written_off(self, tower, stake, validator, index) -> None:
        await seen(tower, stake.chain, validator, index)
        await settled(tower, stake.chain)

    async def _punished(self, stake, operator, task) -> None:
        def done() -> bool:
            stake.chain.mine()
            return stake.status(operator) == "Tombstoned"

        await eventually(done, task)


async def test_a_challenge_that_a_punishment_covers_keeps_nobody_from_asking_again(
    tower, validator_config, stake, origin, liar, messages
):
    """A friend asks for two leaves and has the operator punished for one. That covers the other,
    whose challenge stays open: nobody gains by ending it, and the leaf cannot be asked for."""
    stake.register(1, key(1))
    censor = stake.register(2, liar.account)
    challenges = stake.challenges.functions
    stake.fund(FRIEND)
    stake.send(FRIEND, stake.token.functions.approve(stake.challenges.address, STAKE))
    stake.send(FRIEND, challenges.takeSnapshot())
    stake.pass_time(GRACE)
    for leaf in (0, 1):
        stake.send(FRIEND, challenges.open(censor, leaf, 0, STAKE))
    stake.pass_time(ANSWER + 1)
    stake.send(FRIEND, challenges.resolve(1))
    assert stake.status(censor) == "Jailed"
    stake.pass_time(JAIL + GRACE + MARGIN)

    honest = validator_config(
        origin, chains={origin.name: origin.settings(stakingManager=stake.manager.address)}
    )
    async with validating(honest), watching(tower) as task:
        await eventually(lambda: challenges.challengeCount().call() == 3, task, seconds=60)
    challenger, _, index, operator, _ = challenges.challenges(2).call()
    assert (challenger, operator, index) == (TOWER.address, censor, 0)
