import pytest
from hypothesis import given

from hyperlane.errors import DecodeError
from hyperlane.protocol.gas_paymaster import EXCHANGE_RATE_SCALE, gas_fee

from .strategies import uints
from .vectors import load

VECTORS = load("igp_quotes")


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["fee"])
def test_fee_equals_the_vector(case):
    fee = gas_fee(case["gas_limit"], case["gas_price"], case["token_exchange_rate"])

    assert fee == case["fee"]


def test_the_scale_of_exchange_rates_equals_the_vector():
    assert VECTORS["scale"] == EXCHANGE_RATE_SCALE


@given(uints(64), uints(64))
def test_an_exchange_rate_of_one_costs_gas_times_price(gas_limit, gas_price):
    assert gas_fee(gas_limit, gas_price, EXCHANGE_RATE_SCALE) == gas_limit * gas_price


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((-1, 1, 1), "gas_limit"),
        ((1, 2**128, 1), "gas_price"),
        ((1, 1, 2**128), "token_exchange_rate"),
        ((4, 2**127, 2**127), r"gas_limit \* gas_price \* token_exchange_rate"),
    ],
)
def test_a_fee_is_refused_when_the_contract_would_overflow(arguments, field):
    with pytest.raises(DecodeError, match=f"^{field}: "):
        gas_fee(*arguments)


def test_the_largest_product_is_accepted():
    assert gas_fee(2**2 - 1, 2**127, 2**127) == 3 * 2**254 // EXCHANGE_RATE_SCALE
