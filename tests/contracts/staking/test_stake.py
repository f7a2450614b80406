"""Operators, keys, shares, rewards and the way out."""

import pytest
from tests.support.signing import validator
from tests.support.staking_contracts import (
    DAY,
    NOBODY,
    PARAMETERS,
    TREASURY,
    active,
    possession,
    typed,
)

STATUS = ("None", "Active", "Jailed", "Left", "Tombstoned")


def status(manager, operator) -> str:
    return STATUS[manager.operatorState(operator.address)[0]]


class TestOperators:
    def test_registers_with_a_key_it_has(self, manager, register, chain):
        operator = register(2, 700)
        assert manager.operatorState(operator.address) == (1, operator.key.address, 700)
        assert manager.operatorOf(operator.key.address) == operator.address
        assert manager.activeSince(operator.address) == chain.blocks.head.timestamp
        assert (manager.operatorCount(), manager.operators(0)) == (1, operator.address)

    def test_says_who_joined(self, manager, accounts):
        key = validator(2)
        proof = possession(manager, accounts[2], key)
        receipt = manager.register(key.address, 700, proof, sender=accounts[2])
        (event,) = receipt.decode_logs(manager.OperatorRegistered)
        assert (event.operator, event.key, event.commission) == (accounts[2], key.address, 700)

    def test_proof_of_possession_is_of_this_operator_and_key(self, manager, accounts, revert_of):
        key, other = validator(2), validator(3)
        for proof, signer in (
            (other.sign_message(typed(manager, accounts[2], key)).signature, other.address),
            (b"", NOBODY),
            (possession(manager, accounts[2], key)[:64], NOBODY),
        ):
            refusal = revert_of(manager.register, key.address, 0, proof, sender=accounts[2])
            assert refusal == ("NotInPossession", key.address, signer)
        stolen = possession(manager, accounts[2], key)
        refusal = revert_of(manager.register, key.address, 0, stolen, sender=accounts[3])
        assert refusal[:2] == ("NotInPossession", key.address)
        refusal = revert_of(manager.register, NOBODY, 0, b"", sender=accounts[2])
        assert refusal == ("InvalidKey", NOBODY)

    def test_a_key_serves_once(self, manager, register, accounts, revert_of):
        operator = register(2)
        key = operator.key
        proof = possession(manager, accounts[3], key)
        refusal = revert_of(manager.register, key.address, 0, proof, sender=accounts[3])
        assert refusal == ("KeyInUse", key.address, operator.address)
        proof = possession(manager, operator.account, key)
        refusal = revert_of(manager.rotateKey, key.address, proof, sender=operator.account)
        assert refusal == ("KeyInUse", key.address, operator.address)
        refusal = revert_of(manager.register, key.address, 0, proof, sender=operator.account)
        assert refusal == ("WrongStatus", operator.address, 1)

    def test_a_rotated_key_stays_punishable_for_the_unbonding_period(
        self, manager, register, pass_time, chain
    ):
        operator, key = register(2), validator(7)
        proof = possession(manager, operator.account, key)
        receipt = manager.rotateKey(key.address, proof, sender=operator.account)
        until = chain.blocks.head.timestamp + PARAMETERS["unbondingPeriod"]
        (event,) = receipt.decode_logs(manager.KeyRotated)
        assert (event.oldKey, event.newKey) == (operator.key.address, key.address)
        assert event.punishableUntil == until
        assert manager.operatorOf(operator.key.address) == operator.address
        pass_time(PARAMETERS["unbondingPeriod"])
        assert manager.operatorOf(operator.key.address) == operator.address
        pass_time(1)
        assert manager.operatorOf(operator.key.address) == NOBODY
        assert manager.operatorOf(key.address) == operator.address

    def test_commission_only_falls(self, manager, register, accounts, revert_of):
        operator = register(2, 700)
        receipt = manager.lowerCommission(300, sender=operator.account)
        (event,) = receipt.decode_logs(manager.CommissionLowered)
        assert (event.operator, event.commission) == (operator.address, 300)
        refusal = revert_of(manager.lowerCommission, 300, sender=operator.account)
        assert refusal == ("CommissionTooHigh", 300, 300)
        proof = possession(manager, accounts[3], validator(3))
        arguments = (validator(3).address, 5_001, proof)
        refusal = revert_of(manager.register, *arguments, sender=accounts[3])
        assert refusal == ("CommissionTooHigh", 5_001, 5_000)

    def test_leaving_is_for_good_and_frees_the_stake(
        self, manager, operator, token, pass_time, revert_of, accounts
    ):
        receipt = manager.leave(sender=operator.account)
        assert receipt.decode_logs(manager.OperatorLeft)[0].operator == operator.address
        assert status(manager, operator) == "Left"
        assert active(manager) == ([], 0)
        assert revert_of(manager.leave, sender=operator.account)[0] == "WrongStatus"
        assert revert_of(manager.stake, operator.address, 1, sender=accounts[9]) == (
            "WrongStatus", operator.address, 3,
        )  # fmt: skip
        assert manager.operatorOf(operator.key.address) == operator.address  # still punishable
        shares = manager.sharesOf(operator.address, accounts[9])
        manager.unstake(operator.address, shares, sender=accounts[9])
        pass_time(PARAMETERS["unbondingPeriod"])
        manager.withdraw(0, sender=accounts[9])
        assert token.balanceOf(accounts[9]) == 30_000

    def test_strangers_are_no_operators(self, manager, stranger, revert_of):
        for function in (manager.leave, manager.unjail):
            refusal = revert_of(function, sender=stranger)
            assert refusal == ("WrongStatus", stranger, 0)
        assert revert_of(manager.activeSince, stranger) == ("WrongStatus", stranger, 0)
        assert not manager.isAccountable(stranger)
        refusal = revert_of(manager.stake, stranger, 1, sender=stranger)
        assert refusal == ("WrongStatus", stranger, 0)


