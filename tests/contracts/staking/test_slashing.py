"""Whoever signs what the tree contradicts loses stake; nobody else does."""

from dataclasses import replace

import pytest
from tests.support.contracts import REMOTE_DOMAIN
from tests.support.signing import validator
from tests.support.staking_contracts import (
    PARAMETERS,
    SALT,
    TREASURY,
    WRONG,
    active,
    possession,
    struct,
)
from tests.support.words import b32


@pytest.fixture
def stored(proofs, tree_hook, leaves, owner):
    proofs.storeLatestCheckpoint(tree_hook, sender=owner)


@pytest.fixture(scope="module")
def reporter(accounts):
    return accounts[7]


@pytest.fixture
def evidence(slasher, leaves, stored):
    """Per kind of fault: the index, the function and its arguments before the salt."""

    def evidence(kind: str, key):
        true = leaves.checkpoint(1)
        root, message = replace(true, root=WRONG), replace(true, message_id=WRONG)
        early, proof = leaves.beyond(), leaves.proof(1)
        return {
            "premature": (3, slasher.slashPremature, (struct(early), early.sign(key))),
            "message id": (
                1,
                slasher.slashMessageId,
                (struct(message), proof, true.message_id, message.sign(key)),
            ),
            "root": (1, slasher.slashRoot, (struct(root), proof, root.sign(key))),
            "equivocation": (
                1,
                slasher.slashEquivocation,
                (struct(true), true.sign(key), struct(root), root.sign(key)),
            ),
        }[kind]

    return evidence


KINDS = ("premature", "message id", "root", "equivocation")


@pytest.mark.parametrize("kind", KINDS)
def test_each_fault_costs_its_fraction_and_pays_the_reporter(
    kind, evidence, manager, slasher, operator, token, reporter, commit, accounts
):
    delegator = accounts[9]
    third = manager.sharesOf(operator.address, delegator) // 3
    manager.unstake(operator.address, third, sender=delegator)  # 10,000, still punishable
    index, function, arguments = evidence(kind, operator.key)
    commit(operator.key, index, reporter)
    receipt = function(*arguments, SALT, sender=reporter)

    (event,) = receipt.decode_logs(manager.Slashed)
    assert (event.operator, event.reporter) == (operator.address, reporter)
    assert (event.staked, event.unbonding, event.reward) == (15_000, 5_000, 2_000)
    (proven,) = receipt.decode_logs(slasher.FaultProven)
    assert (proven.key, proven.index) == (operator.key.address, index)
    assert token.balanceOf(reporter) == 2_000
    assert manager.pools(operator.address)[0] == 15_000
    assert manager.unbondingPools(operator.address)[0] == 5_000
    assert manager.stakeOf(operator.address, operator.address) == 5_000
    assert token.balanceOf(manager) == 38_000 == 15_000 + 5_000 + manager.confiscated()
    collected = manager.collect(sender=reporter)
    assert collected.decode_logs(manager.Collected)[0].assets == 18_000
    assert (token.balanceOf(TREASURY), manager.confiscated()) == (18_000, 0)

    assert receipt.decode_logs(manager.Tombstoned)[0].operator == operator.address
    assert active(manager) == ([], 0)


def test_what_was_unbonding_is_paid_out_less_the_punishment(
    evidence, manager, operator, token, reporter, commit, accounts, pass_time
):
    delegator = accounts[9]
    shares = manager.sharesOf(operator.address, delegator)
    manager.unstake(operator.address, shares, sender=delegator)
    index, function, arguments = evidence("root", operator.key)
    commit(operator.key, index, reporter)
    function(*arguments, SALT, sender=reporter)
    pass_time(PARAMETERS["unbondingPeriod"])
    manager.withdraw(0, sender=delegator)
    assert token.balanceOf(delegator) == 15_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_punished_once_whatever_the_proof(
    kind, evidence, slasher, operator, reporter, commit, revert_of, accounts
):
    index, function, arguments = evidence(kind, operator.key)
    commit(operator.key, index, reporter)
    commit(operator.key, index, accounts[6])
    function(*arguments, SALT, sender=reporter)
    for other in KINDS:
        at, again, proof = evidence(other, operator.key)
        if at == index:
            refusal = revert_of(again, *proof, SALT, sender=accounts[6])
            assert refusal == ("AlreadyPunished", operator.key.address, index)


def test_a_proof_seen_on_its_way_is_worth_nothing_to_others(
    evidence, slasher, operator, reporter, commit, revert_of, stranger, chain
):
    index, function, arguments = evidence("root", operator.key)
    fault = slasher.faultOf(operator.key.address, index)
    not_committed = ("NotCommitted", stranger, fault)
    commit(operator.key, index, reporter)
    assert revert_of(function, *arguments, SALT, sender=stranger) == not_committed
    refusal = revert_of(function, *arguments, b"\x06" * 32, sender=reporter)
    assert refusal == ("NotCommitted", reporter, fault)
    # Copying the commitment does not help either: it names the reporter.
    slasher.commit(slasher.commitmentOf(fault, reporter, SALT), sender=stranger)
    assert revert_of(function, *arguments, SALT, sender=stranger) == not_committed


def test_a_commitment_counts_from_the_next_block_on(
    evidence, slasher, operator, reporter, chain, revert_of
):
    index, function, arguments = evidence("root", operator.key)
    fault = slasher.faultOf(operator.key.address, index)
    commitment = slasher.commitmentOf(fault, reporter, SALT)
    receipt = slasher.commit(commitment, sender=reporter)
    assert receipt.decode_logs(slasher.FaultCommitted)[0].commitment == commitment
    assert slasher.committedIn(commitment) == receipt.block_number
    slasher.commit(commitment, sender=reporter)  # does not begin anew
    assert slasher.committedIn(commitment) == receipt.block_number
    function(*arguments, SALT, sender=reporter)


