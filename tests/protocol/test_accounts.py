from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.accounts import (
    AccountMessageType,
    Call,
    CallsMessage,
    CommitmentMessage,
    RevealMessage,
    account_address,
    account_address_by_hash,
    account_init_code,
    account_salt,
    commitment,
    decode_account_message,
    decode_calls,
    encode_calls,
    encode_reveal_metadata,
)
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32

from .strategies import addresses, uints, words
from .vectors import load, unhex

VECTORS = load("interchain_accounts")
MESSAGES = {case["kind"]: case for case in VECTORS["messages"]}
OWNER = address_to_bytes32(b"\x11" * 20)
ZERO = bytes(32)
USER_SALT = unhex(MESSAGES["COMMITMENT"]["salt"])
CALLS = (
    Call(address_to_bytes32(b"\x77" * 20), 0, b"\x12\x34"),
    Call(address_to_bytes32(b"\x78" * 20), 5, b""),
)
EXPECTED: dict[str, Any] = {
    "CALLS": CallsMessage(OWNER, ZERO, ZERO, CALLS),
    "CALLS with user salt and ism": CallsMessage(
        OWNER, address_to_bytes32(b"\x99" * 20), USER_SALT, CALLS
    ),
    "COMMITMENT": CommitmentMessage(OWNER, ZERO, ZERO, commitment(USER_SALT, CALLS)),
    "REVEAL": RevealMessage(ZERO, commitment(USER_SALT, CALLS)),
}
ACCOUNT = (addresses(), addresses(), uints(32), words(), words(), words(), words())
"""What an account's address follows from: router, implementation, and the fields of its salt."""


def call_lists() -> st.SearchStrategy[tuple[Call, ...]]:
    calls = st.builds(Call, words(), uints(256), st.binary(max_size=70))
    return st.lists(calls, max_size=4).map(tuple)


def account_messages() -> st.SearchStrategy[CallsMessage | CommitmentMessage | RevealMessage]:
    return st.one_of(
        st.builds(CallsMessage, words(), words(), words(), call_lists()),
        st.builds(CommitmentMessage, words(), words(), words(), words()),
        st.builds(RevealMessage, words(), words()),
    )


@pytest.mark.parametrize("case", VECTORS["salts"], ids=lambda case: case["origin"])
def test_salt_and_address_equal_the_vector(case):
    implementation = address_from_hex(case["multicall_implementation"])
    salt = account_salt(
        origin=case["origin"],
        owner=unhex(case["owner"]),
        origin_router=unhex(case["origin_router"]),
        ism=unhex(case["ism"]),
        user_salt=unhex(case["user_salt"]),
    )

    assert salt == unhex(case["salt"])
    assert account_init_code(implementation) == unhex(case["proxy_init_code"])
    router = address_from_hex(case["destination_router"])
    assert account_address(router, implementation, salt) == address_from_hex(case["account"])
    code_hash = keccak(unhex(case["proxy_init_code"]))
    assert account_address_by_hash(router, code_hash, salt) == address_from_hex(case["account"])


@given(st.tuples(*ACCOUNT), st.tuples(*ACCOUNT), st.data())
def test_what_differs_in_one_field_differs_in_its_address(one, other, data):
    changed = data.draw(st.integers(0, len(ACCOUNT) - 1))
    assume(one[changed] != other[changed])
    both = [one, (*one[:changed], other[changed], *one[changed + 1 :])]

    addresses = {
        account_address(router, implementation, account_salt(*fields))
        for router, implementation, *fields in both
    }

    assert len(addresses) == 2


@pytest.mark.parametrize("kind", EXPECTED)
def test_body_equals_the_vector(kind):
    body = unhex(MESSAGES[kind]["body"])

    assert decode_account_message(body) == EXPECTED[kind]
    assert EXPECTED[kind].encode() == body


def test_the_vectors_hold_no_other_kind_of_body():
    assert MESSAGES.keys() == EXPECTED.keys()


def test_commitment_equals_the_vector():
    case = MESSAGES["COMMITMENT"]

    assert encode_calls(CALLS) == unhex(case["calls_abi"])
    assert commitment(USER_SALT, CALLS) == unhex(case["commitment"])


