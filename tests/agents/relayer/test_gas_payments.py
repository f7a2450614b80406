"""Who has to pay what: policies in the reference's syntax, and the payments that meet them."""

import json
from dataclasses import replace

import pytest

from hyperlane.agents.relayer.policy.gas import GasPolicies
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import NotReady
from hyperlane.errors import ConfigError
from hyperlane.protocol.message import VERSION, Message
from hyperlane.settings.gas_payments import parse_gas_payments
from hyperlane.store.payments import GasPaid

pytestmark = pytest.mark.quick

RECIPIENT = bytes(12) + b"\xbb" * 20
MESSAGE = Message(VERSION, 1, 1337, bytes(12) + b"\xaa" * 20, 7331, RECIPIENT, b"body\xcc\xdd")


def check(policies, paid, spent=0, estimate=0, message=MESSAGE):
    return (
        GasPolicies.of(parse_gas_payments(policies))
        .requirement(message)
        .check(paid, spent, estimate)
    )


def test_without_a_policy_nobody_pays():
    assert check(None, GasPaid(), estimate=5) == 5


def test_a_minimum_is_met_by_several_payments():
    policies = [{"type": "minimum", "payment": "4000000000000000"}]
    with pytest.raises(NotReady, match="gas payment 0 of 0\\.004"):
        check(policies, GasPaid())
    with pytest.raises(NotReady, match="gas payment 0\\.001 of 0\\.004"):
        check(policies, GasPaid(1, 10**15))
    assert check(policies, GasPaid(2, 4 * 10**15), estimate=7) == 7


def test_what_failures_cost_is_added_to_a_minimum_and_rounded_up():
    policies = [{"type": "minimum", "payment": 10}]
    with pytest.raises(NotReady, match="1 gas of failed deliveries included"):
        check(policies, GasPaid(1, 13), spent=1, estimate=3)
    assert check(policies, GasPaid(1, 14), spent=1, estimate=3) == 3


@pytest.mark.parametrize(
    ("fraction", "gas", "spent", "estimate", "answer"),
    [
        ("1/2", 100, 0, 200, 200),
        ("1/2", 300, 0, 200, 300),
        ("1/2", 99, 0, 200, "paid gas 99 of 100"),
        ("1/2", 100, 1, 200, "paid gas 100 less 1 spent of 100"),
        (" 3 / 4 ", 150, 0, 200, 200),
        ("3/4", 149, 0, 200, "paid gas 149 of 150"),
        ("1/1", 50, 60, 1, "paid gas 50 less 60 spent of 1"),
    ],
)
def test_quoted_gas_covers_a_part_of_the_estimate(fraction, gas, spent, estimate, answer):
    policies = [{"type": "onChainFeeQuoting", "gasFraction": fraction}]
    if isinstance(answer, int):
        assert check(policies, GasPaid(1, 1, gas), spent, estimate) == answer
    else:
        with pytest.raises(NotReady, match=answer):
            check(policies, GasPaid(1, 1, gas), spent, estimate)


def test_quoted_gas_wants_some_payment():
    with pytest.raises(NotReady, match="GasPaymentNotFound"):
        check([{"type": "onChainFeeQuoting"}], GasPaid())


def test_the_first_policy_that_means_the_message_decides():
    policies = json.dumps(
        [
            {"type": "none", "matchingList": [{"recipientAddress": "0x" + "cc" * 20}]},
            {"type": "minimum", "payment": 5, "matchingList": [{"originDomain": 1337}]},
            {"type": "none"},
        ]
    )
    with pytest.raises(NotReady, match="of 0\\.000000000000000005"):
        check(policies, GasPaid(1, 4))
    assert check(policies, GasPaid(1, 5)) == 0


def test_a_message_that_no_policy_means_waits():
    with pytest.raises(NotReady, match="no entry of gasPaymentEnforcement"):
        check([{"type": "none", "matchingList": [{"originDomain": 1}]}], GasPaid(9, 9, 9))


@pytest.mark.parametrize(
    ("policies", "error"),
    [
        ("[", "gasPaymentEnforcement: '\\[' is not JSON"),
        ({}, "gasPaymentEnforcement: {} is not a list"),
        ([{"type": "some"}], "gasPaymentEnforcement\\[0\\].type: 'some' is not one of none"),
        ([{"type": "minimum"}], "\\[0\\].payment: None is not an amount of wei"),
        ([{"type": "none", "payment": 1}], "\\[0\\].payment: no such setting of a none policy"),
        (
            [{"type": "onChainFeeQuoting", "gasFraction": "1/0"}],
            "gasFraction: '1/0' is not a fraction",
        ),
        (
            [{"type": "none", "feeToken": "0x" + "11" * 20}],
            "feeToken: payments do not say in which token",
        ),
        (
            [{"type": "none", "matchingList": [{"sender": "*"}]}],
            "matchingList\\[0\\].sender: no such condition",
        ),
    ],
)
def test_a_wrong_policy_is_named(policies, error):
    with pytest.raises(ConfigError, match=error):
        parse_gas_payments(policies)


@pytest.mark.parametrize("address", ["aa" * 20, "bb" * 20, "0xCCDD"])
def test_an_address_anywhere_in_a_message_blocks_it(address, settings):
    assert RelayPolicy.of(settings()).allows(MESSAGE)
    assert not RelayPolicy.of(settings(addressBlacklist=f"0x99,{address}")).allows(MESSAGE)


@pytest.mark.parametrize("name", ["alpha", "1337"])
def test_destinations_may_be_free_of_the_gas_limit(name, settings):
    there = replace(MESSAGE, destination=1337)
    policy = RelayPolicy.of(settings(transactionGasLimit=1000, skipTransactionGasLimitFor=name))
    assert policy.gas_ceiling(there, 10**6) == 10**6
    assert policy.gas_ceiling(MESSAGE, 10**6) == 1000


def test_a_destination_that_is_not_served_has_no_gas_limit_to_be_free_of(settings):
    with pytest.raises(ConfigError, match="skipTransactionGasLimitFor: 'mine': no destination"):
        RelayPolicy.of(settings(skipTransactionGasLimitFor="mine"))


@pytest.fixture
def settings():
    from hyperlane.settings import RelayerSettings

    address = "0x" + "11" * 20
    chain = {
        "name": "alpha",
        "chainId": 1337,
        "rpcUrls": [{"http": "http://127.0.0.1:1"}],
        "mailbox": address,
        "merkleTreeHook": address,
        "validatorAnnounce": address,
    }

    def make(**changes):
        return RelayerSettings.model_validate(
            {"chains": {"alpha": chain}, "relayChains": "alpha", **changes}
        )

    return make
