"""Random histories of staking: the contracts do, to the last unit, what the model does.

One operator is honest: it signs each leaf as it is, with several keys, and answers challenges. The
other signs anything. A stranger tries what strangers try. After every call the tokens that the
contracts hold are those that the model says; after every history, everything else is as well.
"""

import copy
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from benchmarks.anvil import Chain, anvil
from eth_account.signers.local import LocalAccount
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from web3.contract import Contract

from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import MerkleTree

from ..contracts.isms.signing import validator
from ..contracts.staking.conftest import PARAMETERS, WRONG, possession, struct
from .staking_model import Operator, Refused, Staking

LOCAL, REMOTE = 31337, 1000
LEAVES = 4
KEYS = 3
"""That each operator has in the course of a history."""
SUPPLY = 10**24
TREASURY = "0x" + "77" * 20
UNLIMITED = 2**256 - 1
STATUS = ["none", "active", "jailed", "left", "tombstoned"]
SECONDS = st.sampled_from([1, 600, 3_600, 86_400, 15 * 86_400])
AMOUNTS = st.one_of(st.integers(0, 20), st.integers(0, 10**9), st.just(SUPPLY // 50))


class World:
    """Contracts on a chain of their own, as every history finds them."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.web3, self.calls = chain, chain.web3, 0
        accounts = self.web3.eth.accounts
        self.owner, self.honest, self.dishonest, self.stranger = accounts[:4]
        self.delegators = accounts[4:7]
        self.people = [self.honest, self.dishonest, *self.delegators]
        self.keys = {
            self.honest: [validator(i) for i in range(KEYS)],
            self.dishonest: [validator(KEYS + i) for i in range(KEYS)],
        }
        self._deploy()
        self.balances = {
            who: self.token.functions.balanceOf(who).call()
            for who in [*self.people, self.stranger, TREASURY]
        }

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
        for operator in self.keys:
            self.send(operator, self.manager, "register", *self.key_of(operator, 0, 1_000))

    def key_of(self, operator: str, number: int, *between: int) -> tuple[Any, ...]:
        """Arguments that bind an operator to one of its keys."""
        key = self.keys[operator][number]
        manager = SimpleNamespace(
            address=self.manager.address, provider=SimpleNamespace(chain_id=LOCAL)
        )
        return (key.address, *between, possession(manager, operator, key))

    def send(self, who: str, contract: Contract, function: str, *arguments: Any) -> bool:
        """Whether the transaction did what it should; counts it."""
        self.calls += 1
        data = contract.encode_abi(function, list(arguments))
        transaction = {"from": who, "to": contract.address, "data": data, "gas": hex(5_000_000)}
        request = self.web3.provider.make_request
        number = request("eth_sendTransaction", [transaction])["result"]
        while (receipt := request("eth_getTransactionReceipt", [number])["result"]) is None:
            pass  # anvil mines at once, and answers a moment before it has
        return bool(int(receipt["status"], 16))

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
        self.snapshot_id = self.rpc("evm_snapshot")
        now = world.web3.eth.get_block("latest")["timestamp"]
        self.model = self.model_of(PARAMETERS, TREASURY, Counter(world.balances), now)
        self.salt = 0
        self.keys = dict.fromkeys(world.keys, 1)
        """How many keys each operator has had; the last one signs."""
        for operator in world.keys:
            since = world.manager.functions.activeSince(operator).call()
            self.model.operators[operator] = Operator(1_000, since)
        for operator in world.keys:
            self.expect(world.manager, operator, "stake", operator, 10**9)

    def teardown(self) -> None:
        if hasattr(self, "model"):
            try:
                self.compare_all()
            finally:
                self.rpc("evm_revert", self.snapshot_id)

    def rpc(self, method: str, *arguments: Any) -> Any:
        return self.world.web3.provider.make_request(method, list(arguments))["result"]

    def call(self, who: str, contract: Contract, function: str, *arguments: Any) -> bool:
        """Sends in the next second."""
        self.model.now += 1
        self.rpc("evm_setNextBlockTimestamp", self.model.now)
        return self.world.send(who, contract, function, *arguments)

    def both(self, does: bool, model: Any, *arguments: Any) -> None:
        """The model agrees that the call just made did something, or was refused."""
        before = copy.deepcopy(self.model)
        try:
            model(*arguments)
        except Refused:
            self.model = before
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
    @rule(data=st.data())
    def withdraw(self, data: Any) -> None:
        number = data.draw(st.integers(0, len(self.model.waiting)))
        entry = self.model.waiting[number] if number < len(self.model.waiting) else None
        who = entry[0] if entry else self.world.delegators[0]
        self.expect(self.world.manager, who, "withdraw", number)

    @rule(data=st.data(), amount=AMOUNTS)
    def reward(self, data: Any, amount: int) -> None:
        who, operator = self.pick(data, self.world.people), self.pick_operator(data)
        self.expect(self.world.manager, who, "reward", operator, amount)

    @rule(seconds=SECONDS)
    def wait(self, seconds: int) -> None:
        self.model.now += seconds

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

    # --- operators

    @rule(data=st.data())
    def unjail(self, data: Any) -> None:
        self.expect(self.world.manager, self.pick_operator(data), "unjail")

    @rule(data=st.data())
    def rotate(self, data: Any) -> None:
        operator = self.pick_operator(data)
        number = self.keys[operator]
        if number == KEYS:
            return
        allowed = self.model.operators[operator].status in ("active", "jailed")
        arguments = self.world.key_of(operator, number)
        assert self.call(operator, self.world.manager, "rotateKey", *arguments) == allowed
        self.keys[operator] += allowed

    @rule(chance=st.integers(0, 20))
    def leave(self, chance: int) -> None:
        if chance == 0:
            self.expect(self.world.manager, self.world.dishonest, "leave")

    # --- fraud

    @rule(data=st.data(), index=st.integers(0, 2 * LEAVES), equivocal=st.booleans())
    def catch(self, data: Any, index: int, equivocal: bool) -> None:
        """The dishonest operator signed something false with a key that it still answers for."""
        world = self.world
        reporter = self.pick(data, world.people)
        key = world.keys[world.dishonest][self.keys[world.dishonest] - 1]
        if index < LEAVES:
            truth = world.checkpoint(index)
            false = [replace(truth, root=WRONG), replace(truth, message_id=WRONG)]
            arguments: tuple[Any, ...]
            if equivocal:
                function, shown = "slashEquivocation", [truth, false[0]]
                arguments = tuple(x for each in shown for x in (struct(each), each.sign(key)))
            elif index % 2:
                function = "slashRoot"
                arguments = (struct(false[0]), world.proof(index), false[0].sign(key))
            else:
                function, proof = "slashMessageId", (world.proof(index), truth.message_id)
                arguments = (struct(false[1]), *proof, false[1].sign(key))
        else:
            ahead = replace(world.checkpoint(LEAVES - 1), index=index)
            function, arguments = "slashPremature", (struct(ahead), ahead.sign(key))
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
        signed, signed_second = true.sign(key), second.sign(key)
        accusations: dict[str, tuple[Any, ...]] = {
            "slashPremature": (struct(true), signed),
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
                struct(true), signed, struct(false), false.sign(forger),
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
        fault = slasher.functions.faultOf(key.address, index).call()
        commitment = slasher.functions.commitmentOf(fault, who, salt).call()
        assert self.call(who, slasher, "commit", commitment)
        return self.call(who, slasher, function, *arguments, salt)

    # --- censorship

    @rule()
    def observe(self) -> None:
        assert self.call(self.world.stranger, self.world.challenges, "takeSnapshot")
        self.model.snapshot(LEAVES)

    @precondition(lambda self: self.model.snapshots)
    @rule(data=st.data(), index=st.integers(0, LEAVES))
    def challenge(self, data: Any, index: int) -> None:
        who, operator = self.pick(data, self.world.delegators), self.pick_operator(data)
        number = data.draw(st.integers(0, len(self.model.snapshots)))
        arguments = (operator, index, number)
        does = self.call(who, self.world.challenges, "open", *arguments, UNLIMITED)
        self.both(does, self.model.challenge, who, *arguments)

    @precondition(lambda self: self.model.challenges)
    @rule(data=st.data(), index=st.integers(0, LEAVES - 1))
    def answer(self, data: Any, index: int) -> None:
        number = data.draw(st.integers(0, len(self.model.challenges) - 1))
        challenge = self.model.challenges[number]
        right = challenge is not None and data.draw(st.booleans())
        operator = challenge.operator if challenge and right else self.pick_operator(data)
        self._answer(number, operator, challenge.index if challenge and right else index)

    @precondition(lambda self: self.model.challenges)
    @rule(data=st.data())
    def resolve(self, data: Any) -> None:
        """The honest operator answers before it is too late."""
        number = data.draw(st.integers(0, len(self.model.challenges)))
        listed = number < len(self.model.challenges)
        challenge = self.model.challenges[number] if listed else None
        if challenge and challenge.operator == self.world.honest:
            self._answer(number, challenge.operator, challenge.index)
        does = self.call(self.world.stranger, self.world.challenges, "resolve", number)
        self.both(does, self.model.resolve, number)

    def _answer(self, number: int, operator: str, index: int) -> None:
        world = self.world
        checkpoint = world.checkpoint(index)
        signature = checkpoint.sign(world.keys[operator][self.keys[operator] - 1])
        arguments = (number, struct(checkpoint), signature)
        does = self.call(world.stranger, world.challenges, "answer", *arguments)
        self.both(does, self.model.answer, number, operator, index)

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
            (world.manager, "applyParameters", ()),
            (world.manager, "transferOwnership", (world.stranger,)),
            (world.manager, "rotateKey", world.key_of(world.dishonest, KEYS - 1)),
        ]
        contract, function, arguments = data.draw(st.sampled_from(attempts))
        assert not self.call(world.stranger, contract, function, *arguments), function

    # --- what holds

    @invariant()
    def tokens_are_where_they_should_be(self) -> None:
        if not hasattr(self, "model"):
            return
        self.model.check()
        assert self.held(self.world.manager.address) == self.model.held_by_manager()
        assert self.held(self.world.challenges.address) == self.model.held_by_challenges()

    @invariant()
    def the_honest_lose_nothing_and_strangers_gain_nothing(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self.model.operators[self.world.honest].lost == 0
        assert self.held(self.world.stranger) == self.world.balances[self.world.stranger]

    def held(self, account: str) -> int:
        return int(self.world.token.functions.balanceOf(account).call())

    def compare_all(self) -> None:
        manager, model = self.world.manager.functions, self.model
        for address, operator in model.operators.items():
            assert STATUS[manager.operatorState(address).call()[0]] == operator.status
            for view, pool in (
                (manager.pools, operator.pool),
                (manager.unbondingPools, operator.unbonding),
            ):
                assert view(address).call() == [pool.assets, pool.shares]
            for who in self.world.people:
                assert manager.sharesOf(address, who).call() == operator.shares[who]
        assert manager.confiscated().call() == model.confiscated
        for who in self.world.balances:
            assert self.held(who) == model.balances[who]
            assert self.world.challenges.functions.owed(who).call() == model.owed[who]

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
    calls: int,
    model: type[Staking] = Staking,
    phases: tuple[Phase, ...] = tuple(Phase),
) -> int:
    """How many transactions that many random histories of so many steps were."""
    before = world.calls
    run_state_machine_as_test(
        type("Histories", (Histories,), {"world": world, "model_of": model}),
        settings=settings(
            max_examples=histories,
            stateful_step_count=calls,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=phases,
            report_multiple_bugs=False,
        ),
    )
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


class StakesWhilePaused(Staking):
    def stake(self, *arguments: Any) -> None:
        paused, self.paused = self.paused, False
        super().stake(*arguments)
        self.paused = paused


class PaysBackTheWholeBond(Staking):
    def answer(self, number: int, operator: str, index: int) -> None:
        bond = self._open(number).bond
        super().answer(number, operator, index)
        self.owed[operator] += bond - bond // 2
        self.owed[self.treasury] -= bond - bond // 2


@pytest.mark.long
@pytest.mark.parametrize(
    "wrong", [TakesNoCommission, GivesTheReporterAll, StakesWhilePaused, PaysBackTheWholeBond]
)
def test_histories_tell_a_wrong_model_from_the_contracts(world, wrong):
    with pytest.raises(AssertionError):
        explore(world, 60, 40, wrong, phases=(Phase.generate,))


@pytest.mark.long
def test_staking_does_what_the_model_does_over_50_000_calls(world):
    calls = 0
    while calls < 50_000:
        calls += explore(world, 150, 100)
