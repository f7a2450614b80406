"""An operator leaves a message out and pays nothing: with answers that help nobody, by being out of
the set when it is asked, or by having friends take the places of those who would ask."""

from dataclasses import replace

import pytest
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN, at
from tests.support.signing import message, validator
from tests.support.staking_contracts import (
    PARAMETERS,
    SALT,
    TREASURY,
    WRONG,
    possession,
    struct,
)

BOND = PARAMETERS["challengeBond"]
PERIOD = PARAMETERS["answerPeriod"]
NEVER, OPEN, ANSWERED = 0, 1, 2


@pytest.fixture
def rotate(manager):
    def rotate(operator, number):
        """To validator key `number`, which is returned."""
        key = validator(number)
        proof = possession(manager, operator.account, key)
        manager.rotateKey(key.address, proof, sender=operator.account)
        return key

    return rotate


def signed(checkpoint, key):
    return struct(checkpoint), checkpoint.sign(key)


class TestAnswers:
    """That no module accepts, that are false, or that come too late."""

    def test_of_a_replaced_key_are_refused(
        self, challenges, challenge, due, leaves, operator, rotate, revert_of, stranger
    ):
        due()
        number = challenge(operator, 1)
        new = rotate(operator, 12)
        true = leaves.checkpoint(1)
        refusal = revert_of(challenges.answer, number, *signed(true, operator.key))
        assert refusal == ("WrongSigner", operator.key.address)
        challenges.answer(number, *signed(true, new), sender=stranger)

    def test_are_asked_for_again_when_the_operator_signs_with_another_key(
        self, challenges, challenge, due, leaves, operator, rotate, stranger
    ):
        """Or it would answer with a key that no module has yet, and never sign with the next."""
        due()
        true = leaves.checkpoint(1)
        challenges.answer(challenge(operator, 1), *signed(true, operator.key), sender=stranger)
        assert challenges.asked(operator.address, 1) == ANSWERED
        new = rotate(operator, 12)
        assert challenges.asked(operator.address, 1) == NEVER
        number = challenge(operator, 1)
        assert challenges.asked(operator.address, 1) == OPEN
        challenges.answer(number, *signed(true, new), sender=stranger)
        assert challenges.asked(operator.address, 1) == ANSWERED

    @pytest.mark.parametrize("lie", ["root", "message id"])
    def test_that_are_false_cost_the_stake_and_do_not_close_the_leaf(
        self, lie, challenges, challenge, due, leaves, operator, slasher, proofs, tree_hook, commit,
        reporter, manager, rotate, pass_time,
    ):  # fmt: skip
        due()
        proofs.storeLatestCheckpoint(tree_hook, sender=reporter)
        true, path = leaves.checkpoint(1), leaves.proof(1)
        false = replace(true, **{"root": {"root": WRONG}, "message id": {"message_id": WRONG}}[lie])
        answer = signed(false, operator.key)
        challenges.answer(challenge(operator, 1), *answer, sender=operator.account)
        # It cannot be too late for the proof: the key signs, or signed within an unbonding period.
        rotate(operator, 12)
        pass_time(PARAMETERS["unbondingPeriod"] - 60)
        commit(operator.key, 1, reporter)
        if lie == "root":
            slasher.slashRoot(answer[0], path, answer[1], SALT, sender=reporter)
        else:
            evidence = answer[0], path, true.message_id, answer[1]
            slasher.slashMessageId(*evidence, SALT, sender=reporter)
        assert manager.operatorState(operator.address)[0] == 4, "tombstoned"
        assert challenges.asked(operator.address, 1) == NEVER

    def test_proven_false_leave_the_leaf_open_though_the_key_is_still_in_use(
        self, challenges, challenge, due, leaves, operator, slasher, proofs, tree_hook, commit,
        reporter,
    ):  # fmt: skip
        due()
        proofs.storeLatestCheckpoint(tree_hook, sender=reporter)
        false = signed(replace(leaves.checkpoint(1), root=WRONG), operator.key)
        true = signed(leaves.checkpoint(2), operator.key)
        numbers = [challenge(operator, index) for index in (1, 2)]
        for number, answer in zip(numbers, (false, true), strict=True):
            challenges.answer(number, *answer, sender=operator.account)
        commit(operator.key, 1, reporter)
        slasher.slashRoot(false[0], leaves.proof(1), false[1], SALT, sender=reporter)
        states = [challenges.asked(operator.address, index) for index in (1, 2)]
        assert states == [NEVER, ANSWERED]

    def test_that_come_too_late_do_not_keep_anybody_from_resolving(
        self, challenges, challenge, due, leaves, operator, pass_time, revert_of, stranger, manager
    ):
        due()
        number = challenge(operator, 1)
        deadline = challenges.challenges(number).deadline
        pass_time(PERIOD + 1)
        answer = signed(leaves.checkpoint(1), operator.key)
        assert revert_of(challenges.answer, number, *answer) == ("TooLate", deadline)
        receipt = challenges.resolve(number, sender=stranger)
        assert receipt.decode_logs(manager.Slashed)[0].staked == 400

    def test_in_time_deliver_the_message(
        self, challenges, challenge, due, leaves, operator, static_ism, project, owner, hook,
        mailbox, stranger,
    ):  # fmt: skip
        """To a mailbox elsewhere that trusts the operator's key, from what the event holds."""
        recipient = owner.deploy(project.TestRecipient)
        sent = message(
            nonce=len(leaves.tree),
            origin=LOCAL_DOMAIN,
            destination=REMOTE_DOMAIN,
            sender=bytes.fromhex(owner.address[2:]).rjust(32, b"\0"),
            recipient=recipient.address,
        )
        mailbox.dispatch(REMOTE_DOMAIN, sent.recipient, sent.body, sender=owner)
        leaves.tree.append(sent.id)
        due()
        answer = signed(leaves.checkpoint(3), operator.key)
        receipt = challenges.answer(challenge(operator, 3), *answer, sender=stranger)
        (event,) = receipt.decode_logs(challenges.Answered)
        _, tree, root, index, _ = event.checkpoint
        metadata = bytes(tree) + bytes(root) + index.to_bytes(4) + bytes(event.signature)

        ism = static_ism("StaticMessageIdMultisigIsm", [operator.key.address], 1)
        remote = owner.deploy(project.Mailbox, REMOTE_DOMAIN)
        remote.initialize(owner, ism, hook, hook, sender=owner)
        remote.process(metadata, sent.encode(), sender=stranger)
        assert remote.delivered(sent.id)
        assert recipient.lastData() == sent.body


