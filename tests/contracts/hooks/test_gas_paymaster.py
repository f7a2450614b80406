"""The gas paymaster: what a delivery costs, by which oracle, and where every wei and token goes."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.contracts import REMOTE_DOMAIN

from hyperlane.protocol.gas_paymaster import gas_fee
from hyperlane.protocol.hook_metadata import DEFAULT_GAS_LIMIT, StandardHookMetadata

from .dispatching import RECIPIENT, ZERO, message_from, metadata

OTHER_DOMAIN = 2000
RATE, PRICE = 15 * 10**9, 3 * 10**9
OVERHEAD = 60_000
MESSAGE_ID = b"\x44" * 32
FITTING, TOO_LARGE = 2**96 - 1, 2**96
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "igp_quotes.json").read_text())


def fee(gas_limit: int) -> int:
    return gas_fee(gas_limit, PRICE, RATE)


@pytest.fixture(scope="module")
def beneficiary(accounts):
    return accounts[5]


@pytest.fixture(scope="module")
def oracle(project, owner):
    oracle = owner.deploy(project.StorageGasOracle)
    oracle.setRemoteGasData((REMOTE_DOMAIN, RATE, PRICE), sender=owner)
    return oracle


@pytest.fixture(scope="module", params=["own data", "oracle"])
def igp(request, project, owner, beneficiary, oracle, mailbox):
    """Serves one domain, by its own gas data or by an oracle's, and takes tokens."""
    igp = owner.deploy(project.InterchainGasPaymaster)
    igp.initialize(owner, beneficiary, sender=owner)
    igp.setMailbox(mailbox, sender=owner)
    if request.param == "own data":
        igp.setRemoteGasData((REMOTE_DOMAIN, RATE, PRICE), sender=owner)
    source = igp if request.param == "own data" else oracle
    igp.setDestinationGasConfigs([(REMOTE_DOMAIN, (source, OVERHEAD))], sender=owner)
    return igp


@pytest.fixture(scope="module")
def payer(accounts):
    return accounts[6]


@pytest.fixture(scope="module")
def token_oracle(project, owner):
    """Says that two of a token's smallest units are one of the remote gas token's."""
    oracle = owner.deploy(project.StorageGasOracle)
    oracle.setRemoteGasData((REMOTE_DOMAIN, 2 * 10**10, PRICE), sender=owner)
    return oracle


@pytest.fixture
def token(project, owner, igp, payer, token_oracle):
    """The paymaster takes it, from the payer as much as it likes."""
    token = payer.deploy(project.TestERC20, "Fee", "FEE", 10**24, 18)
    token.approve(igp, 2**256 - 1, sender=payer)
    igp.setTokenGasOracles([(token, REMOTE_DOMAIN, token_oracle)], sender=owner)
    return token


# --- setting up


def test_initialize_sets_owner_and_beneficiary(project, owner, stranger, beneficiary):
    igp = owner.deploy(project.InterchainGasPaymaster)
    receipt = igp.initialize(stranger, beneficiary, sender=owner)
    assert (igp.owner(), igp.beneficiary()) == (stranger, beneficiary)
    assert receipt.events == [
        igp.OwnershipTransferred(previousOwner=owner, newOwner=stranger),
        igp.BeneficiarySet(beneficiary=beneficiary),
        igp.Initialized(version=1),
    ]
    assert igp.deployedBlock() == igp.creation_metadata.block
    assert igp.NATIVE_TOKEN() == ZERO


def test_initialize_works_once_and_for_the_deployer(project, owner, stranger, igp, revert_of):
    refusal = revert_of(igp.initialize, owner, owner, sender=owner)
    assert refusal == ("AlreadyInitialized",)
    fresh = owner.deploy(project.InterchainGasPaymaster)
    refusal = revert_of(fresh.initialize, stranger, stranger, sender=stranger)
    assert refusal == ("NotDeployer", stranger, owner)
    refusal = revert_of(fresh.initialize, owner, ZERO, sender=owner)
    assert refusal == ("InvalidBeneficiary", ZERO)