def test_a_commitment_does_not_count_in_its_own_block(
    evidence, slasher, operator, project, owner, reporter, manager
):
    """Or whoever sees a proof on its way would commit and prove in front of it."""
    index, function, arguments = evidence("root", operator.key)
    thief = owner.deploy(project.TestMulticall3)
    fault = slasher.faultOf(operator.key.address, index)
    calls = [
        (slasher, True, slasher.commit.encode_input(slasher.commitmentOf(fault, thief, SALT))),
        (slasher, True, function.encode_input(*arguments, SALT)),
    ]
    thief.aggregate3(calls, sender=reporter)
    assert slasher.committedIn(slasher.commitmentOf(fault, thief, SALT))
    assert not slasher.punished(fault)
    thief.aggregate3(calls, sender=reporter)  # a block later it counts
    assert slasher.punished(fault)


def test_honest_signatures_cannot_be_punished(
    slasher, leaves, stored, operator, reporter, commit, revert_of
):
    for index in range(3):
        true, proof = leaves.checkpoint(index), leaves.proof(index)
        signature = true.sign(operator.key)
        commit(operator.key, index, reporter)
        for function, arguments in (
            (slasher.slashPremature, (struct(true), signature)),
            (slasher.slashMessageId, (struct(true), proof, true.message_id, signature)),
            (slasher.slashRoot, (struct(true), proof, signature)),
        ):
            refusal = revert_of(function, *arguments, SALT, sender=reporter)
            assert refusal == ("NotFraudulent", true.digest)
        both = (struct(true), signature) * 2
        refusal = revert_of(slasher.slashEquivocation, *both, SALT, sender=reporter)
        assert refusal == ("NotEquivocal", operator.key.address, operator.key.address)


def test_equivocation_is_of_one_key_and_one_index(
    slasher, leaves, operator, reporter, commit, revert_of
):
    first, second = leaves.checkpoint(1), leaves.checkpoint(2)
    key, other = operator.key, validator(9)
    commit(key, 1, reporter)
    for pair, signers in (
        ((first, second), (key, key)),
        ((first, replace(first, root=WRONG)), (key, other)),
    ):
        arguments = [
            item
            for checkpoint, signer in zip(pair, signers, strict=True)
            for item in (struct(checkpoint), checkpoint.sign(signer))
        ]
        refusal = revert_of(slasher.slashEquivocation, *arguments, SALT, sender=reporter)
        assert refusal == ("NotEquivocal", signers[0].address, signers[1].address)


def test_nothing_is_asked_of_other_trees(
    project, owner, mailbox, slasher, leaves, operator, reporter, commit, revert_of
):
    """A stranger could write one. That it was signed for is the fault."""
    other = owner.deploy(project.MerkleTreeHook, mailbox)
    word = b32(other)
    commit(operator.key, 3, reporter)
    for foreign in (
        replace(leaves.beyond(), merkle_tree_hook=word),
        replace(leaves.beyond(), origin=REMOTE_DOMAIN),
    ):
        arguments = (struct(foreign), foreign.sign(operator.key), SALT)
        refusal = revert_of(slasher.slashPremature, *arguments, sender=reporter)
        assert refusal == ("WrongTree", foreign.origin, foreign.merkle_tree_hook)


def test_keys_of_nobody_cannot_be_punished(slasher, leaves, operator, reporter, commit, revert_of):
    stranger, early = validator(9), leaves.beyond()
    commit(stranger, 3, reporter)
    arguments = (struct(early), early.sign(stranger), SALT)
    refusal = revert_of(slasher.slashPremature, *arguments, sender=reporter)
    assert refusal == ("NoOperator", stranger.address)


def test_an_old_key_is_punished_until_its_time_is_over(
    slasher, manager, leaves, operator, reporter, commit, pass_time, revert_of
):
    key = validator(10)
    proof = possession(manager, operator.account, key)
    manager.rotateKey(key.address, proof, sender=operator.account)
    pass_time(PARAMETERS["unbondingPeriod"] - 10)
    early = leaves.beyond(5)
    commit(operator.key, early.index, reporter)
    arguments = (struct(early), early.sign(operator.key), SALT)
    slasher.slashPremature(*arguments, sender=reporter)
    assert manager.operatorState(operator.address)[0] == 4

    later = leaves.beyond(6)
    commit(operator.key, later.index, reporter)
    pass_time(20)
    arguments = (struct(later), later.sign(operator.key), SALT)
    refusal = revert_of(slasher.slashPremature, *arguments, sender=reporter)
    assert refusal == ("NoOperator", operator.key.address)


def test_only_slasher_and_challenges_punish(manager, operator, owner, revert_of):
    for function in (manager.punishFraud, manager.punishCensorship):
        refusal = revert_of(function, operator.address, owner, sender=owner)
        assert refusal == ("NotSlasher", owner)


def test_a_tombstoned_operator_never_returns(
    evidence, manager, operator, reporter, commit, revert_of, accounts
):
    index, function, arguments = evidence("premature", operator.key)
    commit(operator.key, index, reporter)
    function(*arguments, SALT, sender=reporter)
    for call in (manager.unjail, manager.leave):
        refusal = revert_of(call, sender=operator.account)
        assert refusal == ("WrongStatus", operator.address, 4)
    refusal = revert_of(manager.stake, operator.address, 1, sender=accounts[9])
    assert refusal == ("WrongStatus", operator.address, 4)
    key = validator(11)
    proof = possession(manager, operator.account, key)
    refusal = revert_of(manager.rotateKey, key.address, proof, sender=operator.account)
    assert refusal == ("WrongStatus", operator.address, 4)
