"""The stake of tests/contracts/staking, for those who are after it."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.contracts import (  # noqa: F401
    creation_revert_of,
    hook,
    isolated,
    mailbox,
    noop_ism,
    owner,
    revert_of,
    revert_reason,
    static_ism,
    stranger,
)
from tests.support.staking_contracts import (  # noqa: F401
    PARAMETERS,
    SALT,
    Operator,
    challenges,
    commit,
    leaves,
    manager,
    operator,
    pass_time,
    proofs,
    register,
    slasher,
    stake,
    struct,
    token,
    tree_hook,
)


@pytest.fixture
def reporter(accounts):
    return accounts[7]


@pytest.fixture
def report(slasher, commit, leaves, reporter):  # noqa: F811
    """Has an operator punished for a signature on a leaf that is not there; returns the receipt."""

    def report(offender: Operator, ahead: int = 0, who: Any = reporter, key: Any = None) -> Any:
        signer = key or offender.key
        early = leaves.beyond(ahead)
        commit(signer, early.index, who)
        evidence = struct(early), early.sign(signer)
        return slasher.slashPremature(*evidence, SALT, sender=who)

    return report


@pytest.fixture
def fund(token, challenges, manager, owner) -> Callable[..., Any]:  # noqa: F811
    """Gives an account tokens, and lets staking take them."""

    def fund(account: Any, amount: int = 10**6) -> Any:
        token.transfer(account, amount, sender=owner)
        for spender in (challenges, manager):
            token.approve(spender, 2**256 - 1, sender=account)
        return account

    return fund


@pytest.fixture
def challenge(challenges, fund, accounts) -> Callable[..., int]:  # noqa: F811
    """Challenges an operator for a leaf of the newest snapshot; returns the number."""

    def challenge(target: Operator, index: int, who: Any = None) -> int:
        who = who or fund(accounts[8])
        newest = challenges.snapshotCount() - 1
        challenges.open(target.address, index, newest, 2**255, sender=who)
        return int(challenges.challengeCount()) - 1

    return challenge


@pytest.fixture
def due(leaves, challenges, stranger, pass_time):  # noqa: F811
    """Has all leaves there are stand in the tree for the grace period."""

    def due() -> None:
        challenges.takeSnapshot(sender=stranger)
        pass_time(PARAMETERS["gracePeriod"])

    return due
