"""Operators must sign every leaf in time, and lose nothing when they do."""

from dataclasses import replace

import pytest
from tests.support.contracts import REMOTE_DOMAIN
from tests.support.signing import validator
from tests.support.staking_contracts import PARAMETERS, TREASURY, WRONG, struct

BOND = PARAMETERS["challengeBond"]
ANY_BOND = 2**255


@pytest.fixture
def challenger(accounts, token, challenges, owner):
    account = accounts[8]
    token.transfer(account, 10**6, sender=owner)
    token.approve(challenges, 2**256 - 1, sender=account)
    return account


@pytest.fixture
def aged(leaves, operator, challenges, stranger, pass_time):
    """A snapshot of the three leaves that is old enough."""
    challenges.takeSnapshot(sender=stranger)
    pass_time(PARAMETERS["gracePeriod"])
    return 0


@pytest.fixture
def ask(challenges, operator, challenger, aged):
    def ask(index: int) -> int:
        challenges.open(operator.address, index, aged, ANY_BOND, sender=challenger)
        return int(challenges.challengeCount()) - 1

    return ask


def test_a_snapshot_says_how_many_leaves_there_are(challenges, leaves, stranger, chain):
    receipt = challenges.takeSnapshot(sender=stranger)
    assert receipt.decode_logs(challenges.SnapshotTaken)[0].count == 3
    assert challenges.snapshots(0) == (chain.blocks.head.timestamp, 3)
    assert challenges.snapshotCount() == 1


def test_an_answer_earns_half_of_the_bond_and_is_there_for_relayers(
    challenges, ask, leaves, operator, token, challenger, stranger
):
    before = token.balanceOf(challenger)
    number = ask(1)
    assert token.balanceOf(challenger) == before - BOND
    checkpoint = leaves.checkpoint(1)
    signature = checkpoint.sign(operator.key)
    receipt = challenges.answer(number, struct(checkpoint), signature, sender=stranger)
    (event,) = receipt.decode_logs(challenges.Answered)
    assert tuple(event.checkpoint) == struct(checkpoint)
    assert (event.operator, bytes(event.signature)) == (operator.address, signature)
    assert challenges.owed(operator.address) == challenges.owed(TREASURY) == BOND // 2
    for account in (operator.address, TREASURY):
        before = token.balanceOf(account)
        challenges.collect(account, sender=stranger)
        assert token.balanceOf(account) == before + BOND // 2
    assert token.balanceOf(challenges) == 0


def test_silence_costs_stake_and_freedom(
    challenges, manager, ask, operator, token, challenger, pass_time, stranger, chain, revert_of
):
    before = token.balanceOf(challenger)
    number = ask(1)
    opened = chain.blocks.head.timestamp
    deadline = opened + PARAMETERS["answerPeriod"]
    assert revert_of(challenges.resolve, number) == ("InGrace", deadline + 1)
    pass_time(PARAMETERS["answerPeriod"] + 1)
    receipt = challenges.resolve(number, sender=stranger)
    assert receipt.decode_logs(challenges.Unanswered)[0].operator == operator.address
    (event,) = receipt.decode_logs(manager.Slashed)
    assert event.reporter == challenger
    assert (event.staked, event.unbonding, event.reward) == (400, 0, 40)
    for account, earned in ((challenger, 20), (stranger, 20)):
        challenges.collect(account, sender=stranger)
        assert token.balanceOf(account) == (before if account == challenger else 0) + earned
    assert token.balanceOf(challenges) == 0
    until = chain.blocks[receipt.block_number].timestamp + PARAMETERS["jailPeriod"]
    assert receipt.decode_logs(manager.Jailed)[0].until == until
    assert not manager.isActive(operator.address)
    assert revert_of(manager.unjail, sender=operator.account) == ("NotBefore", until)
    pass_time(PARAMETERS["jailPeriod"])
    receipt = manager.unjail(sender=operator.account)
    assert receipt.decode_logs(manager.Unjailed)[0].operator == operator.address
    assert manager.isActive(operator.address)


