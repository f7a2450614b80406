"""An operator has itself punished for what others staked on it, and takes the reporter's reward."""

from dataclasses import replace
from typing import Any

import pytest
from benchmarks.anvil import Chain, anvil
from eth_hash.auto import keccak
from eth_utils import to_checksum_address
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from tests.support.staking_contracts import PARAMETERS, SALT, TREASURY, WRONG, struct

from hyperlane.protocol.abi import encode

from ...invariants.test_staking import World

ACCOMPLICE, DELEGATOR = 6, 9
"""Accounts."""


def test_an_operator_without_stake_of_its_own_gets_no_delegation(
    register, fund, manager, accounts, revert_of
):
    thief = register(4)
    fund(accounts[DELEGATOR])
    refusal = revert_of(manager.stake, thief.address, 10**6, sender=accounts[DELEGATOR])
    assert refusal == ("DelegationTooHigh", 10**6, 0)
    assert not manager.isActive(thief.address)


def test_ten_faults_in_twenty_blocks_cost_one_fraction_and_more_than_they_bring(
    register, stake, fund, manager, slasher, accounts, leaves, commit, report, revert_of, token
):
    """The largest pool that the thief's own 100,000 carries: reporting itself ten times, the thief
    took 99,900 of it, and left delegators 977."""
    thief, accomplice, delegator = register(4), accounts[ACCOMPLICE], accounts[DELEGATOR]
    stake(thief, thief.account, 100_000)
    stake(thief, delegator, 900_000)
    before = token.balanceOf(delegator) + manager.stakeOf(thief.address, delegator)
    report(thief, 0, accomplice)
    for ahead in range(1, 10):
        early = leaves.beyond(ahead)
        commit(thief.key, early.index, accomplice)
        evidence = struct(early), early.sign(thief.key)
        refusal = revert_of(slasher.slashPremature, *evidence, SALT, sender=accomplice)
        assert refusal == ("WrongStatus", thief.address, 4)
    assert manager.stakeOf(thief.address, delegator) == before // 2 == 450_000
    assert token.balanceOf(accomplice) == 50_000 // 2 - 1, "less than the 50,000 of its own"


def test_who_steals_a_key_takes_one_reward_of_what_the_operator_itself_loses(
    operator, report, accounts, token, manager, revert_of, slasher, commit, leaves
):
    thief = accounts[ACCOMPLICE]
    report(operator, 0, thief)
    assert token.balanceOf(thief) == 2_000 <= 5_000 // 2
    early = leaves.beyond(1)
    commit(operator.key, early.index, thief)
    evidence = struct(early), early.sign(operator.key)
    assert revert_of(slasher.slashPremature, *evidence, SALT, sender=thief)[0] == "WrongStatus"


