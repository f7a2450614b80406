import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.token_message import Scale, TokenMessage

from .strategies import uints, words
from .vectors import load, unhex

VECTORS = load("token_messages")


@pytest.mark.parametrize("case", VECTORS["messages"], ids=lambda case: case["amount_or_id"])
def test_body_equals_the_vector(case):
    message = TokenMessage(
        recipient=unhex(case["recipient"]),
        amount_or_id=int(case["amount_or_id"]),
        metadata=unhex(case["metadata"]),
    )

    assert message.encode() == unhex(case["body"])
    assert TokenMessage.decode(unhex(case["body"])) == message


@pytest.mark.parametrize(
    "case", VECTORS["scaling"], ids=lambda c: f"{c['scaleNumerator']}/{c['scaleDenominator']}"
)
def test_scaling_equals_the_vector(case):
    scale = Scale(int(case["scaleNumerator"]), int(case["scaleDenominator"]))

    outbound = scale.outbound(int(case["local"]))

    assert outbound == int(case["outbound_message_amount"])
    assert scale.inbound(outbound) == int(case["inbound_local_amount_of_that"])


@given(st.builds(TokenMessage, words(), uints(256), st.binary(max_size=100)))
def test_decoding_an_encoded_body_gives_it_back(message):
    assert TokenMessage.decode(message.encode()) == message


@pytest.mark.parametrize("length", range(64))
def test_decode_fails_when_the_body_is_truncated(length):
    with pytest.raises(DecodeError, match=r"token_message\.\w+: 0x.* is truncated"):
        TokenMessage.decode(bytes(length))


@pytest.mark.parametrize(
    ("field", "bad"), [("recipient", bytes(20)), ("amount_or_id", 2**256), ("metadata", "text")]
)
def test_construction_fails_when_a_field_is_out_of_range(field, bad):
    fields = {"recipient": bytes(32), "amount_or_id": 0, "metadata": b""}

    with pytest.raises(DecodeError, match=rf"token_message\.{field}: "):
        TokenMessage(**fields | {field: bad})


@given(uints(128), st.integers(1, 2**128 - 1), st.integers(1, 2**128 - 1))
def test_a_transfer_never_gains_by_rounding(amount, numerator, denominator):
    scale = Scale(numerator, denominator)

    assert scale.inbound(scale.outbound(amount)) <= amount


@given(uints(256))
def test_the_scale_one_to_one_changes_nothing(amount):
    assert Scale().outbound(amount) == Scale().inbound(amount) == amount


@pytest.mark.parametrize(
    ("scale", "amounts"),
    [
        (Scale(3, 2), {1: 0, 2: 1, 3: 2, 4: 2, 5: 3}),
        (Scale(2, 3), {1: 1, 2: 3, 3: 4}),
        (Scale(10**12, 1), {10**12 - 1: 0, 10**12: 1, 2 * 10**12 - 1: 1}),
    ],
)
def test_inbound_rounds_down(scale, amounts):
    """A unit rounded up would be paid out of what others locked."""
    assert {each: scale.inbound(each) for each in amounts} == amounts


@pytest.mark.parametrize("parts", [(0, 1), (1, 0), (-1, 1), (1, 2**256)])
def test_a_scale_with_a_part_that_is_no_positive_uint256_is_refused(parts):
    with pytest.raises(DecodeError, match=r"^scale"):
        Scale(*parts)


def test_scaling_fails_when_the_result_does_not_fit_256_bits():
    with pytest.raises(DecodeError, match=r"scaled amount: .* 256-bit"):
        Scale(2, 1).outbound(2**255)
