"""Hypothesis strategies for the parts that protocol objects are made of."""

from hypothesis import strategies as st

from hyperlane.protocol.message import Message


def words() -> st.SearchStrategy[bytes]:
    return st.binary(min_size=32, max_size=32)


def addresses() -> st.SearchStrategy[bytes]:
    return st.binary(min_size=20, max_size=20)


def uints(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


def messages() -> st.SearchStrategy[Message]:
    return st.builds(
        Message,
        version=uints(8),
        nonce=uints(32),
        origin=uints(32),
        sender=words(),
        destination=uints(32),
        recipient=words(),
        body=st.binary(max_size=200),
    )