@pytest.mark.parametrize(
    ("setter", "arguments"),
    [
        ("addQuoteSigner", ["0x" + "01" * 20]),
        ("removeQuoteSigner", ["0x" + "01" * 20]),
        ("setBeneficiary", ["0x" + "01" * 20]),
        ("setMailbox", ["0x" + "01" * 20]),
        ("setDestinationGasConfigs", [[]]),
        ("setDestinationGasOverhead", [1, 1]),
        ("setTokenGasOracles", [[]]),
        ("transferOwnership", ["0x" + "01" * 20]),
    ],
)
def test_setters_are_for_the_owner(igp, stranger, revert_of, setter, arguments):
    refusal = revert_of(getattr(igp, setter), *arguments, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_owner_configures_domains(igp, owner, oracle):
    configs = [(OTHER_DOMAIN, (oracle, 7)), (3000, (igp, 8))]
    receipt = igp.setDestinationGasConfigs(configs, sender=owner)
    assert igp.domains() == [REMOTE_DOMAIN, OTHER_DOMAIN, 3000]
    assert tuple(igp.destinationGasConfigs(OTHER_DOMAIN)) == (oracle, 7)
    assert tuple(igp.destinationGasConfigs(3000)) == (igp, 8)
    assert igp.tokenGasOracles(ZERO, OTHER_DOMAIN) == oracle
    assert igp.destinationGasOverhead(OTHER_DOMAIN) == 7
    assert receipt.events == [
        igp.DestinationGasConfigSet(remoteDomain=OTHER_DOMAIN, gasOracle=oracle, gasOverhead=7),
        igp.DestinationGasConfigSet(remoteDomain=3000, gasOracle=igp, gasOverhead=8),
    ]


@pytest.mark.parametrize("way", ["setDestinationGasConfigs", "setTokenGasOracles"])
def test_domain_without_oracle_is_served_no_more(igp, owner, revert_of, way):
    removal = {
        "setDestinationGasConfigs": (REMOTE_DOMAIN, (ZERO, 0)),
        "setTokenGasOracles": (ZERO, REMOTE_DOMAIN, ZERO),
    }[way]
    getattr(igp, way)([removal], sender=owner)
    assert igp.domains() == []
    refusal = revert_of(igp.quoteGasPayment, REMOTE_DOMAIN, 1)
    assert refusal == ("NoGasOracle", ZERO, REMOTE_DOMAIN)
    text = f"Configured IGP doesn't support domain {REMOTE_DOMAIN}"
    assert revert_of(igp.getExchangeRateAndGasPrice, REMOTE_DOMAIN) == ("Error", text)


def test_oracle_for_wei_can_be_set_as_that_of_token_zero(igp, owner, oracle):
    oracle.setRemoteGasData((OTHER_DOMAIN, 10**10, 5), sender=owner)
    receipt = igp.setTokenGasOracles([(ZERO, OTHER_DOMAIN, oracle)], sender=owner)
    assert igp.quoteGasPayment(OTHER_DOMAIN, 3) == 15
    assert igp.domains() == [REMOTE_DOMAIN, OTHER_DOMAIN]
    assert receipt.events == [
        igp.TokenGasOracleSet(feeToken=ZERO, remoteDomain=OTHER_DOMAIN, gasOracle=oracle)
    ]


def test_token_needs_a_domain_that_takes_wei(igp, owner, stranger, oracle, revert_of):
    refusal = revert_of(igp.setTokenGasOracles, [(stranger, OTHER_DOMAIN, oracle)], sender=owner)
    assert refusal == ("DomainNotConfigured", OTHER_DOMAIN)
    igp.setTokenGasOracles([(stranger, OTHER_DOMAIN, ZERO)], sender=owner)


def test_overhead_is_added_to_a_gas_limit(igp, owner):
    assert igp.destinationGasLimit(REMOTE_DOMAIN, 5) == OVERHEAD + 5
    receipt = igp.setDestinationGasOverhead(REMOTE_DOMAIN, 9, sender=owner)
    assert igp.destinationGasLimit(REMOTE_DOMAIN, 5) == 9 + 5
    assert igp.quoteGasPayment(REMOTE_DOMAIN, 10) == fee(10)
    assert igp.destinationGasLimit(OTHER_DOMAIN, 5) == 5
    assert receipt.events == [
        igp.DestinationGasOverheadSet(remoteDomain=REMOTE_DOMAIN, gasOverhead=9)
    ]


def test_overhead_beyond_its_bits_is_refused(igp, owner, revert_of):
    igp.setDestinationGasOverhead(REMOTE_DOMAIN, 2**56 - 1, sender=owner)
    refusal = revert_of(igp.setDestinationGasOverhead, REMOTE_DOMAIN, 2**56, sender=owner)
    assert refusal == ("GasOverheadTooLarge", 2**56)
    configs = [(REMOTE_DOMAIN, (igp, 2**96 - 1))]
    refusal = revert_of(igp.setDestinationGasConfigs, configs, sender=owner)
    assert refusal == ("GasOverheadTooLarge", 2**96 - 1)


def test_owner_changes_the_beneficiary(igp, owner, stranger, revert_of):
    receipt = igp.setBeneficiary(stranger, sender=owner)
    assert igp.beneficiary() == stranger
    assert receipt.events == [igp.BeneficiarySet(beneficiary=stranger)]
    assert revert_of(igp.setBeneficiary, ZERO, sender=owner) == ("InvalidBeneficiary", ZERO)


# --- quoting


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["fee"]))
def test_quotes_equal_the_vectors(igp, owner, oracle, case):
    config = (REMOTE_DOMAIN, case["token_exchange_rate"], case["gas_price"])
    for source in (igp, oracle):
        source.setRemoteGasData(config, sender=owner)
    assert igp.quoteGasPayment(REMOTE_DOMAIN, case["gas_limit"]) == case["fee"]
    assert igp.quoteGasPayment(ZERO, REMOTE_DOMAIN, case["gas_limit"]) == case["fee"]


