"""ERC-7930 in Python and in `EvmAccount`, beside OpenZeppelin's library."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.gateways import b20

from hyperlane.errors import DecodeError
from hyperlane.protocol.interoperable_address import EIP155, InteroperableAddress, evm_account

chain_ids = st.integers(1, 2**96 - 1)
addresses = st.binary(min_size=20, max_size=20)
parts = st.tuples(st.integers(0, 2**16 - 1), st.binary(max_size=40), st.binary(max_size=40)).filter(
    lambda each: each[1] or each[2]
)
FEW = settings(max_examples=60, deadline=None)


@pytest.fixture(scope="module")
def codecs(project, owner):
    return owner.deploy(project.InteroperableAddresses)


@FEW
@given(parts)
def test_python_writes_and_reads_what_openzeppelin_does(codecs, each):
    chain_type, reference, address = each
    ours = InteroperableAddress(chain_type, reference, address)
    theirs = bytes(codecs.format(chain_type.to_bytes(2), reference, address))
    assert ours.encode() == theirs
    found = codecs.parse(theirs)
    assert (found[0], *map(bytes, found[1:])) == (True, chain_type.to_bytes(2), reference, address)
    assert InteroperableAddress.decode(theirs) == ours


@FEW
@given(chain_ids, addresses)
@example(1, bytes(20))
@example(255, b"\xff" * 20)
@example(256, b"\xff" * 20)
@example(2**48 - 1, b"\xff" * 20)
@example(2**48, b"\xff" * 20)
@example(2**56, b"\xff" * 20)
@example(2**96 - 1, b"\xff" * 20)
def test_accounts_of_evm_chains_are_the_same_in_all_three(codecs, chain_id, address):
    text = "0x" + address.hex()
    encoded = evm_account(chain_id, address)
    assert bytes(codecs.formatOurs(chain_id, text)) == encoded
    assert bytes(codecs.formatEvm(chain_id, text)) == encoded
    for parse in (codecs.parseOurs, codecs.parseEvm):
        valid, found, account = parse(encoded)
        assert (valid, found, b20(account)) == (True, chain_id, address)
    assert InteroperableAddress.decode(encoded).evm_parts() == (chain_id, address)


@FEW
@given(chain_ids, addresses, st.data())
def test_bytes_that_one_takes_for_an_account_are_one_for_the_others(
    codecs, chain_id, address, data
):
    """A byte changes, or some are cut off or follow."""
    encoded = bytearray(evm_account(chain_id, address))
    how = data.draw(st.sampled_from(["change", "cut", "follow"]))
    if how == "change":
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    elif how == "cut":
        del encoded[data.draw(st.integers(0, len(encoded) - 1)) :]
    else:
        encoded += data.draw(st.binary(min_size=1, max_size=40))
    try:
        expected = InteroperableAddress.decode(bytes(encoded)).evm_parts()
    except DecodeError:
        expected = None
    valid, found, account = codecs.parseOurs(bytes(encoded))
    assert valid == (expected is not None)
    if expected:
        assert (found, b20(account)) == expected
        theirs = codecs.parseEvm(bytes(encoded))
        assert (theirs[0], theirs[1], b20(theirs[2])) == (True, *expected)


def test_a_chain_id_has_up_to_32_bytes(codecs):
    encoded = InteroperableAddress(EIP155, b"\xff" * 32, b"\1" * 20).encode()
    assert tuple(codecs.parseOurs(encoded)[:2]) == (True, 2**256 - 1)
