"""The call data that `TransferCall` lays out by hand, beside an ABI encoder's."""

import pytest
from eth_abi import encode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

words = st.integers(0, 2**256 - 1)
extremes = st.sampled_from([0, 1, 2**256 - 1])
addresses = st.binary(min_size=20, max_size=20)
bytes32 = st.binary(min_size=32, max_size=32)


@pytest.fixture(scope="module")
def library(project, owner):
    return owner.deploy(project.TestTransferCall)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    selector=st.binary(min_size=4, max_size=4),
    destination=st.integers(0, 2**32 - 1),
    router=bytes32,
    hook=addresses,
    recipient=bytes32,
    amount=words | extremes,
    gas=words | extremes,
    refund=addresses,
    fee_token=addresses,
)
def test_call_data_is_what_an_encoder_makes(
    library, selector, destination, router, hook, recipient, amount, gas, refund, fee_token
):
    data, behind = library.encode(
        selector, destination, router, hook, recipient, amount, gas, refund, fee_token
    )
    body = recipient + amount.to_bytes(32)
    metadata = (1).to_bytes(2) + bytes(32) + gas.to_bytes(32) + refund + fee_token
    assert data == selector + encode(
        ["uint32", "bytes32", "bytes", "bytes", "address"],
        [destination, router, body, metadata, hook],
    )
    assert behind == (7).to_bytes(32)