def test_stake_above_what_the_own_stake_carries_does_not_raise_the_reward(
    operator, manager, fund, accounts, report, pass_time
):
    """Delegators came while the operator had much; then it took most of that back, and waited."""
    delegator = fund(accounts[DELEGATOR], 10**6)
    manager.stake(operator.address, 60_000, sender=delegator)
    shares = manager.sharesOf(operator.address, operator.address)
    manager.unstake(operator.address, shares * 9 // 10, sender=operator.account)
    pass_time(PARAMETERS["unbondingPeriod"])
    manager.withdraw(0, sender=operator.account)
    receipt = report(operator)
    (event,) = receipt.decode_logs(manager.Slashed)
    assert (event.staked, event.reward) == (45_500, 500 // 2 - 1)  # for what rounding leaves nobody
    assert manager.countedStake(operator.address) == 5_000


def test_what_is_confiscated_is_the_treasurys_alone(
    operator, report, manager, token, accounts, stranger
):
    report(operator, 0, accounts[ACCOMPLICE])
    taken, before = manager.confiscated(), token.balanceOf(operator.address)
    assert taken == 18_000
    manager.collect(sender=operator.account)
    assert token.balanceOf(TREASURY) == taken
    assert token.balanceOf(operator.address) == before


class TestAnyPool:
    """Whatever is in the pools and whoever colludes: a punishment brings less than it costs."""

    AMOUNTS = st.one_of(st.integers(1, 50), st.integers(1, 10**9))
    STEPS = st.tuples(st.sampled_from(["stake", "reward", "unstake"]), st.integers(0, 3), AMOUNTS)
    FAULTS = st.sampled_from(["fraud", "censorship"])

    @pytest.fixture(scope="class")
    def world(self):
        with anvil() as web3:
            yield World(Chain(web3))

    def explore(self, world: World, examples: int) -> None:
        @seed(0)
        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            st.integers(1_000, 10**9),
            st.lists(self.STEPS, max_size=6),
            st.lists(self.FAULTS, min_size=1, max_size=4),
        )
        def check(own, steps, faults):
            snapshot = world.quick.rpc("evm_snapshot")
            start, world.now = world.now, world.now
            try:
                heist = Heist(world)
                heist.stake(own)
                for step in steps:
                    heist.prepare(*step)
                for index, fault in enumerate(faults):
                    heist.commit(fault, index)
                punished.append(heist.punished)
            finally:
                world.quick.rpc("evm_revert", snapshot)
                world.now = start

        punished: list[int] = []
        check()
        assert sum(map(bool, punished)) > examples // 2, "it was about punishments"

    def test_a_punishment_never_pays(self, world):
        self.explore(world, 40)

    @pytest.mark.long
    def test_a_punishment_never_pays_in_any_of_many_pools(self, world):
        self.explore(world, 4_000)


class Heist:
    """An operator and an accomplice, who reports and challenges it; all others are victims."""

    def __init__(self, world: World) -> None:
        self.world, self.punished, self.waiting = world, 0, 0
        self.operator, self.accomplice = world.dishonest, world.delegators[0]
        self.victims = [world.honest, *world.delegators[1:]]
        self.do(self.accomplice, world.challenges, "takeSnapshot")
        world.now += PARAMETERS["gracePeriod"]

    def do(self, who: str, contract: Any, function: str, *arguments: Any) -> bool:
        return self.world.send(who, contract, function, *arguments)

    def stake(self, own: int) -> None:
        assert self.do(self.operator, self.world.manager, "stake", self.operator, own)

    def prepare(self, kind: str, who: int, amount: int) -> None:
        account, manager = [self.operator, *self.victims][who], self.world.manager
        if kind == "unstake":
            owned = self.world.quick.read((manager, "sharesOf", self.operator, account))[0]
            amount = owned * (amount % 10 + 1) // 10
        done = self.do(account, manager, kind, self.operator, amount)
        self.waiting += done and kind == "unstake"

    def commit(self, fault: str, index: int) -> None:
        before = self.wealth(self.operator, self.accomplice)
        theirs = [self.wealth(each) for each in self.victims]
        self.punished += getattr(self, fault)(index)
        assert self.wealth(self.operator, self.accomplice) <= before
        for each, had in zip(self.victims, theirs, strict=True):
            assert self.wealth(each) <= had

    def fraud(self, index: int) -> bool:
        world, key = self.world, self.world.keys[self.operator][0]
        false = replace(world.checkpoint(index), merkle_tree_hook=WRONG)
        fault = keccak(encode(["address", "uint32"], [key.address, index]))
        commitment = keccak(
            encode(["bytes32", "address", "bytes32"], [fault, self.accomplice, SALT])
        )
        self.do(self.accomplice, world.slasher, "commit", commitment)
        evidence = struct(false), false.sign(key), SALT
        return self.do(self.accomplice, world.slasher, "slashWrongTree", *evidence)

    def censorship(self, index: int) -> bool:
        world = self.world
        asked = (self.operator, index, 0, 2**255)
        if not self.do(self.accomplice, world.challenges, "open", *asked):
            return False
        number = world.quick.read((world.challenges, "challengeCount"))[0] - 1
        world.now += PARAMETERS["answerPeriod"]
        punished = self.do(self.accomplice, world.challenges, "resolve", number)
        world.now += PARAMETERS["jailPeriod"]
        self.do(self.operator, world.manager, "unjail")
        world.now += PARAMETERS["gracePeriod"]
        return punished

    def wealth(self, *people: str) -> int:
        """Tokens, what is owed, shares and what waits, in all."""
        world, manager = self.world, self.world.manager
        (pool, *waiting) = world.quick.read(
            (manager, "unbondingPools", self.operator),
            *((manager, "unbondings", number) for number in range(self.waiting)),
        )
        assets, shares = pool
        found = sum(
            part * (assets + 1) // (shares + 1_000)
            for owner, _, _, part in waiting
            if to_checksum_address(owner) in people
        )
        calls = [(each, world.token, "balanceOf") for each in people] + [
            (each, world.challenges, "owed") for each in people
        ]
        staked = [(manager, "stakeOf", self.operator, each) for each in people]
        reads = [(contract, name, each) for each, contract, name in calls]
        return found + sum(world.quick.read(*reads, *staked))
