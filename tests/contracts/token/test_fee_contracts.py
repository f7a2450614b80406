"""What the fee contracts ask for, and who takes what they got."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.routes import FIRST, SECOND, ZERO
from tests.support.snapshot import taken_back
from tests.support.words import b32

MAX_FEE, HALF = 10**16, 10**20
RECIPIENT = bytes(32)
FORMULAS = {
    "LinearFee": lambda a, top, half: min(top, a * top // (2 * half)),
    "RegressiveFee": lambda a, top, half: top * a // (half + a),
    "ProgressiveFee": lambda a, top, half: top * a * a // (half * half + a * a),
}
TYPES = {"LinearFee": 1, "RegressiveFee": 2, "ProgressiveFee": 3}
curves = pytest.mark.parametrize("name", FORMULAS)


@pytest.fixture(scope="module")
def deploy_fee(project, owner):
    def deploy_fee(name, token, top=MAX_FEE, half=HALF):
        return owner.deploy(getattr(project, name), token, top, half, owner)

    return deploy_fee


def asked(fee, amount, destination=SECOND):
    return [tuple(each) for each in fee.quoteTransferRemote(destination, RECIPIENT, amount)]


@curves
def test_tells_what_it_is(deploy_fee, token, owner, name):
    fee = deploy_fee(name, token)
    facts = fee.token(), fee.maxFee(), fee.halfAmount(), fee.owner(), fee.feeType()
    assert facts == (token, MAX_FEE, HALF, owner, TYPES[name])
    assert fee.PACKAGE_VERSION() == "12.1.0"


@curves
def test_half_amount_costs_half_of_the_highest_fee(deploy_fee, token, name):
    fee = deploy_fee(name, token)
    assert asked(fee, HALF) == [(token, MAX_FEE // 2)]
    assert asked(fee, 0) == [(token, 0)]
    assert asked(fee, 10**35)[0][1] == pytest.approx(MAX_FEE, rel=1e-9)


@curves
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    top=st.integers(1, 2**128),
    half=st.integers(1, 2**126),
    amount=st.integers(0, 2**127) | st.integers(0, 10),
)
def test_equals_its_formula(chain, deploy_fee, name, top, half, amount):
    with taken_back(chain):
        fee = deploy_fee(name, ZERO, top, half)
        assert asked(fee, amount) == [(ZERO, FORMULAS[name](amount, top, half))]


@curves
@pytest.mark.parametrize(("top", "half"), [(0, 1), (1, 0)])
def test_creation_refuses_zeros(project, owner, creation_revert_of, name, top, half):
    refusal = creation_revert_of(getattr(project, name), ZERO, top, half, owner.address)
    assert refusal == ("InvalidCurve", top, half)


@pytest.mark.parametrize("native", [True, False])
def test_owner_takes_all_fees(deploy_fee, token, owner, accounts, native):
    beneficiary = accounts[6]
    fee = deploy_fee("LinearFee", ZERO if native else token)
    if native:
        owner.transfer(fee, 55)
        before = beneficiary.balance
        fee.claim(beneficiary, sender=owner)
        assert (beneficiary.balance - before, fee.balance) == (55, 0)
    else:
        token.transfer(fee, 55, sender=owner)
        fee.claim(beneficiary, sender=owner)
        assert (token.balanceOf(beneficiary), token.balanceOf(fee)) == (55, 0)


def test_only_the_owner_takes_fees(deploy_fee, stranger, revert_of):
    fee = deploy_fee("LinearFee", ZERO)
    refusal = revert_of(fee.claim, stranger.address, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


class TestRouting:
    @pytest.fixture(scope="class")
    def routing(self, project, owner, token):
        return owner.deploy(project.RoutingFee, token, owner)

    def test_tells_what_it_is(self, routing, token):
        facts = routing.feeType(), routing.token(), routing.maxFee(), routing.halfAmount()
        assert facts == (4, token, 2**256 - 1, 2**256 - 1)

    def test_asks_by_destination(self, routing, deploy_fee, token, owner):
        fee = deploy_fee("LinearFee", token)
        receipt = routing.setFeeContract(SECOND, fee, sender=owner)
        assert receipt.events == [routing.FeeContractSet(SECOND, fee)]
        assert routing.feeContracts(SECOND) == fee
        assert routing.domains() == [SECOND]
        assert asked(routing, HALF) == [(token, MAX_FEE // 2)]
        assert asked(routing, HALF, destination=9) == []
        routing.setFeeContract(SECOND, ZERO, sender=owner)
        assert (asked(routing, HALF), routing.domains()) == ([], [])

    def test_fees_are_set_by_contracts(self, routing, owner, stranger, revert_of):
        refusal = revert_of(routing.setFeeContract, SECOND, stranger.address, sender=owner)
        assert refusal == ("FeeContractNotContract", stranger)

    def test_settings_are_the_owners(self, routing, stranger, revert_of):
        refusal = revert_of(routing.setFeeContract, SECOND, ZERO, sender=stranger)
        assert refusal == ("OwnableUnauthorizedAccount", stranger)

    def test_gets_the_fees_of_a_route(
        self, routing, deploy_fee, collateral_route, token, owner, recipient
    ):
        here, _ = collateral_route
        routing.setFeeContract(SECOND, deploy_fee("LinearFee", token), sender=owner)
        here.setFeeRecipient(routing, sender=owner)
        quote = here.quoteTransferRemote(SECOND, b32(recipient), HALF)[1].amount
        before = token.balanceOf(owner)
        here.transferRemote(SECOND, b32(recipient), HALF, sender=owner)
        assert before - token.balanceOf(owner) == quote == HALF + MAX_FEE // 2
        assert token.balanceOf(routing) == MAX_FEE // 2

    @pytest.fixture(scope="class")
    def recipient(self, accounts):
        return accounts[5]


def test_native_route_pays_fees_that_can_be_taken(native_route, deploy_fee, owner, accounts):
    native, _ = native_route
    fee = deploy_fee("ProgressiveFee", ZERO, 10**15, 10**18)
    native.setFeeRecipient(fee, sender=owner)
    recipient = b32(accounts[5])
    value = native.quoteTransferRemote(SECOND, recipient, 10**18)[1].amount
    native.transferRemote(SECOND, recipient, 10**18, sender=owner, value=value)
    assert (native.balance, fee.balance) == (10**18, 10**15 // 2)
    assert native.localDomain() == FIRST