class TestActiveSet:
    def test_has_keys_and_stakes_of_those_with_enough(self, manager, register, stake):
        first, poor, third = register(2), register(3), register(4)
        stake(first, first.account, 5_000)
        stake(poor, poor.account, PARAMETERS["minimumStake"] - 1)
        stake(third, third.account, PARAMETERS["minimumStake"])
        members = [
            (first.address, first.key.address, 5_000),
            (third.address, third.key.address, 1_000),
        ]
        assert active(manager) == (members, 0)
        assert [manager.isActive(item.address) for item in (first, poor, third)] == [
            True, False, True,
        ]  # fmt: skip

    def test_counts_what_the_operators_own_stake_carries(self, manager, operator, chain):
        """10,000 of its own carry 100,000, the 2,500 that are left 25,000."""
        assert active(manager)[0][0][2] == manager.countedStake(operator.address) == 40_000
        shares = manager.sharesOf(operator.address, operator.address)
        manager.unstake(operator.address, shares * 3 // 4, sender=operator.account)
        assert active(manager)[0][0][2] == manager.countedStake(operator.address) == 25_000
        assert manager.pools(operator.address)[0] == 32_500

    def test_is_read_in_pages(self, manager, register, stake):
        operators = [register(index) for index in (2, 3, 4)]
        for operator in operators:
            stake(operator, operator.account, 2_000)
        members = [(item.address, item.key.address, 2_000) for item in operators]
        assert active(manager, 0, 2) == (members[:2], 2)
        assert active(manager, 2, 2) == (members[2:], 0)
        assert active(manager, 9, 2) == ([], 0)

    def test_who_left_is_out_of_it_and_still_accountable(
        self, manager, operator, register, stake, pass_time
    ):
        other = register(3)
        stake(other, other.account, 2_000)
        manager.leave(sender=operator.account)
        assert [member[0] for member in active(manager)[0]] == [other.address]
        members, following = manager.accountableSet(0, 10)
        assert [member[0] for member in members] == [operator.address, other.address]
        assert following == 0
        pass_time(PARAMETERS["unbondingPeriod"] + 1)
        members, _ = manager.accountableSet(0, 10)
        assert [member[0] for member in members] == [other.address]


class TestShares:
    @pytest.fixture
    def funded(self, token, manager, owner, operator):
        token.approve(manager, 10**6, sender=owner)
        return owner

    def test_stake_moves_exactly_and_says_so(self, manager, operator, token, funded):
        receipt = manager.stake(operator.address, 500, sender=funded)
        (event,) = receipt.decode_logs(manager.Staked)
        assert (event.operator, event.delegator, event.assets) == (operator.address, funded, 500)
        assert event.shares == manager.sharesOf(operator.address, funded)
        assert manager.stakeOf(operator.address, funded) == 500
        assert token.balanceOf(manager) == 40_500 == manager.pools(operator.address)[0]

    def test_a_depositor_gets_the_shares_it_asks_for_or_keeps_its_tokens(
        self, manager, operator, token, funded, revert_of
    ):
        before = token.balanceOf(funded)
        refusal = revert_of(manager.stake, operator.address, 500, 500_001, sender=funded)
        assert refusal == ("TooFewShares", 500_000, 500_001)
        receipt = manager.stake(operator.address, 500, 500_000, sender=funded)
        assert receipt.decode_logs(manager.Staked)[0].shares == 500_000
        assert manager.sharesOf(operator.address, funded) == 500_000
        assert token.balanceOf(funded) == before - 500

    def test_delegation_is_taken_up_to_what_the_operators_own_stake_carries(
        self, manager, operator, funded, revert_of
    ):
        refusal = revert_of(manager.stake, operator.address, 60_001, sender=funded)
        assert refusal == ("DelegationTooHigh", 100_001, 100_000)
        manager.stake(operator.address, 60_000, sender=funded)
        assert manager.countedStake(operator.address) == 100_000
        assert (
            revert_of(manager.stake, operator.address, 1, sender=funded)[0] == "DelegationTooHigh"
        )

    def test_nothing_is_not_staked(self, manager, operator, owner, revert_of):
        assert revert_of(manager.stake, operator.address, 0, sender=owner) == ("NoAmount",)
        assert revert_of(manager.unstake, operator.address, 0, sender=owner) == ("NoAmount",)

    def test_nobody_takes_more_than_they_own(self, manager, operator, owner, accounts, revert_of):
        owned = manager.sharesOf(operator.address, accounts[9])
        refusal = revert_of(manager.unstake, operator.address, owned + 1, sender=accounts[9])
        assert refusal == ("InsufficientShares", owned, owned + 1)
        refusal = revert_of(manager.unstake, operator.address, 1, sender=owner)
        assert refusal == ("InsufficientShares", 0, 1)

    def test_withdrawal_waits_and_happens_once(
        self, manager, operator, token, accounts, pass_time, revert_of, chain, stranger
    ):
        delegator = accounts[9]
        half = manager.sharesOf(operator.address, delegator) // 2
        receipt = manager.unstake(operator.address, half, sender=delegator)
        (event,) = receipt.decode_logs(manager.Unstaked)
        matures = chain.blocks.head.timestamp + PARAMETERS["unbondingPeriod"]
        assert (event.assets, event.unbonding, event.maturesAt) == (15_000, 0, matures)
        assert revert_of(manager.withdraw, 0, sender=delegator) == ("NotBefore", matures)
        pass_time(PARAMETERS["unbondingPeriod"])
        refusal = revert_of(manager.withdraw, 0, sender=stranger)
        assert refusal == ("NotUnbonding", 0, delegator)
        assert revert_of(manager.withdraw, 1, sender=delegator) == ("NotUnbonding", 1, NOBODY)
        receipt = manager.withdraw(0, sender=delegator)
        assert receipt.decode_logs(manager.Withdrawn)[0].assets == 15_000
        assert token.balanceOf(delegator) == 15_000
        assert revert_of(manager.withdraw, 0, sender=delegator) == ("NotUnbonding", 0, NOBODY)
        assert token.balanceOf(manager) == 25_000

    def test_rewards_raise_all_shares_and_pay_the_commission(
        self, manager, operator, token, owner, accounts
    ):
        token.approve(manager, 4_000, sender=owner)
        receipt = manager.reward(operator.address, 4_000, sender=owner)
        (event,) = receipt.decode_logs(manager.Rewarded)
        assert (event.operator, event.assets, event.commission) == (operator.address, 4_000, 400)
        # 3,600 are shared 1 to 3; the commission of 400 is the operator's.
        assert manager.stakeOf(operator.address, accounts[9]) in range(32_695, 32_701)
        assert manager.stakeOf(operator.address, operator.address) in range(11_295, 11_301)
        assert manager.pools(operator.address)[0] == 44_000 == token.balanceOf(manager)

    def test_rewards_need_owners(self, manager, register, token, owner, revert_of):
        operator = register(2)
        token.approve(manager, 100, sender=owner)
        refusal = revert_of(manager.reward, operator.address, 100, sender=owner)
        assert refusal == ("NoAmount",)

    def test_first_staker_cannot_inflate_the_price_of_a_share(
        self, manager, register, stake, token, owner, accounts
    ):
        operator, victim = register(2), accounts[9]
        thief = operator.account
        stake(operator, thief, 1)
        token.transfer(thief, 10**6, sender=owner)
        token.approve(manager, 10**6, sender=thief)
        manager.reward(operator.address, 10**6, sender=thief)
        stake(operator, victim, 10**6)
        assert manager.stakeOf(operator.address, victim) > 999_000
        assert manager.stakeOf(operator.address, thief) < 10**6 + 1

    def test_tokens_that_take_a_fee_are_refused(self, project, owner, tree_hook, proofs, revert_of):
        token = owner.deploy(project.FeeToken)
        manager = owner.deploy(
            project.StakingManager, token, TREASURY, owner, tuple(PARAMETERS.values()),
            tree_hook, proofs,
        )  # fmt: skip
        key = validator(1)
        manager.register(key.address, 0, possession(manager, owner, key), sender=owner)
        token.approve(manager, 10_000, sender=owner)
        refusal = revert_of(manager.stake, owner, 10_000, sender=owner)
        assert refusal[0] == "UnexpectedTransfer"
        assert refusal[2] == 10_000


class TestOwner:
    def test_pause_stops_what_comes_in_and_nothing_that_goes_out(
        self, manager, operator, owner, accounts, pass_time, token, revert_of, stranger
    ):
        assert revert_of(manager.pause, sender=stranger)[0] == "OwnableUnauthorizedAccount"
        manager.pause(sender=owner)
        delegator = accounts[9]
        refusal = revert_of(manager.stake, operator.address, 1, sender=delegator)
        assert refusal == ("EnforcedPause",)
        proof = possession(manager, accounts[3], validator(3))
        arguments = (validator(3).address, 0, proof)
        assert revert_of(manager.register, *arguments, sender=accounts[3]) == ("EnforcedPause",)
        manager.unstake(
            operator.address, manager.sharesOf(operator.address, delegator), sender=delegator
        )
        pass_time(PARAMETERS["unbondingPeriod"])
        manager.withdraw(0, sender=delegator)
        assert token.balanceOf(delegator) == 30_000
        assert revert_of(manager.unpause, sender=stranger)[0] == "OwnableUnauthorizedAccount"
        manager.unpause(sender=owner)
        manager.register(*arguments, sender=accounts[3])

    def test_parameters_change_with_notice(
        self, manager, owner, pass_time, revert_of, stranger, chain
    ):
        wanted = PARAMETERS | {"jailPeriod": 3 * DAY, "unbondingPeriod": 20 * DAY}
        new = tuple(wanted.values())
        assert revert_of(manager.applyParameters) == ("NothingScheduled",)
        assert revert_of(manager.cancelParameters, sender=owner) == ("NothingScheduled",)
        for function, arguments in (
            (manager.scheduleParameters, (new,)),
            (manager.cancelParameters, ()),
        ):
            refusal = revert_of(function, *arguments, sender=stranger)
            assert refusal == ("OwnableUnauthorizedAccount", stranger)
        receipt = manager.scheduleParameters(new, sender=owner)
        ready = chain.blocks.head.timestamp + PARAMETERS["unbondingPeriod"]
        assert manager.readyAt() == ready
        (event,) = receipt.decode_logs(manager.ParametersScheduled)
        assert (tuple(event.parameters), event.readyAt) == (new, ready)
        assert tuple(manager.scheduledParameters()) == new
        assert revert_of(manager.applyParameters) == ("NotReady", ready)
        assert tuple(manager.parameters()) == tuple(PARAMETERS.values())
        pass_time(PARAMETERS["unbondingPeriod"])
        receipt = manager.applyParameters(sender=stranger)
        assert tuple(receipt.decode_logs(manager.ParametersSet)[0].parameters) == new
        assert tuple(manager.parameters()) == new
        assert manager.readyAt() == 0

    def test_a_scheduled_change_can_be_called_off(self, manager, owner, pass_time, revert_of):
        manager.scheduleParameters(tuple(PARAMETERS.values()), sender=owner)
        receipt = manager.cancelParameters(sender=owner)
        assert len(receipt.decode_logs(manager.ParametersCancelled)) == 1
        pass_time(PARAMETERS["unbondingPeriod"])
        assert revert_of(manager.applyParameters) == ("NothingScheduled",)

    @pytest.mark.parametrize(
        ("name", "bad"),
        [
            ("unbondingPeriod", 7 * DAY - 1),
            ("unbondingPeriod", 60 * DAY + 1),
            ("jailPeriod", 3599),
            ("gracePeriod", 599),
            ("answerPeriod", 3 * DAY + 1),
            ("fraudFraction", 999),
            ("fraudFraction", 10_001),
            ("censorshipFraction", 1_001),
            ("reporterFraction", 2_001),
            ("minimumStake", 0),
            ("challengeBond", 2**88),
        ],
    )
    def test_parameters_have_hard_bounds(self, manager, owner, revert_of, name, bad):
        new = tuple((PARAMETERS | {name: bad}).values())
        refusal = revert_of(manager.scheduleParameters, new, sender=owner)
        assert refusal[:3] == ("ParameterOutOfBounds", name, bad)
