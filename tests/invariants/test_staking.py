"""Random histories of staking: the contracts do, to the last unit, what the model does.

One operator is honest: it signs each leaf as it is, with several keys, and answers challenges. The
other signs anything. A stranger tries what strangers try. After every call the tokens that the
contracts hold are those that the model says; after every history, everything else is as well.
"""

from collections import Counter
from dataclasses import replace
from functools import cache, partial
from itertools import count
from typing import Any

import pytest
from benchmarks.anvil import Chain, anvil
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from tests.support.signing import validator
from tests.support.staking_contracts import PARAMETERS, WRONG, struct
from web3.contract import Contract

from ape_hyperlane.staking.operators import possession
from hyperlane.protocol.abi import encode
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import MerkleTree

from .histories import run
from .quick_chain import QuickChain
from .staking_model import Challenge, Operator, Refused, Staking

LOCAL, REMOTE = 31337, 1000
LEAVES = 4
KEYS = 3
"""That each operator has in the course of a history."""
SUPPLY = 10**24
TREASURY = "0x" + "77" * 20
UNLIMITED = 2**256 - 1
DAY = 86_400
BOUNDS = {
    "unbondingPeriod": (7 * DAY, 60 * DAY),
    "jailPeriod": (3_600, 30 * DAY),
    "gracePeriod": (600, 7 * DAY),
    "answerPeriod": (3_600, 3 * DAY),
    "fraudFraction": (1_000, 10_000),
    "censorshipFraction": (1, 1_000),
    "reporterFraction": (100, 2_000),
    "minimumStake": (1, 2**96 - 1),
    "challengeBond": (1, 2**88 - 1),
}
STATUS = ["none", "active", "jailed", "left", "tombstoned"]
PATIENCE = st.sampled_from([0, -1, 1, None])
SECONDS = st.sampled_from([1, 600, 3_600, DAY, 15 * DAY])
AMOUNTS = st.one_of(st.integers(0, 20), st.integers(0, 10**9), st.just(SUPPLY // 50))


@cache
def signature(checkpoint: Checkpoint, key: LocalAccount) -> bytes:
    return checkpoint.sign(key)


class World:
    """Contracts on a chain of their own, as every history finds them."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.quick = chain, QuickChain(chain.web3.provider.endpoint_uri)  # type: ignore[attr-defined]
        self.now, self.calls = chain.web3.eth.get_block("latest")["timestamp"] + 1_000, 0
        accounts = chain.web3.eth.accounts
        self.owner, self.honest, self.dishonest, self.stranger = accounts[:4]
        self.delegators = accounts[4:7]
        self.people = [self.honest, self.dishonest, *self.delegators]
        self.keys = {
            self.honest: [validator(i) for i in range(KEYS)],
            self.dishonest: [validator(KEYS + i) for i in range(KEYS)],
        }
        self._deploy()
        owners = [*self.people, self.stranger, TREASURY]
        self.balances = dict(zip(owners, self.held(*owners), strict=True))

    def _deploy(self) -> None:
        chain = self.chain
        self.mailbox = chain.deploy("Mailbox", LOCAL)
        self.hook = chain.deploy("MerkleTreeHook", self.mailbox.address)
        nothing = chain.deploy("BareHook").address
        ism = chain.deploy("NoopIsm").address
        setup = (self.owner, ism, nothing, self.hook.address)
        chain.send(self.mailbox.functions.initialize(*setup))
        self.token = chain.deploy("TestERC20", "Stake", "STK", SUPPLY, 18)
        self.proofs = chain.deploy("CheckpointFraudProofs")
        self.manager = chain.deploy(
            "StakingManager",
            self.token.address,
            TREASURY,
            self.owner,
            tuple(PARAMETERS.values()),
            self.hook.address,
            self.proofs.address,
        )
        functions = self.manager.functions
        self.slasher = chain.at("CheckpointSlasher", functions.slasher().call())
        self.challenges = chain.at("CensorshipChallenges", functions.challenges().call())
        self.tree = MerkleTree()
        for nonce in range(LEAVES):
            chain.send(self.mailbox.functions.dispatch(REMOTE, b"\x22" * 32, bytes([nonce])))
            self.tree.append(self.mailbox.functions.latestDispatchedId().call())
        chain.send(self.proofs.functions.storeLatestCheckpoint(self.hook.address))
        for who in [*self.people, self.stranger]:
            chain.send(self.token.functions.transfer(who, SUPPLY // 10))
            for spender in (self.manager, self.challenges):
                self.send(who, self.token, "approve", spender.address, UNLIMITED)
        self._possession = cache(partial(possession, LOCAL, self.manager.address))
        for operator in self.keys:
            self.send(operator, self.manager, "register", *self.key_of(operator, 0, 1_000))
        self.start = self.now

    def key_of(self, operator: str, number: int, *between: int) -> tuple[Any, ...]:
        """Arguments that bind an operator to one of its keys."""
        key = self.keys[operator][number]
        return (key.address, *between, self._possession(operator, key))

    def send(self, who: str, contract: Contract, function: str, *arguments: Any) -> bool:
        """Whether the transaction, a second after the last one, did what it should; counts it."""
        self.calls += 1
        self.now += 1
        return self.quick.send(who, contract, function, *arguments, at=self.now)

    def held(self, *accounts: str) -> list[int]:
        return self.quick.read(*((self.token, "balanceOf", each) for each in accounts))

    def checkpoint(self, index: int) -> Checkpoint:
        hook = bytes.fromhex(self.hook.address[2:]).rjust(32, b"\0")
        return Checkpoint(LOCAL, hook, self.tree.root(index), index, self.tree.leaf(index))

    def proof(self, index: int) -> tuple[bytes, ...]:
        return self.tree.proof(index, LEAVES - 1)


class Histories(RuleBasedStateMachine):
    world: World
    model_of: type[Staking] = Staking

    @initialize()
    def begin(self) -> None:
        world = self.world
        self.snapshot_id = world.quick.rpc("evm_snapshot")
        world.now = world.start
        self.model = self.model_of(PARAMETERS, BOUNDS, TREASURY, Counter(world.balances), world.now)
        self.salt = 0
        self.keys = dict.fromkeys(world.keys, 1)
        """How many keys each operator has had; the last one signs."""
        for operator in world.keys:
            (since,) = world.quick.read((world.manager, "activeSince", operator))
            key = world.keys[operator][0].address
            self.model.operators[operator] = Operator(1_000, since, key)
        for operator in world.keys:
            self.expect(world.manager, operator, "stake", operator, 10**9)
        self.observe(0)

    def teardown(self) -> None:
        if hasattr(self, "model"):
            try:
                self.compare_all()
            finally:
                self.world.quick.rpc("evm_revert", self.snapshot_id)

    def call(self, who: str, contract: Contract, function: str, *arguments: Any) -> bool:
        does = self.world.send(who, contract, function, *arguments)
        self.model.now = self.world.now
        return does

    def both(self, does: bool, model: Any, *arguments: Any) -> None:
        """The model agrees that the call just made did something, or was refused."""
        try:
            model(*arguments)
        except Refused:
            assert not does, "the contract did what it must refuse"
        else:
            assert does, "the contract refused what it must do"

    def expect(self, contract: Contract, who: str, function: str, *arguments: Any) -> None:
        does = self.call(who, contract, function, *arguments)
        self.both(does, getattr(self.model, function), who, *arguments)

    # --- people

    @rule(data=st.data(), amount=AMOUNTS)
    def stake(self, data: Any, amount: int) -> None:
        who, operator = self.pick(data, self.world.people), self.pick_operator(data)
        self.expect(self.world.manager, who, "stake", operator, amount)

    @rule(data=st.data(), part=st.sampled_from([0, 1, 2, 3, 10**9]), over=st.integers(0, 1))
    def unstake(self, data: Any, part: int, over: int) -> None:
        who, operator = self.pick(data, self.world.people), self.pick_operator(data)
        owned = self.model.operators[operator].shares[who]
        self.expect(
            self.world.manager, who, "unstake", operator, (owned // part if part else 0) + over
        )

    @precondition(lambda self: self.model.waiting)
    @rule(data=st.data(), patience=PATIENCE)
    def withdraw(self, data: Any, patience: int | None) -> None:
        number = data.draw(st.integers(0, len(self.model.waiting)))
        entry = self.model.waiting[number] if number < len(self.model.waiting) else None
        who = entry[0] if entry else self.world.delegators[0]
        if entry:
            self.wait_until(entry[3], patience)
        self.expect(self.world.manager, who, "withdraw", number)

    @rule(data=st.data(), amount=AMOUNTS)
    def reward(self, data: Any, amount: int) -> None:
        who, operator = self.pick(data, self.world.people), self.pick_operator(data)
        self.expect(self.world.manager, who, "reward", operator, amount)

    @rule(seconds=SECONDS)
    def wait(self, seconds: int) -> None:
        self.pass_until(self.world.now + seconds)

    def wait_until(self, time: int, patience: int | None) -> None:
        """Have the next call so many seconds after a time; now, if None or if that is over."""
        if patience is not None:
            self.pass_until(time + patience - 1)

    def pass_until(self, time: int) -> None:
        """The honest operator answers before it is too late."""
        for number, challenge in enumerate(self.model.challenges):
            honest = challenge is not None and challenge.operator == self.world.honest
            if challenge and honest and challenge.deadline <= time + 1_000:
                self._answer(number, challenge.operator, challenge.index)
        self.world.now = max(self.world.now, time)

    @rule(data=st.data())
    def collect(self, data: Any) -> None:
        world = self.world
        self.both(self.call(world.stranger, world.manager, "collect"), self.model.collect)
        account = self.pick(data, [*world.people, TREASURY])
        does = self.call(world.stranger, world.challenges, "collect", account)
        self.both(does, self.model.collect_owed, account)

    @rule()
    def pause(self) -> None:
        function = "unpause" if self.model.paused else "pause"
        assert self.call(self.world.owner, self.world.manager, function)
        self.model.paused = not self.model.paused

    # --- parameters

    @rule(data=st.data(), name=st.sampled_from(sorted(BOUNDS)))
    def schedule(self, data: Any, name: str) -> None:
        least, most = BOUNDS[name]
        value = data.draw(st.sampled_from([least - 1, least, PARAMETERS[name], most, most + 1]))
        wanted = {**self.model.parameters, name: value}
        arguments = self.world.owner, self.world.manager, "scheduleParameters"
        self.both(self.call(*arguments, tuple(wanted.values())), self.model.schedule, wanted)

    @rule(chance=st.integers(0, 5), patience=PATIENCE)
    def apply_or_cancel(self, chance: int, patience: int | None) -> None:
        world, model = self.world, self.model
        if chance:
            if model.scheduled:
                self.wait_until(model.scheduled[1], patience)
            self.both(self.call(world.stranger, world.manager, "applyParameters"), model.apply)
        else:
            self.both(self.call(world.owner, world.manager, "cancelParameters"), model.cancel)

    # --- operators

    @rule(data=st.data(), patience=PATIENCE)
    def unjail(self, data: Any, patience: int | None) -> None:
        operator = self.pick_operator(data)
        if self.model.operators[operator].status == "jailed":
            self.wait_until(self.model.operators[operator].time, patience)
        self.expect(self.world.manager, operator, "unjail")

    @rule(data=st.data())
    def rotate(self, data: Any) -> None:
        operator = self.pick_operator(data)
        number = self.keys[operator]
        if number == KEYS:
            return
        allowed = self.model.operators[operator].status in ("active", "jailed")
        arguments = self.world.key_of(operator, number)
        does = self.call(operator, self.world.manager, "rotateKey", *arguments)
        self.both(does, self.model.rotate, operator, arguments[0])
        self.keys[operator] += allowed

    @rule(chance=st.integers(0, 20))
    def leave(self, chance: int) -> None:
        if chance == 0:
            self.expect(self.world.manager, self.world.dishonest, "leave")

    # --- fraud

    @rule(
        data=st.data(),
        index=st.integers(0, 2 * LEAVES),
        equivocal=st.booleans(),
        chance=st.integers(0, 7),
    )
    def catch(self, data: Any, index: int, equivocal: bool, chance: int) -> None:
        """The dishonest operator signed something false with a key that it still answers for."""
        world = self.world
        if chance:
            return
        reporter = self.pick(data, world.people)
        key = world.keys[world.dishonest][self.keys[world.dishonest] - 1]
        if index < LEAVES:
            truth = world.checkpoint(index)
            false = [replace(truth, root=WRONG), replace(truth, message_id=WRONG)]
            arguments: tuple[Any, ...]
            if equivocal and index == 0:
                elsewhere = replace(truth, merkle_tree_hook=WRONG)
                function = "slashWrongTree"
                arguments = (struct(elsewhere), signature(elsewhere, key))
            elif equivocal:
                function, shown = "slashEquivocation", [truth, false[0]]
                arguments = tuple(x for each in shown for x in (struct(each), signature(each, key)))
            elif index % 2:
                function = "slashRoot"
                arguments = (struct(false[0]), world.proof(index), signature(false[0], key))
            else:
                function, proof = "slashMessageId", (world.proof(index), truth.message_id)
                arguments = (struct(false[1]), *proof, signature(false[1], key))
        else:
            ahead = replace(world.checkpoint(LEAVES - 1), index=index)
            function, arguments = "slashPremature", (struct(ahead), signature(ahead, key))
        does = self.report(reporter, key, index, function, *arguments)
        self.both(does, self.model.fraud, reporter, world.dishonest, key.address, index)

    @rule(data=st.data(), index=st.integers(0, LEAVES - 1), other=st.integers(0, LEAVES - 1))
    def accuse_the_honest(self, data: Any, index: int, other: int) -> None:
        """Everything that it ever signed is true, and forgeries are not its own."""
        world = self.world
        key = data.draw(st.sampled_from(world.keys[world.honest][: self.keys[world.honest]]))
        forger = world.keys[world.dishonest][0]
        true, second = world.checkpoint(index), world.checkpoint(other)
        false = replace(true, root=WRONG)
        signed, signed_second = signature(true, key), signature(second, key)
        accusations: dict[str, tuple[Any, ...]] = {
            "slashPremature": (struct(true), signed),
            "slashWrongTree": (struct(true), signed),
            "slashMessageId": (
                struct(true), world.proof(other), world.tree.leaf(other), signed,
            ),
            "slashRoot": (struct(true), world.proof(index), signed),
            "slashEquivocation": (struct(true), signed, struct(second), signed_second),
        }  # fmt: skip
        if other == index:
            accusations["slashEquivocation"] = (struct(true), signed, struct(false), signed)
        elif other == LEAVES - 1:
            accusations["slashEquivocation"] = (
                struct(true), signed, struct(false), signature(false, forger),
            )  # fmt: skip
        function = data.draw(st.sampled_from(sorted(accusations)))
        arguments = accusations[function]
        assert not self.report(world.stranger, key, index, function, *arguments)

    def report(
        self, who: str, key: LocalAccount, index: int, function: str, *arguments: Any
    ) -> bool:
        slasher = self.world.slasher
        self.salt += 1
        salt = self.salt.to_bytes(32)
        fault = keccak(encode(["address", "uint32"], [key.address, index]))
        commitment = keccak(encode(["bytes32", "address", "bytes32"], [fault, who, salt]))
        assert self.call(who, slasher, "commit", commitment)
        return self.call(who, slasher, function, *arguments, salt)

    # --- censorship

    @rule(chance=st.integers(0, 3))
    def observe(self, chance: int) -> None:
        if chance:
            return
        assert self.call(self.world.stranger, self.world.challenges, "takeSnapshot")
        self.model.snapshot(LEAVES)

    @rule(data=st.data(), index=st.integers(0, LEAVES), patience=PATIENCE)
    def challenge(self, data: Any, index: int, patience: int | None) -> None:
        who, operator = self.pick(data, self.world.delegators), self.pick_operator(data)
        snapshots = self.model.snapshots
        number = data.draw(st.sampled_from([0, 0, len(snapshots) - 1, len(snapshots)]))
        if number < len(snapshots):
            since = max(snapshots[number][0], self.model.operators[operator].time)
            leaving = self.model.operators[operator].active_until
            if leaving and data.draw(st.integers(0, 5)) == 0:
                unbonding = self.model.parameters["unbondingPeriod"]
                self.wait_until(leaving + unbonding, data.draw(st.sampled_from([0, 1])))
            self.wait_until(since + self.model.parameters["gracePeriod"], patience)
        arguments = (operator, index, number)
        does = self.call(who, self.world.challenges, "open", *arguments, UNLIMITED)
        self.both(does, self.model.challenge, who, *arguments)

    @precondition(lambda self: self.model.challenges)
    @rule(data=st.data(), index=st.integers(0, LEAVES - 1))
    def answer(self, data: Any, index: int) -> None:
        number, challenge = self.pick_challenge(data)
        right = challenge is not None and data.draw(st.integers(0, 3)) > 0
        operator = challenge.operator if challenge and right else self.pick_operator(data)
        if challenge and challenge.operator == self.world.dishonest:
            self.wait_until(challenge.deadline, data.draw(PATIENCE))
        key = None if right else data.draw(st.integers(0, KEYS - 1))
        self._answer(number, operator, challenge.index if challenge and right else index, key)

    @precondition(lambda self: self.model.challenges)
    @rule(data=st.data(), patience=PATIENCE)
    def resolve(self, data: Any, patience: int | None) -> None:
        number, challenge = self.pick_challenge(data)
        if challenge:
            self.wait_until(challenge.deadline + 1, patience)
        who = self.pick(data, self.world.delegators)
        does = self.call(who, self.world.challenges, "resolve", number)
        self.both(does, self.model.resolve, who, number)

    def pick_challenge(self, data: Any) -> tuple[int, Challenge | None]:
        """By number: mostly one that is open, else the first one or one that there is not."""
        challenges = dict(enumerate(self.model.challenges))
        still_open = [number for number, each in challenges.items() if each]
        number = data.draw(st.sampled_from([*still_open, 0, len(challenges)]))
        return number, challenges.get(number)

    def _answer(self, number: int, operator: str, index: int, place: int | None = None) -> None:
        """With the key that the operator signs with now, or the one of this place."""
        world = self.world
        checkpoint = world.checkpoint(index)
        key = world.keys[operator][self.keys[operator] - 1 if place is None else place]
        arguments = (number, struct(checkpoint), signature(checkpoint, key))
        does = self.call(world.stranger, world.challenges, "answer", *arguments)
        self.both(does, self.model.answer, number, key.address, index)

    # --- strangers

    @rule(data=st.data(), amount=AMOUNTS)
    def trespass(self, data: Any, amount: int) -> None:
        """What a stranger must not do, and what would only do something if it owned something."""
        world, operator = self.world, self.pick_operator(data)
        attempts: list[tuple[Contract, str, tuple[Any, ...]]] = [
            (world.manager, "punishFraud", (operator, world.stranger)),
            (world.manager, "punishCensorship", (operator, world.stranger)),
            (world.manager, "unstake", (operator, amount)),
            (world.manager, "withdraw", (data.draw(st.integers(0, len(self.model.waiting))),)),
            (world.manager, "pause", ()),
            (world.manager, "unpause", ()),
            (world.manager, "unjail", ()),
            (world.manager, "leave", ()),
            (world.manager, "lowerCommission", (0,)),
            (world.manager, "scheduleParameters", (tuple(PARAMETERS.values()),)),
            (world.manager, "cancelParameters", ()),
            (world.manager, "transferOwnership", (world.stranger,)),
            (world.manager, "rotateKey", world.key_of(world.dishonest, KEYS - 1)),
        ]
        contract, function, arguments = data.draw(st.sampled_from(attempts))
        assert not self.call(world.stranger, contract, function, *arguments), function

    # --- what holds

    @invariant()
    def tokens_are_where_they_should_be(self) -> None:
        """And so the honest lose nothing, and strangers gain nothing."""
        if not hasattr(self, "model"):
            return
        self.model.check()
        world, model = self.world, self.model
        contracts = world.manager.address, world.challenges.address
        *held, gained = world.held(*contracts, world.stranger)
        assert held == [model.held_by_manager(), model.held_by_challenges()]
        assert model.operators[world.honest].lost == 0
        assert gained == world.balances[world.stranger]

    def compare_all(self) -> None:
        world, model, manager = self.world, self.model, self.world.manager
        expected: list[tuple[tuple[Any, ...], Any]] = [
            ((manager, "confiscated"), model.confiscated),
            ((manager, "parameters"), tuple(model.parameters.values())),
        ]
        for address, operator in model.operators.items():
            pool, unbonding = operator.pool, operator.unbonding
            expected += [
                ((manager, "pools", address), (pool.assets, pool.shares)),
                ((manager, "unbondingPools", address), (unbonding.assets, unbonding.shares)),
                *(
                    ((manager, "sharesOf", address, who), operator.shares[who])
                    for who in world.people
                ),
            ]
        for who in world.balances:
            expected += [
                ((world.token, "balanceOf", who), model.balances[who]),
                ((world.challenges, "owed", who), model.owed[who]),
            ]
        calls, values = zip(*expected, strict=True)
        assert world.quick.read(*calls) == list(values)
        states = world.quick.read(*((manager, "operatorState", each) for each in model.operators))
        statuses = [each.status for each in model.operators.values()]
        assert [STATUS[state[0]] for state in states] == statuses

    def pick(self, data: Any, people: list[str]) -> str:
        return str(data.draw(st.sampled_from(people)))

    def pick_operator(self, data: Any) -> str:
        return self.pick(data, list(self.world.keys))


@pytest.fixture(scope="module")
def world():
    with anvil() as web3:
        yield World(Chain(web3))


def explore(
    world: World,
    histories: int,
    steps: int,
    number: int = 0,
    model: type[Staking] = Staking,
    phases: tuple[Phase, ...] = tuple(Phase),
) -> int:
    """How many transactions that many histories of so many steps were; random by `number`."""
    before = world.calls
    machine = type("Histories", (Histories,), {"world": world, "model_of": model})
    run(machine, histories, steps, number, phases)
    return world.calls - before


def test_staking_does_what_the_model_does(world):
    assert explore(world, 15, 40) >= 300


class TakesNoCommission(Staking):
    def reward(self, who: str, operator: str, assets: int) -> None:
        self.operators[operator].commission = 0
        super().reward(who, operator, assets)


class GivesTheReporterAll(Staking):
    def fraud(self, *arguments: Any) -> None:
        super().fraud(*arguments)
        self.balances[arguments[0]] += self.confiscated
        self.confiscated = 0


class PunishesTheTombstoned(Staking):
    def fraud(self, who: str, operator: str, *fault: Any) -> None:
        if self.operators[operator].status == "tombstoned":
            self.operators[operator].status = "left"
        super().fraud(who, operator, *fault)


class LetsLeaversGo(Staking):
    def is_accountable(self, operator: str) -> bool:
        return self.is_active(operator)


class TakesAnyKeysAnswer(Staking):
    def answer(self, number: int, key: str, index: int) -> None:
        super().answer(number, self.operators[self._open(number).operator].key, index)


class TakesLateAnswers(Staking):
    def answer(self, number: int, key: str, index: int) -> None:
        self._open(number).deadline = max(self._open(number).deadline, self.now)
        super().answer(number, key, index)


class KeepsPlacesTaken(Staking):
    def resolve(self, who: str, number: int) -> None:
        state = self.operators[self._open(number).operator]
        taken = state.open
        super().resolve(who, number)
        state.open = taken - 1


class TakesAnyDelegation(Staking):
    def carried(self, operator: str, parameters: dict[str, int]) -> int:
        return 2**128


class StakesWhilePaused(Staking):
    def stake(self, *arguments: Any) -> None:
        paused, self.paused = self.paused, False
        try:
            super().stake(*arguments)
        finally:
            self.paused = paused


class PaysBackTheWholeBond(Staking):
    def answer(self, number: int, operator: str, index: int) -> None:
        bond = self._open(number).bond
        super().answer(number, operator, index)
        self.owed[operator] += bond - bond // 2
        self.owed[self.treasury] -= bond - bond // 2


class PunishesEachChallenge(Staking):
    def resolve(self, who: str, number: int) -> None:
        self.operators[self._open(number).operator].punished_below = 0
        super().resolve(who, number)


class ChangesParametersAtOnce(Staking):
    def schedule(self, parameters: dict[str, int]) -> None:
        super().schedule(parameters)
        self.parameters = parameters


@pytest.mark.long
@pytest.mark.parametrize(
    "wrong",
    [
        TakesNoCommission,
        GivesTheReporterAll,
        PunishesTheTombstoned,
        LetsLeaversGo,
        TakesAnyKeysAnswer,
        TakesLateAnswers,
        KeepsPlacesTaken,
        TakesAnyDelegation,
        StakesWhilePaused,
        PaysBackTheWholeBond,
        PunishesEachChallenge,
        ChangesParametersAtOnce,
    ],
)
def test_histories_tell_a_wrong_model_from_the_contracts(world, wrong):
    with pytest.raises(AssertionError):
        explore(world, 100, 100, model=wrong, phases=(Phase.generate,))


@pytest.mark.long
def test_staking_does_what_the_model_does_over_50_000_calls(world):
    calls, numbers = 0, count(1)
    while calls < 50_000:
        calls += explore(world, 150, 100, next(numbers))