def test_one_outage_is_punished_once(
    challenges, manager, ask, operator, token, challenger, pass_time, stranger
):
    before = token.balanceOf(challenger)
    numbers = [ask(index) for index in range(3)]
    pass_time(PARAMETERS["answerPeriod"] + 1)
    receipts = [challenges.resolve(number, sender=stranger) for number in numbers]
    assert [len(receipt.decode_logs(manager.Slashed)) for receipt in receipts] == [1, 0, 0]
    assert challenges.owed(stranger) == 20
    challenges.collect(challenger, sender=stranger)
    assert token.balanceOf(challenger) == before + 20


def test_who_resolves_its_own_challenge_gets_all_of_the_reward(
    challenges, ask, token, challenger, pass_time
):
    before = token.balanceOf(challenger)
    number = ask(1)
    pass_time(PARAMETERS["answerPeriod"] + 1)
    challenges.resolve(number, sender=challenger)
    challenges.collect(challenger, sender=challenger)
    assert token.balanceOf(challenger) == before + 40


def test_an_outage_is_over_after_jail_and_the_next_one_costs_again(
    challenges, manager, ask, operator, pass_time, stranger
):
    first, second = ask(0), ask(1)
    pass_time(PARAMETERS["answerPeriod"] + 1)
    challenges.resolve(first, sender=stranger)
    pass_time(PARAMETERS["jailPeriod"])
    manager.unjail(sender=operator.account)
    receipt = challenges.resolve(second, sender=stranger)
    assert receipt.decode_logs(challenges.Unanswered)
    assert manager.isActive(operator.address)
    assert manager.pools(operator.address)[0] == 40_000 - 400
    pass_time(PARAMETERS["gracePeriod"])
    third = ask(1)
    pass_time(PARAMETERS["answerPeriod"] + 1)
    receipt = challenges.resolve(third, sender=stranger)
    assert receipt.decode_logs(manager.Slashed)[0].staked == 396
    assert receipt.decode_logs(manager.Jailed)


@pytest.mark.parametrize("jailed", [False, True])
def test_one_outage_is_punished_once_though_the_operator_left(
    challenges, manager, ask, operator, pass_time, stranger, jailed
):
    numbers = [ask(index) for index in range(3)]
    if not jailed:
        manager.leave(sender=operator.account)
    pass_time(PARAMETERS["answerPeriod"] + 1)
    receipts = [challenges.resolve(numbers[0], sender=stranger)]
    if jailed:
        manager.leave(sender=operator.account)
    receipts += [challenges.resolve(number, sender=stranger) for number in numbers[1:]]
    assert [len(receipt.decode_logs(manager.Slashed)) for receipt in receipts] == [1, 0, 0]
    assert manager.pools(operator.address)[0] == 40_000 - 400


def test_after_jail_grace_begins_anew_and_the_leaf_can_be_asked_for_again(
    challenges, manager, ask, operator, challenger, pass_time, aged, revert_of, chain
):
    number = ask(1)
    pass_time(PARAMETERS["answerPeriod"] + 1)
    challenges.resolve(number, sender=challenger)
    arguments = (operator.address, 1, aged, ANY_BOND)
    assert revert_of(challenges.open, *arguments, sender=challenger) == (
        "NotActive", operator.address,
    )  # fmt: skip
    pass_time(PARAMETERS["jailPeriod"])
    manager.unjail(sender=operator.account)
    until = chain.blocks.head.timestamp + PARAMETERS["gracePeriod"]
    assert revert_of(challenges.open, *arguments, sender=challenger) == ("InGrace", until)
    pass_time(PARAMETERS["gracePeriod"])
    challenges.open(*arguments, sender=challenger)


