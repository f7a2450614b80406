"""A chain with messages in its tree, stake on it, and operators with signing keys."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from ape.contracts import ContractInstance
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN, at
from tests.support.signing import validator
from tests.support.words import b32

from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import MerkleTree

DAY = 24 * 3600
PARAMETERS = {
    "unbondingPeriod": 14 * DAY,
    "jailPeriod": 2 * DAY,
    "gracePeriod": 3600,
    "answerPeriod": DAY,
    "fraudFraction": 5_000,
    "censorshipFraction": 100,
    "reporterFraction": 1_000,
    "minimumStake": 1_000,
    "challengeBond": 100,
}
TREASURY = "0x" + "77" * 20
NOBODY = "0x" + "00" * 20
SALT = b"\x05" * 32
WRONG = b"\x66" * 32


@pytest.fixture(scope="module")
def token(project, owner):
    return owner.deploy(project.TestERC20, "Stake", "STK", 10**30, 18)


@pytest.fixture(scope="module")
def tree_hook(project, owner, mailbox):
    tree = owner.deploy(project.MerkleTreeHook, mailbox)
    mailbox.setRequiredHook(tree, sender=owner)
    return tree


@pytest.fixture(scope="module")
def proofs(project, owner):
    return owner.deploy(project.CheckpointFraudProofs)


@pytest.fixture(scope="module")
def manager(project, owner, token, tree_hook, proofs):
    parameters = tuple(PARAMETERS.values())
    return owner.deploy(
        project.StakingManager, token, TREASURY, owner, parameters, tree_hook, proofs
    )


@pytest.fixture(scope="module")
def slasher(project, manager):
    return at(project.CheckpointSlasher, manager.slasher())


@pytest.fixture(scope="module")
def challenges(project, manager):
    return at(project.CensorshipChallenges, manager.challenges())


@dataclass
class Leaves:
    """The tree as it should be, and checkpoints of it."""

    mailbox: ContractInstance
    hook: ContractInstance
    sender: Any
    tree: MerkleTree

    def grow(self, count: int) -> None:
        for _ in range(count):
            body = len(self.tree).to_bytes(4)
            self.mailbox.dispatch(REMOTE_DOMAIN, b"\x22" * 32, body, sender=self.sender)
            self.tree.append(bytes(self.mailbox.latestDispatchedId()))

    def checkpoint(self, index: int) -> Checkpoint:
        hook = b32(self.hook)
        root = self.tree.root(index)
        return Checkpoint(LOCAL_DOMAIN, hook, root, index, self.tree.leaf(index))

    def beyond(self, ahead: int = 0) -> Checkpoint:
        """Of a leaf that is not there."""
        last = self.checkpoint(len(self.tree) - 1)
        return replace(last, index=len(self.tree) + ahead)

    def proof(self, index: int) -> list[bytes]:
        return list(self.tree.proof(index, len(self.tree) - 1))


@pytest.fixture
def leaves(mailbox, tree_hook, owner):
    leaves = Leaves(mailbox, tree_hook, owner, MerkleTree())
    leaves.grow(3)
    return leaves


def struct(checkpoint: Checkpoint) -> tuple[Any, ...]:
    """As the contracts take it."""
    return (
        checkpoint.origin,
        checkpoint.merkle_tree_hook,
        checkpoint.root,
        checkpoint.index,
        checkpoint.message_id,
    )


def typed(manager: ContractInstance, operator: Any, key: LocalAccount) -> SignableMessage:
    """What a key signs to be an operator's."""
    message = {
        "domain": {
            "name": "Hyperlane Staking",
            "version": "1",
            "chainId": manager.provider.chain_id,
            "verifyingContract": manager.address,
        },
        "primaryType": "Possession",
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Possession": [
                {"name": "operator", "type": "address"},
                {"name": "key", "type": "address"},
            ],
        },
        "message": {"operator": str(operator), "key": key.address},
    }
    return encode_typed_data(full_message=message)


def possession(manager: ContractInstance, operator: Any, key: LocalAccount) -> bytes:
    """The proof that an operator has the key."""
    return bytes(key.sign_message(typed(manager, operator, key)).signature)


@dataclass
class Operator:
    account: Any
    key: LocalAccount

    @property
    def address(self) -> str:
        return str(self.account)


@pytest.fixture(scope="module")
def register(accounts, manager) -> Callable[..., Operator]:
    """Registers account `index` with validator key `index`."""

    def register(index: int, commission: int = 0) -> Operator:
        operator = Operator(accounts[index], validator(index))
        proof = possession(manager, operator.account, operator.key)
        manager.register(operator.key.address, commission, proof, sender=operator.account)
        return operator

    return register


@pytest.fixture(scope="module")
def stake(manager, token, owner) -> Callable[..., int]:
    """Stakes as an account; returns the shares."""

    def stake(operator: Operator, account: Any, assets: int) -> int:
        token.transfer(account, assets, sender=owner)
        token.approve(manager, assets, sender=account)
        before = manager.sharesOf(operator.address, account)
        manager.stake(operator.address, assets, sender=account)
        return int(manager.sharesOf(operator.address, account) - before)

    return stake


@pytest.fixture
def operator(register, stake, accounts):
    """One with 10,000 of its own and 30,000 of a delegator, account 9."""
    operator = register(2, 1_000)
    stake(operator, operator.account, 10_000)
    stake(operator, accounts[9], 30_000)
    return operator


@pytest.fixture(scope="module")
def pass_time(chain):
    def pass_time(seconds: int) -> None:
        chain.mine(timestamp=chain.blocks.head.timestamp + seconds)

    return pass_time


@pytest.fixture(scope="module")
def commit(slasher, chain):
    """Commits to the fault of a key and index, and lets a block pass."""

    def commit(key: LocalAccount, index: int, reporter: Any, salt: bytes = SALT) -> None:
        fault = slasher.faultOf(key.address, index)
        slasher.commit(slasher.commitmentOf(fault, reporter, salt), sender=reporter)
        chain.mine()

    return commit


def active(manager: ContractInstance, first: int = 0, limit: int = 10) -> tuple[list[Any], int]:
    """The members of a page as tuples, and where the next page begins."""
    members, following = manager.activeSet(first, limit)
    return [tuple(member) for member in members], following