@settings(
    max_examples=25,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rate=st.sampled_from([0, 1, FITTING, TOO_LARGE, 2**128 - 1]),
    price=st.sampled_from([0, 1, FITTING, TOO_LARGE, 2**128 - 1]),
    gas_limit=st.integers(0, 2**256 - 1) | st.integers(0, 2**50),
)
def test_quotes_equal_the_model_or_overflow(igp, oracle, owner, revert_of, rate, price, gas_limit):
    for source in (igp, oracle):
        source.setRemoteGasData((REMOTE_DOMAIN, rate, price), sender=owner)
    if gas_limit * price < 2**256 and gas_limit * price * rate < 2**256:
        expected = gas_fee(gas_limit, price, rate)
        assert igp.quoteGasPayment(REMOTE_DOMAIN, gas_limit) == expected
    else:
        assert revert_of(igp.quoteGasPayment, REMOTE_DOMAIN, gas_limit) == ("Panic", 0x11)


def test_price_follows_every_change_of_its_source(igp, owner, oracle):
    """The paymaster keeps copies of its own data: none may go stale."""

    def price() -> int:
        return igp.quoteGasPayment(REMOTE_DOMAIN, 10**10)

    def set_own(rate: int) -> None:
        igp.setRemoteGasData((REMOTE_DOMAIN, rate, 1), sender=owner)

    def use(source) -> None:
        igp.setDestinationGasConfigs([(REMOTE_DOMAIN, (source, 1))], sender=owner)

    oracle.setRemoteGasData((REMOTE_DOMAIN, 1000, 1), sender=owner)
    use(igp)
    set_own(1)
    assert price() == 1
    set_own(TOO_LARGE)
    assert price() == TOO_LARGE
    set_own(2)
    assert price() == 2
    use(oracle)
    assert price() == 1000
    set_own(3)
    assert price() == 1000
    igp.setTokenGasOracles([(ZERO, REMOTE_DOMAIN, igp)], sender=owner)
    assert price() == 3
    igp.setRemoteGasDataConfigs([(REMOTE_DOMAIN, 4, 1)], sender=owner)
    assert price() == 4
    igp.addQuoteSigner(owner, sender=owner)
    assert price() == 4
    set_own(5)
    assert price() == 5
    igp.removeQuoteSigner(owner, sender=owner)
    set_own(6)
    assert price() == 6