@pytest.mark.parametrize("seconds", [0, 1])
@pytest.mark.parametrize("call", ["answer", "resolve"])
def test_an_answer_counts_up_to_the_deadline_and_resolving_begins_after_it(
    challenges, ask, leaves, operator, stranger, chain, call, seconds
):
    number = ask(1)
    checkpoint = leaves.checkpoint(1)
    answer = (number, struct(checkpoint), checkpoint.sign(operator.key))
    arguments = answer if call == "answer" else (number,)
    time = challenges.challenges(number).deadline + seconds
    chain.pending_timestamp = time
    receipt = getattr(challenges, call)(
        *arguments, sender=stranger, gas=10**6, raise_on_revert=False
    )
    assert chain.blocks.head.timestamp == time
    in_time = {"answer": 0, "resolve": 1}[call]
    assert receipt.failed == (seconds != in_time)
    never, still_open, answered = range(3)
    done = {"answer": answered, "resolve": never}[call]
    assert challenges.asked(operator.address, 1) == (still_open if seconds != in_time else done)


def test_a_place_is_taken_up_to_the_deadline(challenges, ask, operator, chain):
    deadline = challenges.challenges(ask(1)).deadline
    taken = []
    for second in (deadline, deadline + 1):
        chain.mine(timestamp=second)
        taken.append(challenges.openCount(operator.address))
    assert taken == [1, 0]


def test_the_odd_unit_of_a_bond_is_the_treasurys(
    challenges, manager, ask, leaves, operator, owner, pass_time, stranger, token
):
    wanted = PARAMETERS | {"challengeBond": 101}
    manager.scheduleParameters(tuple(wanted.values()), sender=owner)
    pass_time(PARAMETERS["unbondingPeriod"])
    manager.applyParameters(sender=owner)
    number, checkpoint = ask(1), leaves.checkpoint(1)
    challenges.answer(number, struct(checkpoint), checkpoint.sign(operator.key), sender=stranger)
    for account in (operator.address, TREASURY):
        challenges.collect(account, sender=stranger)
    assert (token.balanceOf(operator.address), token.balanceOf(TREASURY)) == (50, 51)
    assert token.balanceOf(challenges) == 0


def test_who_answers_too_late_is_told_when_it_was(
    challenges, ask, leaves, operator, pass_time, revert_of
):
    number = ask(0)
    deadline = challenges.challenges(number).deadline
    pass_time(PARAMETERS["answerPeriod"] + 1)
    checkpoint = leaves.checkpoint(0)
    answer = (number, struct(checkpoint), checkpoint.sign(operator.key))
    assert revert_of(challenges.answer, *answer) == ("TooLate", deadline)


def test_what_was_answered_is_never_asked_again(
    challenges, ask, leaves, operator, challenger, aged, revert_of, stranger
):
    number = ask(1)
    arguments = (operator.address, 1, aged, ANY_BOND)
    refusal = ("AlreadyAsked", operator.address, 1)
    assert revert_of(challenges.open, *arguments, sender=challenger) == refusal
    checkpoint = leaves.checkpoint(1)
    answer = (number, struct(checkpoint), checkpoint.sign(operator.key))
    challenges.answer(*answer, sender=stranger)
    assert revert_of(challenges.open, *arguments, sender=challenger) == refusal
    assert revert_of(challenges.answer, *answer) == ("NotOpen", number)
    assert revert_of(challenges.answer, 99, *answer[1:]) == ("NotOpen", 99)


def test_bonds_double_and_challenges_are_few(
    challenges, leaves, operator, challenger, stranger, pass_time, token, revert_of
):
    leaves.grow(7)
    challenges.takeSnapshot(sender=stranger)
    pass_time(PARAMETERS["gracePeriod"])
    before = token.balanceOf(challenger)
    for index in range(8):
        arguments = (operator.address, index, 0, BOND << index)
        refusal = revert_of(challenges.open, *arguments[:3], (BOND << index) - 1, sender=challenger)
        assert refusal == ("BondTooHigh", BOND << index, (BOND << index) - 1)
        challenges.open(*arguments, sender=challenger)
    assert before - token.balanceOf(challenger) == 255 * BOND
    refusal = revert_of(challenges.open, operator.address, 8, 0, ANY_BOND, sender=challenger)
    assert refusal == ("TooManyOpen", operator.address)
    for index in range(8):
        checkpoint = leaves.checkpoint(index)
        challenges.answer(index, struct(checkpoint), checkpoint.sign(operator.key), sender=stranger)
    assert challenges.openCount(operator.address) == 0
    assert challenges.owed(operator.address) == challenges.owed(TREASURY) == 255 * BOND // 2