def test_reveal_metadata_ends_with_the_preimage_of_the_commitment():
    metadata = encode_reveal_metadata(b"\x22" * 20, USER_SALT, CALLS)

    assert metadata == b"\x22" * 20 + USER_SALT + unhex(MESSAGES["COMMITMENT"]["calls_abi"])


@given(account_messages())
def test_decoding_an_encoded_body_gives_it_back(message):
    assert decode_account_message(message.encode()) == message


@given(account_messages(), st.data())
def test_decode_fails_when_the_body_is_truncated(message, data):
    """What pads the data of the last call may be missing: no contract reads it."""
    body = message.encode()
    last = message.calls[-1].data if getattr(message, "calls", ()) else b""
    needed = len(body) - -len(last) % 32

    with pytest.raises(DecodeError):
        decode_account_message(body[: data.draw(st.integers(0, needed - 1))])
    assert decode_account_message(body[:needed]) == message


@given(st.binary(max_size=400))
def test_decoding_arbitrary_bytes_gives_a_message_or_a_decode_error(data):
    try:
        message = decode_account_message(data)
    except DecodeError:
        return
    assert decode_account_message(message.encode()) == message


@given(st.binary(max_size=400))
def test_decoding_arbitrary_calls_gives_calls_or_a_decode_error(data):
    try:
        calls = decode_calls(data)
    except DecodeError:
        return
    assert decode_calls(encode_calls(calls)) == calls


@pytest.mark.parametrize("kind", ["COMMITMENT", "REVEAL"])
def test_decode_fails_when_a_body_of_fixed_size_is_over_long(kind):
    with pytest.raises(DecodeError, match="over-long"):
        decode_account_message(EXPECTED[kind].encode() + b"\x00")


def test_decode_fails_when_the_type_is_unknown():
    with pytest.raises(DecodeError, match=r"account_message\.type: 3 is not 0, 1 or 2"):
        decode_account_message(b"\x03" + bytes(128))


def test_decode_fails_when_an_array_claims_more_calls_than_there_are_bytes():
    data = (32).to_bytes(32) + (2**255).to_bytes(32)

    with pytest.raises(DecodeError, match="is not an ABI-encoded Call"):
        decode_calls(data)


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: Call(bytes(20), 0, b""), "call.to"),
        (lambda: Call(ZERO, 2**256, b""), "call.value"),
        (lambda: Call(ZERO, 0, "0x"), "call.data"),
        (lambda: CallsMessage(bytes(20), ZERO, ZERO, ()), "account_message.owner"),
        (lambda: CommitmentMessage(ZERO, ZERO, ZERO, b""), "account_message.commitment"),
        (lambda: RevealMessage(bytes(20), ZERO), "account_message.ism"),
        (lambda: account_salt(2**32, ZERO, ZERO, ZERO), "origin"),
        (lambda: account_address(bytes(20), ZERO, ZERO), "implementation"),
        (lambda: account_address_by_hash(bytes(20), bytes(20), ZERO), "code_hash"),
        (lambda: account_address_by_hash(ZERO, ZERO, ZERO), "deployer"),
        (lambda: account_address_by_hash(bytes(20), ZERO, b""), "salt"),
    ],
)
def test_construction_fails_when_a_field_is_out_of_range(build, field):
    with pytest.raises(DecodeError, match=f"^{field}: "):
        build()


def test_message_types_equal_the_vector():
    values = {member.name: member.value for member in AccountMessageType}

    assert values == load("enums")["ica_message_types"]


@pytest.mark.parametrize("padding", [b"\x01" * 29, bytes(28) + b"\x01", b"\x01", b""])
def test_what_pads_the_data_of_a_call_does_not_hide_it(padding):
    """A router copies the padding that its caller chose, and the account makes the call."""
    call = Call(OWNER, 7, b"abc")
    assert decode_calls(encode_calls([call])[:-29] + padding) == (call,)


def test_data_that_ends_early_is_no_call():
    with pytest.raises(DecodeError):
        decode_calls(encode_calls([Call(OWNER, 7, b"abc")])[:-30])