def test_hook_quotes_with_overhead_and_the_gas_limit_of_the_metadata(igp, owner):
    encoded = message_from(owner).encode()
    whole = metadata(5, 123_456, refund=owner, token=ZERO, custom=b"custom")
    for length in (0, *range(2, len(whole) + 1)):
        decoded = StandardHookMetadata.decode(whole[:length])
        gas_limit = DEFAULT_GAS_LIMIT if decoded.gas_limit is None else decoded.gas_limit
        expected = fee(OVERHEAD + gas_limit)
        assert igp.quoteDispatch(whole[:length], encoded) == expected


def test_unserved_domain_is_not_quoted(igp, owner, revert_of):
    encoded = message_from(owner, destination=OTHER_DOMAIN).encode()
    expected = ("NoGasOracle", ZERO, OTHER_DOMAIN)
    assert revert_of(igp.quoteDispatch, b"", encoded) == expected
    assert revert_of(igp.postDispatch, b"", encoded) == expected
    assert revert_of(igp.quoteGasPayment, OTHER_DOMAIN, 1) == expected


# --- paying in wei


def test_dispatch_pays_for_gas(igp, owner, dispatch):
    amount = fee(OVERHEAD + DEFAULT_GAS_LIMIT)
    receipt = dispatch(igp, value=amount)
    assert igp.balance == amount
    assert receipt.decode_logs(igp.GasPayment) == [
        igp.GasPayment(
            messageId=message_from(owner).id,
            destinationDomain=REMOTE_DOMAIN,
            gasAmount=OVERHEAD + DEFAULT_GAS_LIMIT,
            payment=amount,
        )
    ]


def test_dispatch_that_overpays_gets_the_rest_back(igp, accounts, dispatch, gains):
    gain, amount = gains(accounts[7]), fee(OVERHEAD + 1)
    given = metadata(gas_limit=1, refund=accounts[7])
    dispatch(igp, metadata=given, value=amount + 99)
    assert (igp.balance, gain(accounts[7])) == (amount, 99)


def test_hook_refunds_the_message_sender_by_default(igp, owner, accounts, gains):
    gain, amount = gains(accounts[7]), fee(OVERHEAD + DEFAULT_GAS_LIMIT)
    encoded = message_from(accounts[7]).encode()
    igp.postDispatch(b"", encoded, sender=owner, value=amount + 99)
    assert (igp.balance, gain(accounts[7])) == (amount, 99)


def test_dispatch_that_underpays_is_refused(igp, owner, revert_of):
    amount = fee(OVERHEAD + DEFAULT_GAS_LIMIT)
    encoded = message_from(owner).encode()
    refusal = revert_of(igp.postDispatch, b"", encoded, sender=owner, value=amount - 1)
    assert refusal == ("InsufficientInterchainGasPayment", amount - 1, amount)


def test_anyone_pays_for_any_message_without_overhead(igp, stranger):
    receipt = igp.payForGas(
        MESSAGE_ID, REMOTE_DOMAIN, 1000, stranger, sender=stranger, value=fee(1000)
    )
    assert igp.balance == fee(1000)
    assert receipt.events == [
        igp.GasPayment(
            messageId=MESSAGE_ID,
            destinationDomain=REMOTE_DOMAIN,
            gasAmount=1000,
            payment=fee(1000),
        )
    ]


def test_direct_payment_refunds_the_named_account(igp, owner, accounts, gains, revert_of):
    gain = gains(accounts[7])
    arguments = (MESSAGE_ID, REMOTE_DOMAIN, 1000)
    igp.payForGas(*arguments, accounts[7], sender=owner, value=fee(1000) + 5)
    assert (igp.balance, gain(accounts[7])) == (fee(1000), 5)
    igp.payForGas(*arguments, ZERO, sender=owner, value=fee(1000))
    refusal = revert_of(igp.payForGas, *arguments, ZERO, sender=owner, value=fee(1000) + 5)
    assert refusal == ("NoRefundAddress", 5)