class TestDodging:
    """By not being in the set at the right moment, with the key still in modules."""

    @pytest.fixture(
        params=["leaves", "dips", "delegators leave", "own stake leaves", "new minimum"]
    )
    def dodge(self, request, manager, operator, accounts, owner, pass_time):
        def dodge():
            functions = {"leaves": lambda: manager.leave(sender=operator.account)}

            def unstake(who, keep):
                owned = manager.sharesOf(operator.address, who)
                manager.unstake(operator.address, owned - keep * 1_000, sender=who)

            def dip():
                unstake(operator.account, 99)

            def delegators_leave():
                unstake(accounts[9], 0)
                unstake(operator.account, PARAMETERS["minimumStake"] - 1)

            def own_stake_leaves():
                unstake(operator.account, 0)

            def new_minimum():
                wanted = {**PARAMETERS, "minimumStake": 10**6}
                manager.scheduleParameters(tuple(wanted.values()), sender=owner)
                pass_time(PARAMETERS["unbondingPeriod"])
                manager.applyParameters(sender=owner)

            functions |= {
                "dips": dip,
                "delegators leave": delegators_leave,
                "own stake leaves": own_stake_leaves,
                "new minimum": new_minimum,
            }
            functions[request.param]()
            assert not manager.isActive(operator.address)

        return dodge

    def test_does_not_help(
        self, dodge, challenges, challenge, due, leaves, operator, manager, pass_time, stranger
    ):
        due()
        dodge()
        number = challenge(operator, 1)
        in_all = manager.pools(operator.address)[0] + manager.unbondingPools(operator.address)[0]
        pass_time(PERIOD + 1)
        receipt = challenges.resolve(number, sender=stranger)
        (event,) = receipt.decode_logs(manager.Slashed)
        assert event.staked + event.unbonding in (in_all // 100, in_all // 100 - 1)

    def test_keeps_an_operator_accountable_for_an_unbonding_period_and_no_longer(
        self, challenges, challenge, due, leaves, operator, manager, pass_time, chain, revert_of,
        fund, accounts,
    ):  # fmt: skip
        due()
        challenger = fund(accounts[8])
        receipt = manager.leave(sender=operator.account)
        left = chain.blocks[receipt.block_number].timestamp
        leaves.grow(1)
        challenges.takeSnapshot(sender=challenger)
        chain.pending_timestamp = left + PARAMETERS["unbondingPeriod"]
        before = chain.snapshot()
        challenges.open(operator.address, 3, 1, 2**255, sender=challenger)
        assert chain.blocks.head.timestamp == left + PARAMETERS["unbondingPeriod"]
        chain.restore(before)
        chain.mine(timestamp=left + PARAMETERS["unbondingPeriod"] + 1)
        refusal = revert_of(challenges.open, operator.address, 3, 1, 2**255, sender=challenger)
        assert refusal == ("NotActive", operator.address)

    def test_in_jail_ends_with_the_term(
        self, challenges, challenge, due, operator, manager, pass_time, revert_of, stranger, fund,
        accounts,
    ):  # fmt: skip
        """Whoever does not ask for release has to sign all the same."""
        due()
        number = challenge(operator, 1)
        pass_time(PERIOD + 1)
        challenges.resolve(number, sender=stranger)
        asking = (operator.address, 1, 0, 2**255)
        refusal = revert_of(challenges.open, *asking, sender=fund(accounts[8]))
        assert refusal == ("NotActive", operator.address)
        pass_time(PARAMETERS["jailPeriod"])
        refusal = revert_of(challenges.open, *asking, sender=accounts[8])
        assert refusal[0] == "InGrace"
        pass_time(PARAMETERS["gracePeriod"])
        number = challenge(operator, 1, accounts[8])
        pass_time(PERIOD + 1)
        receipt = challenges.resolve(number, sender=stranger)
        assert receipt.decode_logs(manager.Slashed)[0].staked == 396
        assert receipt.decode_logs(manager.Jailed)

    def test_in_jail_counts_up_to_the_end_of_the_term(
        self, challenges, challenge, due, operator, manager, pass_time, stranger, chain
    ):
        """From there, the unbonding period begins."""
        due()
        number = challenge(operator, 1)
        pass_time(PERIOD + 1)
        receipt = challenges.resolve(number, sender=stranger)
        term = receipt.decode_logs(manager.Jailed)[0].until
        last = term + PARAMETERS["unbondingPeriod"]
        accountable = []
        for second in (term - 1, term, last, last + 1):
            chain.mine(timestamp=second)
            accountable.append(manager.isAccountable(operator.address))
        assert accountable == [False, True, True, False]

    def test_by_leaving_after_a_new_minimum_changes_nothing(
        self, operator, manager, owner, pass_time, chain
    ):
        """The unbonding period begins when the minimum put the operator out of the set."""
        wanted = {**PARAMETERS, "minimumStake": 10**6}
        manager.scheduleParameters(tuple(wanted.values()), sender=owner)
        pass_time(PARAMETERS["unbondingPeriod"])
        manager.applyParameters(sender=owner)
        last = chain.blocks.head.timestamp + PARAMETERS["unbondingPeriod"]
        pass_time(60)
        manager.leave(sender=operator.account)
        accountable = []
        for second in (last, last + 1):
            chain.mine(timestamp=second)
            accountable.append(manager.isAccountable(operator.address))
        assert accountable == [True, False]

    def test_by_being_punished_for_fraud_first_is_dearer(
        self, challenges, challenge, due, operator, report, manager, pass_time, stranger, token
    ):
        """A tombstone ends it: the fraction for fraud is larger, and the bond comes back."""
        due()
        number = challenge(operator, 1)
        report(operator)
        held = manager.pools(operator.address)
        pass_time(PERIOD + 1)
        receipt = challenges.resolve(number, sender=stranger)
        assert not receipt.decode_logs(manager.Slashed)
        assert manager.pools(operator.address) == held
        assert token.balanceOf(challenges) == BOND


class TestFriends:
    """Who take all eight places."""

    @pytest.fixture
    def full(self, leaves, due, challenge, operator, fund, accounts):
        """Numbers of the challenges that a friend opened, all at once."""
        leaves.grow(7)
        due()
        friend = fund(accounts[6])
        return [challenge(operator, index, friend) for index in range(8)]

    def test_pay_127_and_a_half_bonds_per_period_when_the_operator_answers(
        self, full, challenges, operator, leaves, token, accounts, stranger, revert_of, fund
    ):
        victim = fund(accounts[8])
        asking = (operator.address, 9, 0, 2**255)
        assert revert_of(challenges.open, *asking, sender=victim) == (
            "TooManyOpen",
            operator.address,
        )
        before = token.balanceOf(accounts[6]) + token.balanceOf(operator.address) + 255 * BOND
        for index, number in enumerate(full):
            challenges.answer(
                number, *signed(leaves.checkpoint(index), operator.key), sender=stranger
            )
        challenges.collect(operator.address, sender=stranger)
        after = token.balanceOf(accounts[6]) + token.balanceOf(operator.address)
        assert 2 * (before - after) == 255 * BOND == 2 * challenges.owed(TREASURY)
        challenges.open(*asking, sender=victim)

    def test_have_the_operator_punished_by_anybody_when_it_does_not(
        self, full, challenges, operator, manager, token, pass_time, stranger, fund, accounts
    ):
        """Who gains by it. One is enough: all places are free again."""
        pass_time(PERIOD + 1)
        receipt = challenges.resolve(full[3], sender=stranger)
        (event,) = receipt.decode_logs(manager.Slashed)
        assert (event.staked, event.reward) == (400, 40)
        challenges.collect(stranger, sender=stranger)
        assert token.balanceOf(stranger) == 20
        assert challenges.openCount(operator.address) == 0
        pass_time(PARAMETERS["jailPeriod"] + PARAMETERS["gracePeriod"])
        challenges.open(operator.address, 9, 0, BOND, sender=fund(accounts[8]))
        assert challenges.openCount(operator.address) == 1

    def test_have_their_bonds_back_and_take_no_place_meanwhile(
        self, full, challenges, operator, token, pass_time, stranger, accounts, leaves
    ):
        before = token.balanceOf(accounts[6])
        pass_time(PERIOD + 1)
        for number in full:
            challenges.resolve(number, sender=accounts[6])
        challenges.collect(accounts[6], sender=stranger)
        assert token.balanceOf(accounts[6]) == before + 255 * BOND + 40
        assert challenges.openCount(operator.address) == 0
        assert token.balanceOf(challenges) == 0

    def test_that_the_token_refuses_keep_no_place(
        self, project, owner, tree_hook, proofs, leaves, accounts, stranger, pass_time
    ):
        """They are owed what they cannot be paid, and the operator is punished."""
        token = owner.deploy(project.BlocklistToken)
        manager = owner.deploy(
            project.StakingManager, token, TREASURY, owner, tuple(PARAMETERS.values()), tree_hook,
            proofs,
        )  # fmt: skip
        challenges = at(project.CensorshipChallenges, manager.challenges())
        account, friend, key = accounts[2], accounts[6], validator(2)
        manager.register(key.address, 0, possession(manager, account, key), sender=account)
        for who in (account, friend):
            token.transfer(who, 10**6, sender=owner)
            for spender in (manager, challenges):
                token.approve(spender, 10**6, sender=who)
        manager.stake(account, 10**6, sender=account)
        challenges.takeSnapshot(sender=stranger)
        pass_time(PARAMETERS["gracePeriod"])
        challenges.open(account, 1, 0, 2**255, sender=friend)
        token.setBlocked(friend, True, sender=owner)
        pass_time(PERIOD + 1)
        receipt = challenges.resolve(0, sender=stranger)
        assert receipt.decode_logs(manager.Slashed)[0].staked == 10_000
        assert challenges.owed(friend) == BOND + 500
        assert challenges.owed(stranger) == 500


class TestWorthlessChallenges:
    """That an operator's friend opens, and that nobody gains by resolving."""

    @pytest.fixture
    def poor(self, register, stake, leaves, due):
        """An operator with so little that what a resolver is due is rounded to nothing."""
        poor = register(13)
        stake(poor, poor.account, PARAMETERS["minimumStake"])
        leaves.grow(14)
        due()
        return poor

    @pytest.fixture
    def overdue(self, poor, challenge, fund, accounts, pass_time):
        friend = fund(accounts[6])
        numbers = [challenge(poor, index, friend) for index in range(8)]
        pass_time(PERIOD + 1)
        return numbers

    def test_keep_no_place_once_they_are_overdue(
        self, poor, overdue, challenges, fund, accounts, chain
    ):
        victim = fund(accounts[8])
        assert challenges.resolve.call(overdue[0], sender=victim) == 0
        assert challenges.openCount(poor.address) == 0
        challenges.open(poor.address, 9, 0, BOND, sender=victim)
        assert challenges.openCount(poor.address) == 1

    def test_have_to_be_paid_for_again_each_period(
        self, poor, overdue, challenges, challenge, fund, accounts, token, revert_of
    ):
        """Bonds double again, and nothing of the first ones is back meanwhile."""
        friend, victim = accounts[6], fund(accounts[8])
        before = token.balanceOf(friend)
        for index in range(8, 16):
            challenge(poor, index, friend)
        assert before - token.balanceOf(friend) == 255 * BOND
        refusal = revert_of(challenges.open, poor.address, 16, 0, 2**255, sender=victim)
        assert refusal == ("TooManyOpen", poor.address)

    def test_can_be_resolved_all_the_same(
        self, poor, overdue, challenges, challenge, manager, token, stranger, fund, accounts
    ):
        """By whom they are in the way of. One punishment covers them all."""
        challenge(poor, 9, fund(accounts[8]))
        before = manager.pools(poor.address)[0]
        for number in overdue:
            challenges.resolve(number, sender=stranger)
        assert manager.pools(poor.address)[0] == before - before // 100
        assert challenges.openCount(poor.address) == 0
        assert challenges.owed(accounts[6]) == 255 * BOND + before // 1000
        assert challenges.asked(poor.address, 0) == NEVER

    def test_leave_their_place_when_they_are_answered(
        self, poor, leaves, challenge, challenges, fund, accounts, chain, stranger, pass_time
    ):
        """Each its own, in any order."""
        friend = fund(accounts[6])
        numbers = []
        for index in range(8):
            numbers.append(challenge(poor, index, friend))
            pass_time(60)
        for left, index in zip(range(7, -1, -1), (3, 0, 7, 1, 6, 2, 5, 4), strict=True):
            answer = signed(leaves.checkpoint(index), poor.key)
            challenges.answer(numbers[index], *answer, sender=stranger)
            assert challenges.openCount(poor.address) == left
        assert challenge(poor, 8, friend) == 8
        assert challenges.challenges(8).bond == BOND
