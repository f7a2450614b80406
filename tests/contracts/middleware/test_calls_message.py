"""What libraries of interchain accounts do by hand, beside what encoders make."""

import pytest
from eth_abi import decode, encode
from eth_utils import keccak, to_checksum_address
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.interchain_accounts import CALL_LIST, create2, creation_salt, encoded
from tests.support.words import b32, raw

RUNS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
words = st.integers(0, 2**256 - 1) | st.sampled_from([0, 1, 2**256 - 1, 2**256 - 2])
bytes32 = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20)
call_lists = st.lists(st.tuples(bytes32, words, st.binary(max_size=100)), max_size=5)
HEAD = "(bytes4,uint32,bytes32,address,bytes32,bytes32)"
OWNER = to_checksum_address("0x" + "4d" * 20)
heads = st.tuples(
    st.binary(min_size=4, max_size=4),
    st.integers(0, 2**32 - 1),
    bytes32,
    addresses,
    bytes32,
    bytes32,
)


@pytest.fixture(scope="module")
def library(project, owner):
    return owner.deploy(project.TestAccountLibraries)


@pytest.fixture(scope="module")
def raw_call(library, chain):
    """The answer to call data as it is."""

    def raw_call(signature: str, arguments: bytes) -> bytes:
        data = keccak(text=signature)[:4] + arguments
        transaction = {"from": OWNER, "to": library.address, "data": data}
        return bytes(chain.provider.web3.eth.call(transaction))

    return raw_call


def expected(head, calls: bytes, metadata: bytes) -> bytes:
    selector, destination, router, hook, ism, salt = head
    body = b"\0" + b32(OWNER) + ism + salt + calls
    types = ["uint32", "bytes32", "bytes", "bytes", "address"]
    return selector + encode(types, [destination, router, body, metadata, hook])


@RUNS
@given(head=heads, calls=call_lists, metadata=st.binary(max_size=120))
def test_call_of_the_mailbox_is_what_an_encoder_makes(library, head, calls, metadata):
    data, behind = library.encode(head, calls, metadata, sender=OWNER)
    assert data == expected(head, encoded(calls), metadata)
    assert behind == (7).to_bytes(32)


@RUNS
@given(calls=call_lists)
def test_list_of_an_encoder_is_copied(library, calls):
    assert tuple(library.span(calls)) == (True, len(encoded(calls)) - 64)


def displaced(calls) -> bytes:
    """The list with a gap before its calls, which the ABI allows."""
    plain = encoded(calls)
    offsets = [int.from_bytes(plain[64 + 32 * i :][:32]) + 32 for i in range(len(calls))]
    tails = plain[64 + 32 * len(calls) :]
    heads_ = b"".join(each.to_bytes(32) for each in offsets)
    return plain[:64] + heads_ + b"\xee" * 32 + tails


@RUNS
@given(head=heads, calls=call_lists.filter(bool), metadata=st.binary(max_size=70))
def test_list_that_lies_otherwise_is_encoded_anew(raw_call, head, calls, metadata):
    list_ = displaced(calls)[32:]
    arguments = encode([HEAD], [head]) + (8 * 32).to_bytes(32)
    arguments += (8 * 32 + len(list_)).to_bytes(32) + list_ + encode(["bytes"], [metadata])[32:]
    answer = raw_call(f"encode({HEAD},{CALL_LIST},bytes)", arguments)
    data, behind = decode(["bytes", "bytes"], answer)
    assert (data, behind) == (expected(head, encoded(calls), metadata), (7).to_bytes(32))


@RUNS
@given(calls=call_lists.filter(bool), place=st.integers(0, 10**6), word=words)
def test_list_counts_as_an_encoders_only_if_it_is(raw_call, calls, place, word):
    """Some word of the list is another. If the list is still copied, it is what an encoder makes of
    what it means, but for bytes between the end of data and the next word."""
    list_ = encoded(calls)
    place = 64 + 32 * (place % ((len(list_) - 64) // 32))
    changed = list_[:place] + word.to_bytes(32) + list_[place + 32 :]
    plain, size = decode(["bool", "uint256"], raw_call(f"span({CALL_LIST})", changed))
    if plain:
        clean = without_padding(changed[: size + 64])
        (meant,) = decode([CALL_LIST], clean)
        assert encoded(meant) == clean


def without_padding(list_: bytes) -> bytes:
    """The list with zeros behind the data of each call, which follow each other."""
    clean = bytearray(list_)
    count = int.from_bytes(list_[32:64])
    start = 64 + 32 * count
    for _ in range(count):
        length = int.from_bytes(list_[start + 96 : start + 128])
        end, start = start + 128 + length, start + 128 + (length + 31) // 32 * 32
        clean[end:start] = bytes(start - end)
    return bytes(clean)


def test_list_beyond_the_call_data_is_not_copied(raw_call):
    list_ = encoded([(b"\x01" * 32, 0, b"data")])
    answer = raw_call(f"span({CALL_LIST})", list_[:-32])
    assert decode(["bool", "uint256"], answer)[0] is False


def test_list_that_is_malformed_is_refused(raw_call, revert_reason, library):
    list_ = encoded([(b"\x01" * 32, 0, b"data")])
    broken = list_[:64] + (2**255).to_bytes(32) + list_[96:]
    head = (b"\x01" * 4, 1, b"\x02" * 32, b"\x03" * 20, bytes(32), bytes(32))
    arguments = encode([HEAD], [head]) + (8 * 32).to_bytes(32)
    arguments += (8 * 32 + len(broken) - 32).to_bytes(32) + broken[32:] + bytes(32)
    data = keccak(text=f"encode({HEAD},{CALL_LIST},bytes)")[:4] + arguments
    assert revert_reason({"from": OWNER, "to": library.address, "data": data}) == ()


@RUNS
@given(
    origin=st.integers(0, 2**32 - 1),
    sender=bytes32,
    fields=st.tuples(bytes32, bytes32, bytes32),
    creator=addresses,
    code=st.binary(max_size=60),
)
def test_address_of_an_account(library, origin, sender, fields, creator, code):
    owner, ism, salt = fields
    body = b"\0" + owner + ism + salt
    given_salt, account = library.created(body, origin, sender, creator, keccak(code))
    assert given_salt == creation_salt(origin, owner, sender, ism, salt)
    assert account == create2("0x" + creator.hex(), given_salt, code)
    assert raw(account)
