import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.message import HEADER_SIZE, Message

from .strategies import messages, words
from .vectors import load, unhex


def from_vector(case: dict) -> Message:
    return Message(
        version=case["version"],
        nonce=case["nonce"],
        origin=case["origin"],
        sender=unhex(case["sender"]),
        destination=case["destination"],
        recipient=unhex(case["recipient"]),
        body=unhex(case["body"]) if isinstance(case["body"], str) else bytes(case["body"]),
    )


@pytest.mark.parametrize("case", load("message_ids"), ids=lambda case: case["note"])
def test_message_encodes_to_the_bytes_and_id_of_the_vector(case):
    message = from_vector(case)

    assert message.encode() == unhex(case["encoded"])
    assert len(message.encode()) == case["length"]
    assert message.id == unhex(case["id"])
    assert Message.decode(unhex(case["encoded"])) == message


@pytest.mark.parametrize("case", load("official_message"))
def test_message_has_the_id_of_the_official_vector(case):
    assert from_vector(case).id == unhex(case["id"])


@given(messages())
def test_decoding_an_encoded_message_gives_it_back(message):
    assert Message.decode(message.encode()) == message


@given(st.binary(min_size=HEADER_SIZE, max_size=200))
def test_encoding_a_decoded_message_gives_the_bytes_back(data):
    assert Message.decode(data).encode() == data


@pytest.mark.parametrize("length", range(HEADER_SIZE))
def test_decode_fails_when_the_header_is_truncated(length):
    with pytest.raises(DecodeError, match=r"message\.\w+: 0x.* is truncated"):
        Message.decode(bytes(length))


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("version", 256),
        ("nonce", 2**32),
        ("nonce", -1),
        ("nonce", 1.0),
        ("origin", 2**32),
        ("sender", bytes(20)),
        ("sender", "0x" + "11" * 15),
        ("destination", 2**32),
        ("recipient", bytes(33)),
        ("body", "text"),
    ],
)
def test_construction_fails_when_a_field_is_out_of_range(field, bad):
    fields = {
        "version": 3,
        "nonce": 0,
        "origin": 1,
        "sender": bytes(32),
        "destination": 2,
        "recipient": bytes(32),
        "body": b"",
    }

    with pytest.raises(DecodeError, match=rf"message\.{field}"):
        Message(**fields | {field: bad})


@given(messages(), words(), words())
def test_messages_that_differ_in_one_field_have_different_ids(message, sender, other):
    one = Message.decode(message.encode()[:9] + sender + message.encode()[41:])
    two = Message.decode(message.encode()[:9] + other + message.encode()[41:])

    assert (one.id == two.id) == (sender == other)