def test_only_leaves_that_stood_long_enough_are_asked_for(
    challenges, leaves, operator, challenger, stranger, revert_of, chain, pass_time
):
    challenges.takeSnapshot(sender=stranger)
    leaves.grow(1)
    until = challenges.snapshots(0)[0] + PARAMETERS["gracePeriod"]
    refusal = revert_of(challenges.open, operator.address, 2, 0, ANY_BOND, sender=challenger)
    assert refusal == ("InGrace", until)
    refusal = revert_of(challenges.open, operator.address, 3, 0, ANY_BOND, sender=challenger)
    assert refusal == ("NotInSnapshot", 3, 3)
    refusal = revert_of(challenges.open, operator.address, 0, 1, ANY_BOND, sender=challenger)
    assert refusal == ("NotInSnapshot", 0, 0)


def test_only_active_operators_are_asked(
    challenges, manager, leaves, register, stake, accounts, challenger, aged, revert_of, pass_time
):
    poor = register(5)
    pass_time(PARAMETERS["gracePeriod"])
    arguments = (poor.address, 1, aged, ANY_BOND)
    assert revert_of(challenges.open, *arguments, sender=challenger) == ("NotActive", poor.address)
    stake(poor, poor.account, PARAMETERS["minimumStake"])
    challenges.open(*arguments, sender=challenger)


def test_a_newcomer_has_the_grace_period_too(
    challenges, leaves, operator, register, stake, accounts, challenger, aged, revert_of, chain
):
    newcomer = register(5)
    until = chain.blocks.head.timestamp + PARAMETERS["gracePeriod"]
    stake(newcomer, newcomer.account, PARAMETERS["minimumStake"])
    refusal = revert_of(challenges.open, newcomer.address, 1, aged, ANY_BOND, sender=challenger)
    assert refusal == ("InGrace", until)


def test_an_answer_is_of_the_leaf_the_tree_and_a_key_of_the_operator(
    challenges, ask, leaves, operator, revert_of
):
    number = ask(1)
    true, key = leaves.checkpoint(1), operator.key
    for wrong in (
        leaves.checkpoint(2),
        replace(true, origin=REMOTE_DOMAIN),
        replace(true, merkle_tree_hook=WRONG),
    ):
        refusal = revert_of(challenges.answer, number, struct(wrong), wrong.sign(key))
        assert refusal == ("WrongCheckpoint", wrong.index, wrong.merkle_tree_hook)
    stranger = validator(9)
    refusal = revert_of(challenges.answer, number, struct(true), true.sign(stranger))
    assert refusal == ("WrongSigner", stranger.address)
    refusal = revert_of(challenges.answer, number, struct(true), b"\x01" * 65)
    assert refusal == ("InvalidSignature", b"\x01" * 65)


def test_a_false_answer_is_evidence(
    challenges, slasher, proofs, tree_hook, ask, leaves, operator, commit, stranger, manager, owner
):
    number = ask(1)
    false = replace(leaves.checkpoint(1), root=WRONG)
    signature = false.sign(operator.key)
    challenges.answer(number, struct(false), signature, sender=operator.account)
    proofs.storeLatestCheckpoint(tree_hook, sender=owner)
    commit(operator.key, 1, stranger)
    slasher.slashRoot(struct(false), leaves.proof(1), signature, b"\x05" * 32, sender=stranger)
    assert manager.operatorState(operator.address)[0] == 4


def test_leaving_does_not_escape_an_open_challenge(
    challenges, manager, ask, operator, pass_time, stranger
):
    number = ask(1)
    manager.leave(sender=operator.account)
    pass_time(PARAMETERS["answerPeriod"] + 1)
    receipt = challenges.resolve(number, sender=stranger)
    assert receipt.decode_logs(manager.Slashed)[0].staked == 400
    assert not receipt.decode_logs(manager.Jailed)
    assert manager.operatorState(operator.address)[0] == 3
