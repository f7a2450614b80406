"""Whatever the chain, the operator and its accusers do, an honest validator keeps its stake.

Random histories of a chain that replaces its last blocks, though none that is final; of an operator
whose validator, the real one, dies at any use of its storage, starts again, loses its folder or its
database, and moves to other keys; and of parameters that change. Accusers know all signatures that
were ever made, with every key, and try all that the contracts take for evidence. They challenge,
too, and the operator answers before it is too late.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import combinations, count
from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.support.devnet import Devnet, devnet, key
from tests.support.signing import validator
from tests.support.staking import DAY, STAKE, Stake, deploy_staking
from tests.support.staking_contracts import WRONG, struct

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.validator.halting import Halted
from hyperlane.agents.validator.signing import CheckpointSigner, make_signer
from hyperlane.agents.validator.witnesses import Witnesses
from hyperlane.chain.abi import Function
from hyperlane.chain.client import ChainClient
from hyperlane.chain.signer import address_of
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.settings import ChainSettings
from hyperlane.store.commitments import CheckpointStore
from hyperlane.store.database import Database
from hyperlane.store.sequences import InsertionStore

from .histories import run
from .quick_chain import Call, QuickChain

FINALITY = 4
KEYS = [validator(number) for number in range(3)]
OWNER, OPERATOR, ACCUSER = (key(index).address for index in range(3))
SALT = b"\x05" * 32
NO_EVIDENCE = {
    Function(error).selector
    for error in (
        "NotFraudulent(bytes32)",
        "NotEquivocal(address,address)",
        "NotInStoredCheckpoint(bytes32,uint32)",
    )
}
SETS = [
    (7 * DAY, 3_600, 600, 3_600, 10_000, 1_000, 2_000, 1, 1),
    (7 * DAY, 30 * DAY, 7 * DAY, 3 * DAY, 1_000, 1, 100, STAKE, 50),
]
"""Of parameters: the hardest, and soft ones."""


class Killed(Exception):
    """The validator died."""


class Storage(FolderStorage):
    """Tells accusers each signature, and dies at its `lives`-th use."""

    def __init__(self, folder: Path, known: set[SignedCheckpoint]) -> None:
        super().__init__(folder)
        self.known = known
        self.lives: int | None = None

    async def write_checkpoint(self, signed: SignedCheckpoint) -> None:
        self.known.add(signed)
        await super().write_checkpoint(signed)

    async def _read(self, name: str) -> bytes | None:
        self._use()
        return await super()._read(name)

    async def _write(self, name: str, content: str) -> None:
        self._use()
        await super()._write(name, content)
        self._use()

    def _use(self) -> None:
        if self.lives is not None:
            self.lives -= 1
            if self.lives < 0:
                raise Killed


class Validator:
    """The real signer, of one key: its database and folder outlive it."""

    def __init__(self, chain: ChainSettings, account: LocalAccount, home: Path) -> None:
        self.chain, self.account, self.home = chain, account, home
        self.known: set[SignedCheckpoint] = set()
        self.storage = Storage(home / "folder", self.known)
        self.halted = False
        """Whether it stopped by itself, and for good."""
        self._signer: CheckpointSigner | None = None
        self._open = AsyncExitStack()

    async def step(self, lives: int | None) -> None:
        """One look at the chain; may die meanwhile."""
        if self.halted:
            return
        self.storage.lives = lives
        try:
            if self._signer is None:
                self._signer = await self._start()
            await self._signer.step()
        except (Killed, Halted) as error:
            self.halted = isinstance(error, Halted)
            await self.stop()

    async def stop(self) -> None:
        self._signer = None
        await self._open.aclose()

    async def _start(self) -> CheckpointSigner:
        self.storage.folder.mkdir(parents=True, exist_ok=True)
        database = await Database.open(str(self.home / "database"))
        self._open.push_async_callback(database.close)
        period = self.chain.blocks.reorg_period
        assert period is not None
        witnesses = await self._open.enter_async_context(Witnesses(self.chain, [], period))
        client = ChainClient(self.chain.name, self.chain.chain_id, self.chain.urls, period)
        self._open.push_async_callback(client.close)
        chain = Chain(self.chain, client)
        domain, hook = chain.domain, self.chain.merkle_tree_hook
        signer = make_signer(
            chain=chain,
            account=self.account,
            storage=self.storage,
            commitments=CheckpointStore(database, domain, hook, address_of(self.account)),
            indexer=chain.insertions(database),
            leaves=InsertionStore(database, domain),
            metrics=Metrics(),
            witnesses=witnesses,
        )
        await signer.resume()
        return signer


class World:
    """A chain with stake on an operator, as every history finds it."""

    def __init__(self, chain: Devnet, stake: Stake) -> None:
        self.chain, self.stake, self.quick = chain, stake, QuickChain(chain.url)
        self.mailbox = chain.contracts["mailbox"]
        self.hook = chain.contracts["merkleTreeHook"]
        self.proofs = chain.at(
            "CheckpointFraudProofs", stake.slasher.functions.fraudProofs().call()
        )
        stake.register(1, KEYS[0])
        stake.fund(key(2), 10**20)
        approve = stake.token, "approve", stake.challenges.address, 2**256 - 1
        assert self.quick.send(ACCUSER, *approve)
        self.possessions = [stake.possession(OPERATOR, each) for each in KEYS]
        self.height = self.blocks()

    def blocks(self) -> int:
        return int(self.quick.rpc("eth_blockNumber"), 16)

    def settings(self, reorg_period: int) -> ChainSettings:
        blocks = {"reorgPeriod": reorg_period, "estimateBlockTime": 1}
        return ChainSettings.model_validate(self.chain.settings(blocks=blocks))


class Histories(RuleBasedStateMachine):
    world: World
    reorg_period = FINALITY
    """What the validator takes for final."""

    @initialize()
    def begin(self) -> None:
        self.snapshot_id = self.world.quick.rpc("evm_snapshot")
        self.home = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.validators: list[Validator] = []
        self.leaves: list[tuple[int, bytes]] = []
        """Block and message."""
        self.bodies = count()
        self.mine(1 + FINALITY)  # the states of older blocks are forgotten by and by
        self._new_key()

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        try:
            self.settle()
            self.accuse()
        finally:
            for each in self.validators:
                self.runner.run(each.stop())
            self.runner.close()
            shutil.rmtree(self.home)
            self.world.quick.rpc("evm_revert", self.snapshot_id)

    def _new_key(self) -> None:
        number = len(self.validators)
        settings = self.world.settings(self.reorg_period)
        self.validators.append(Validator(settings, KEYS[number], self.home / str(number)))

    def send(self, who: str, *call: Any) -> bool:
        return self.world.quick.send(who, *call)

    def read(self, *call: Any) -> Any:
        return self.world.quick.read(call)[0]

    # --- the chain

    @rule(messages=st.integers(1, 3))
    def dispatch(self, messages: int) -> None:
        world = self.world
        for _ in range(messages):
            body = next(self.bodies).to_bytes(4)
            assert self.send(OWNER, world.mailbox, "dispatch", 7331, WRONG, body)
            self.leaves.append((world.blocks(), self.read(world.mailbox, "latestDispatchedId")))

    @rule(blocks=st.integers(1, FINALITY + 1))
    def mine(self, blocks: int) -> None:
        self.world.quick.rpc("anvil_mine", hex(blocks))

    @rule(depth=st.integers(1, FINALITY))
    def reorganise(self, depth: int) -> None:
        """The last blocks are replaced by empty ones; what comes next is another history."""
        height = self.world.blocks()
        depth = min(depth, height - self.world.height - 1)
        if depth:
            self.world.quick.rpc("anvil_reorg", depth, [])
            self.leaves = [each for each in self.leaves if each[0] <= height - depth]

    @rule(change=st.sampled_from(SETS))
    def change_parameters(self, change: tuple[int, ...]) -> None:
        manager = self.world.stake.manager
        assert self.send(OWNER, manager, "scheduleParameters", change)
        self.pass_time(self.read(manager, "parameters")[0])
        assert self.send(ACCUSER, manager, "applyParameters")

    # --- the operator

    @rule(data=st.data(), lives=st.one_of(st.none(), st.integers(0, 12)))
    def validate(self, data: Any, lives: int | None) -> None:
        """Any of its validators, also of keys that it left."""
        number = data.draw(st.integers(0, len(self.validators) - 1))
        self.runner.run(self.validators[number].step(lives))

    @rule(lost=st.sampled_from([(), ("folder",), ("database",), ("folder", "database")]))
    def restart(self, lost: tuple[str, ...]) -> None:
        for each in self.validators:
            self.runner.run(each.stop())
            for name in lost:
                shutil.rmtree(each.home / name, ignore_errors=True)

    @rule()
    def rotate(self) -> None:
        """To the next key; or again to the last one, if a reorg took that back."""
        manager, used = self.world.stake.manager, len(self.validators)
        bound = self.read(manager, "operatorOf", KEYS[used - 1].address) != bytes(20)
        if bound and used < len(KEYS):
            self._new_key()
        elif bound:
            return
        number = len(self.validators) - 1
        arguments = KEYS[number].address, self.world.possessions[number]
        assert self.send(OPERATOR, manager, "rotateKey", *arguments)

    # --- accusers

    @precondition(lambda self: self.leaves)
    @rule()
    def store_root(self) -> None:
        assert self.send(
            ACCUSER, self.world.proofs, "storeLatestCheckpoint", self.world.hook.address
        )

    @precondition(lambda self: self.leaves)
    @rule(data=st.data())
    def challenge(self, data: Any) -> None:
        challenges = self.world.stake.challenges
        assert self.send(ACCUSER, challenges, "takeSnapshot")
        self.pass_time(self.read(self.world.stake.manager, "parameters")[2])
        index = data.draw(st.integers(0, len(self.leaves) - 1))
        newest = self.read(challenges, "snapshotCount") - 1
        if self.read(challenges, "asked", OPERATOR, index) == 0:
            assert self.send(ACCUSER, challenges, "open", OPERATOR, index, newest, 2**255)

    @rule()
    def accuse(self) -> None:
        """With everything that they know, against the tree as it is now."""
        calls = [(self.world.stake.slasher, *each) for each in self.accusations()]
        refusals = self.world.quick.refusals(ACCUSER, calls)
        for call, refusal in zip(calls, refusals, strict=True):
            assert refusal in NO_EVIDENCE, (call, refusal)
        for challenge in range(self.read(self.world.stake.challenges, "challengeCount")):
            assert not self.send(ACCUSER, self.world.stake.challenges, "resolve", challenge)
        assert not any(each.halted for each in self.validators)
        manager = self.world.stake.manager
        assert self.read(manager, "operatorState", OPERATOR)[0] == 1, "it is active"
        assert self.read(manager, "pools", OPERATOR)[0] == STAKE

    def accusations(self) -> Iterator[Call]:
        known = [signed for each in self.validators for signed in each.known]
        tree = MerkleTree(message for _, message in self.leaves)
        hook, stored = self.world.hook.address, self.world.proofs
        roots = [
            last
            for last in range(len(tree))
            if self.read(stored, "storedCheckpoints", hook, tree.root(last))[1]
        ]
        for signed in known:
            evidence, signature = struct(signed.checkpoint), signed.signature
            yield "slashPremature", evidence, signature, SALT
            yield "slashWrongTree", evidence, signature, SALT
            for last in roots:
                for leaf in {signed.checkpoint.index, 0, last} & {*range(last + 1)}:
                    proof, message = tree.proof(leaf, last), tree.leaf(leaf)
                    yield "slashMessageId", evidence, proof, message, signature, SALT
                    yield "slashRoot", evidence, proof, signature, SALT
            false = struct(replace(signed.checkpoint, root=WRONG))
            yield "slashEquivocation", evidence, signature, false, signature, SALT
        for pair in combinations(known, 2):
            first, second = (each.checkpoint.index for each in pair)
            if abs(first - second) <= 1:
                shown = [(struct(each.checkpoint), each.signature) for each in pair]
                yield ("slashEquivocation", *shown[0], *shown[1], SALT)

    # --- time

    def pass_time(self, seconds: int) -> None:
        """The operator is never away for so long that a challenge is lost."""
        self.settle()
        now = int(self.world.quick.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        self.world.quick.rpc("evm_setNextBlockTimestamp", now + seconds)
        self.mine(1)

    def settle(self) -> None:
        """All leaves become final and are signed, all challenges are answered for good."""
        self.mine(FINALITY)
        for each in self.validators:
            self.runner.run(each.step(None))
        challenges = self.world.stake.challenges
        for number in range(self.read(challenges, "challengeCount")):
            *_, index, operator, _ = self.read(challenges, "challenges", number)
            known = self._current().known if operator != bytes(20) else ()
            for signed in [each for each in known if each.checkpoint.index == index][:1]:
                answer = number, struct(signed.checkpoint), signed.signature
                assert self.send(OPERATOR, challenges, "answer", *answer)
        self.mine(FINALITY)

    def _current(self) -> Validator:
        """Of the key that the operator is bound to now."""
        bound = self.read(self.world.stake.manager, "operatorState", OPERATOR)[1]
        return next(each for each in self.validators if address_of(each.account) == bound)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with devnet("alpha", 1337, "--prune-history", "100000") as chain:
        yield World(chain, deploy_staking(chain))


def explore(
    world: World, histories: int, steps: int, number: int = 0, reorg_period: int = FINALITY
) -> None:
    """Random histories that the number decides on."""
    machine = type("Histories", (Histories,), {"world": world, "reorg_period": reorg_period})
    # To shrink a history would take longer than to read it.
    run(machine, histories, steps, number, [Phase.generate])


def test_an_honest_validator_is_never_slashable(world):
    explore(world, 8, 30)


@pytest.mark.long
@pytest.mark.parametrize("number", range(1, 5))
def test_an_honest_validator_is_never_slashable_in_any_of_many_histories(world, number):
    explore(world, 40, 40, number)


@pytest.mark.long
def test_a_validator_that_does_not_wait_for_finality_is_slashable(world):
    with pytest.raises(AssertionError, match="slash"):
        explore(world, 100, 50, reorg_period=0)
