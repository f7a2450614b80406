"""What staking costs: stake, unstake, withdraw, the proofs of each fault, challenge and answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3.contract import Contract

from ape_hyperlane.staking.operators import possession
from benchmarks.anvil import Chain
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import MerkleTree

Figures = dict[str, float]

LOCAL, REMOTE = 31337, 31338
AMOUNT = 10**18
DAY = 24 * 3600
PARAMETERS = (14 * DAY, 2 * DAY, 3600, DAY, 5_000, 100, 1_000, AMOUNT, AMOUNT)
TREASURY = "0x" + "77" * 20
SALT = b"\x05" * 32
LEAVES = 8
WRONG = b"\x66" * 32


@dataclass
class Setup:
    """An operator with stake, and a tree of leaves that it may sign."""

    chain: Chain
    manager: Contract
    slasher: Contract
    challenges: Contract
    hook: Contract
    tree: MerkleTree
    key: LocalAccount

    def checkpoint(self, index: int) -> Checkpoint:
        hook = bytes.fromhex(self.hook.address[2:]).rjust(32, b"\0")
        return Checkpoint(LOCAL, hook, self.tree.root(index), index, self.tree.leaf(index))

    def signed(self, checkpoint: Checkpoint) -> tuple[tuple[object, ...], bytes]:
        """As the contracts take a checkpoint and its signature."""
        values = (
            checkpoint.origin,
            checkpoint.merkle_tree_hook,
            checkpoint.root,
            checkpoint.index,
            checkpoint.message_id,
        )
        return values, checkpoint.sign(self.key)

    def later(self, seconds: int) -> None:
        request = self.chain.web3.provider.make_request
        request("evm_increaseTime", [seconds])  # type: ignore[arg-type]
        request("evm_mine", [])  # type: ignore[arg-type]


def set_up(chain: Chain) -> Setup:
    bare = chain.deploy("BareHook").address
    mailbox = chain.deploy("Mailbox", LOCAL)
    hook = chain.deploy("MerkleTreeHook", mailbox.address)
    noop = chain.deploy("NoopIsm").address
    chain.send(mailbox.functions.initialize(chain.sender, noop, bare, hook.address))
    tree = MerkleTree()
    for _ in range(LEAVES):
        chain.send(mailbox.functions.dispatch(REMOTE, b"\x22" * 32, b""))
        tree.append(mailbox.functions.latestDispatchedId().call())
    token = chain.deploy("TestERC20", "Stake", "STK", 10**30, 18)
    proofs = chain.deploy("CheckpointFraudProofs")
    chain.send(proofs.functions.storeLatestCheckpoint(hook.address))
    manager = chain.deploy(
        "StakingManager",
        token.address,
        TREASURY,
        chain.sender,
        PARAMETERS,
        hook.address,
        proofs.address,
    )
    slasher = chain.at("CheckpointSlasher", manager.functions.slasher().call())
    challenges = chain.at("CensorshipChallenges", manager.functions.challenges().call())
    for spender in (manager, challenges):
        chain.send(token.functions.approve(spender.address, 2**256 - 1))
    key: LocalAccount = Account.from_key(b"\x01" * 32)
    return Setup(chain, manager, slasher, challenges, hook, tree, key)


def measure_staking(chain: Chain) -> Figures:
    setup = set_up(chain)
    manager, challenges = setup.manager.functions, setup.challenges.functions
    operator = chain.sender

    def gas(call: Any) -> int:
        return int(chain.send(call)["gasUsed"])

    proof = possession(LOCAL, setup.manager.address, operator, setup.key)
    figures: Figures = {"staking.register": gas(manager.register(setup.key.address, 1_000, proof))}
    # The first of each kind fill empty storage.
    for call in (manager.stake(operator, 100 * AMOUNT), manager.unstake(operator, AMOUNT)):
        chain.send(call)
    setup.later(1)  # or the time of the last activity would not change, which is cheaper
    figures["staking.stake"] = gas(manager.stake(operator, AMOUNT))
    figures["staking.unstake"] = gas(manager.unstake(operator, AMOUNT))
    figures["staking.reward"] = gas(manager.reward(operator, AMOUNT))
    figures["staking.snapshot"] = gas(challenges.takeSnapshot())
    # Not after unbonding: whether the operator was active within that time would depend on seconds.
    setup.later(DAY)
    for index in range(2):
        figures["staking.challenge"] = gas(challenges.open(operator, index, 0, 4 * AMOUNT))
    for index in range(2):
        answer = setup.signed(setup.checkpoint(index))
        figures["staking.answer"] = gas(challenges.answer(index, *answer))
    setup.later(14 * DAY)
    figures["staking.withdraw"] = gas(manager.withdraw(0))
    return figures | measure_slashing(setup)


def measure_slashing(setup: Setup) -> Figures:
    """Each kind of fault as an operator's first, for it is punished once."""
    slasher = setup.slasher.functions
    figures: Figures = {}

    def false(leaf: int, **changes: Any) -> tuple[tuple[object, ...], bytes]:
        return setup.signed(replace(setup.checkpoint(leaf), **changes))

    def slash(index: int, function: Callable[..., Any], *evidence: object) -> int:
        fault = slasher.faultOf(setup.key.address, index).call()
        commitment = slasher.commitmentOf(fault, setup.chain.sender, SALT).call()
        request = setup.chain.web3.provider.make_request
        before = request("evm_snapshot", [])["result"]  # type: ignore[arg-type]
        receipt = setup.chain.send(slasher.commit(commitment))
        figures["staking.commit"] = receipt["gasUsed"]
        gas = int(setup.chain.send(function(*evidence, SALT))["gasUsed"])
        request("evm_revert", [before])  # type: ignore[arg-type]
        return gas

    def path(index: int) -> tuple[bytes, ...]:
        return setup.tree.proof(index, LEAVES - 1)

    checkpoint, signature = false(1, root=WRONG)
    figures["staking.slashRoot"] = slash(1, slasher.slashRoot, checkpoint, path(1), signature)
    figures["staking.slashWrongTree"] = slash(
        1, slasher.slashWrongTree, *false(1, merkle_tree_hook=WRONG)
    )
    checkpoint, signature = false(2, message_id=WRONG)
    evidence = (checkpoint, path(2), setup.tree.leaf(2), signature)
    figures["staking.slashMessageId"] = slash(2, slasher.slashMessageId, *evidence)
    figures["staking.slashEquivocation"] = slash(
        3, slasher.slashEquivocation, *false(3), *false(3, root=WRONG)
    )
    figures["staking.slashPremature"] = slash(
        LEAVES, slasher.slashPremature, *false(LEAVES - 1, index=LEAVES)
    )
    return figures