def test_direct_payment_that_is_short_is_refused(igp, owner, revert_of):
    arguments = (MESSAGE_ID, REMOTE_DOMAIN, 1000, owner)
    refusal = revert_of(igp.payForGas, *arguments, sender=owner, value=fee(1000) - 1)
    assert refusal == ("InsufficientInterchainGasPayment", fee(1000) - 1, fee(1000))
    refusal = revert_of(igp.payForGas, MESSAGE_ID, OTHER_DOMAIN, 1000, owner)
    assert refusal == ("NoGasOracle", ZERO, OTHER_DOMAIN)


def test_refund_that_is_refused_reverts(igp, owner, refusing, revert_of):
    arguments = (MESSAGE_ID, REMOTE_DOMAIN, 1000, refusing)
    refusal = revert_of(igp.payForGas, *arguments, sender=owner, value=fee(1000) + 1)
    assert refusal == ("ETHTransferFailed",)


def test_reentering_refund_cannot_take_what_others_paid(igp, owner, reentering):
    igp.payForGas(MESSAGE_ID, REMOTE_DOMAIN, 1000, owner, sender=owner, value=fee(1000))
    again = igp.payForGas.encode_input(MESSAGE_ID, REMOTE_DOMAIN, 1000, reentering.address)
    reentering.prepare(igp, fee(1000), again, sender=owner)
    value = 2 * fee(1000) + 7
    igp.payForGas(MESSAGE_ID, REMOTE_DOMAIN, 1000, reentering, sender=owner, value=value)
    assert (igp.balance, reentering.balance) == (3 * fee(1000), 7)


def test_anyone_may_send_the_payments_to_the_beneficiary(igp, owner, stranger, beneficiary, gains):
    igp.payForGas(MESSAGE_ID, REMOTE_DOMAIN, 1000, owner, sender=owner, value=fee(1000))
    gain = gains(beneficiary)
    igp.claim(sender=stranger)
    assert (igp.balance, gain(beneficiary)) == (0, fee(1000))


def test_payments_that_the_beneficiary_refuses_stay(igp, owner, refusing, revert_of):
    igp.payForGas(MESSAGE_ID, REMOTE_DOMAIN, 1000, owner, sender=owner, value=fee(1000))
    igp.setBeneficiary(refusing, sender=owner)
    assert revert_of(igp.claim) == ("ETHTransferFailed",)
    assert igp.balance == fee(1000)


# --- paying in a token


def test_token_is_quoted_by_its_own_oracle(igp, token, owner):
    expected = gas_fee(1000, PRICE, 2 * 10**10)
    assert igp.quoteGasPayment(token, REMOTE_DOMAIN, 1000) == expected
    given = metadata(gas_limit=1000, refund=owner, token=token)
    expected = gas_fee(OVERHEAD + 1000, PRICE, 2 * 10**10)
    assert igp.quoteDispatch(given, message_from(owner).encode()) == expected


def test_token_without_oracle_is_not_taken(igp, token, owner, stranger, payer, mailbox, revert_of):
    expected = ("NoGasOracle", stranger, REMOTE_DOMAIN)
    assert revert_of(igp.quoteGasPayment, stranger.address, REMOTE_DOMAIN, 1) == expected
    given = metadata(refund=owner, token=stranger)
    arguments = (REMOTE_DOMAIN, RECIPIENT, b"", given, igp.address)
    assert revert_of(mailbox.dispatch, *arguments, sender=payer) == expected


def test_dispatch_pays_in_a_token(igp, token, payer, dispatch):
    amount = gas_fee(OVERHEAD + 1000, PRICE, 2 * 10**10)
    before = token.balanceOf(payer)
    given = metadata(gas_limit=1000, refund=payer, token=token)
    receipt = dispatch(igp, metadata=given, sender=payer)
    assert (token.balanceOf(igp), before - token.balanceOf(payer)) == (amount, amount)
    assert receipt.decode_logs(igp.GasPayment) == [
        igp.GasPayment(
            messageId=message_from(payer).id,
            destinationDomain=REMOTE_DOMAIN,
            gasAmount=OVERHEAD + 1000,
            payment=amount,
        )
    ]


