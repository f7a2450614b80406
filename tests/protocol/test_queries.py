import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.abi import encode
from hyperlane.protocol.queries import (
    QueriesMessage,
    Query,
    ResponseMessage,
    decode_query_message,
)

from .strategies import words

SENDER = b"\x11".rjust(32, b"\0")


def query_messages() -> st.SearchStrategy[QueriesMessage | ResponseMessage]:
    data = st.binary(max_size=70)
    queries = st.lists(st.builds(Query, words(), data, data), max_size=4).map(tuple)
    return st.one_of(
        st.builds(QueriesMessage, words(), queries),
        st.builds(ResponseMessage, words(), st.lists(data, max_size=4).map(tuple)),
    )


def test_a_body_has_the_layout_of_the_page():
    """Written out by hand: one query, whose fields each take one word."""
    query = Query(b"\x22".rjust(32, b"\0"), b"\x33" * 32, b"\x44" * 32)

    body = QueriesMessage(SENDER, (query,)).encode()

    numbers = {2: 96, 3: 1, 4: 32, 5: 64, 6: 192, 8: 64, 9: 32, 11: 32}
    expected = [number.to_bytes(32) for number in (0,) * 13]
    for at, number in numbers.items():
        expected[at] = number.to_bytes(32)
    expected[0], expected[7] = SENDER, query.to
    expected[10], expected[12] = query.data, query.callback
    assert body == b"".join(expected)


@given(query_messages())
def test_decoding_an_encoded_body_gives_it_back(message):
    assert decode_query_message(message.encode()) == message


@given(query_messages(), st.data())
def test_decode_fails_when_the_body_is_truncated(message, data):
    body = message.encode()

    with pytest.raises(DecodeError):
        decode_query_message(body[: data.draw(st.integers(0, len(body) - 1))])


@given(st.binary(max_size=400))
def test_decoding_arbitrary_bytes_gives_a_message_or_a_decode_error(data):
    try:
        message = decode_query_message(data)
    except DecodeError:
        return
    assert decode_query_message(message.encode()) == message


@pytest.mark.parametrize("kind", [2, 255])
def test_decode_fails_when_the_type_is_unknown(kind):
    body = encode(["bytes32", "uint8", "bytes[]"], [SENDER, kind, []])

    with pytest.raises(DecodeError, match=rf"query_message\.type: {kind} is not 0 or 1"):
        decode_query_message(body)


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: Query(bytes(20), b"", b""), "query.to"),
        (lambda: Query(bytes(32), "0x", b""), "query.data"),
        (lambda: Query(bytes(32), b"", "0x"), "query.callback"),
        (lambda: QueriesMessage(bytes(20), ()), "query_message.sender"),
        (lambda: ResponseMessage(b"", ()), "query_message.sender"),
    ],
)
def test_construction_fails_when_a_field_is_out_of_range(build, field):
    with pytest.raises(DecodeError, match=f"^{field}: "):
        build()