def test_wei_beside_a_token_are_refused(igp, token, payer, revert_of):
    given = metadata(refund=payer, token=token)
    arguments = (given, message_from(payer).encode())
    refusal = revert_of(igp.postDispatch, *arguments, sender=payer, value=1)
    assert refusal == ("NativeValueNotAccepted", 1)


def test_direct_payment_in_a_token(igp, token, payer):
    amount = gas_fee(1000, PRICE, 2 * 10**10)
    receipt = igp.payForGas(token, MESSAGE_ID, REMOTE_DOMAIN, 1000, sender=payer)
    assert token.balanceOf(igp) == amount
    assert receipt.decode_logs(igp.GasPayment) == [
        igp.GasPayment(
            messageId=MESSAGE_ID,
            destinationDomain=REMOTE_DOMAIN,
            gasAmount=1000,
            payment=amount,
        )
    ]


def test_wei_cannot_be_paid_as_token_zero(igp, owner, revert_of):
    refusal = revert_of(igp.payForGas, ZERO, MESSAGE_ID, REMOTE_DOMAIN, 1000, sender=owner)
    assert refusal == ("TransferFromFailed",)


def test_payer_without_approval_or_balance_is_refused(igp, token, payer, stranger, revert_of):
    arguments = (token, MESSAGE_ID, REMOTE_DOMAIN, 1000)
    assert revert_of(igp.payForGas, *arguments, sender=stranger) == ("TransferFromFailed",)
    token.approve(igp, 1, sender=payer)
    assert revert_of(igp.payForGas, *arguments, sender=payer) == ("TransferFromFailed",)


@pytest.mark.parametrize("name", ["NoReturnToken", "FalseToken"])
def test_tokens_that_answer_oddly(project, igp, token_oracle, owner, payer, revert_of, name):
    odd = payer.deploy(project.contracts[name])
    igp.setTokenGasOracles([(odd, REMOTE_DOMAIN, token_oracle)], sender=owner)
    arguments = (odd, MESSAGE_ID, REMOTE_DOMAIN, 1000)
    assert revert_of(igp.payForGas, *arguments, sender=payer) == ("TransferFromFailed",)
    odd.approve(igp, 10**24, sender=payer)
    igp.payForGas(*arguments, sender=payer)
    assert odd.balanceOf(igp) == gas_fee(1000, PRICE, 2 * 10**10)


def test_anyone_may_send_tokens_to_the_beneficiary(igp, token, payer, stranger, beneficiary):
    igp.payForGas(token, MESSAGE_ID, REMOTE_DOMAIN, 1000, sender=payer)
    amount = token.balanceOf(igp)
    igp.claimToken(token, sender=stranger)
    assert (token.balanceOf(igp), token.balanceOf(beneficiary)) == (0, amount)


def test_tokens_that_the_beneficiary_cannot_get_stay(project, igp, owner, beneficiary, revert_of):
    token = owner.deploy(project.BlocklistToken)
    token.transfer(igp, 5, sender=owner)
    token.setBlocked(beneficiary, True, sender=owner)
    assert revert_of(igp.claimToken, token) == ("TransferFailed",)
    assert token.balanceOf(igp) == 5


def test_removed_token_oracle_is_asked_no_more(igp, token, owner, revert_of):
    receipt = igp.setTokenGasOracles([(token, REMOTE_DOMAIN, ZERO)], sender=owner)
    assert receipt.events == [
        igp.TokenGasOracleSet(feeToken=token, remoteDomain=REMOTE_DOMAIN, gasOracle=ZERO)
    ]
    assert igp.tokenGasOracles(token, REMOTE_DOMAIN) == ZERO
    refusal = revert_of(igp.quoteGasPayment, token, REMOTE_DOMAIN, 1)
    assert refusal == ("NoGasOracle", token, REMOTE_DOMAIN)
