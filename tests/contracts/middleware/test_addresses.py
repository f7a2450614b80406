"""Addresses of accounts: what they follow from, and that both sides agree on them."""

import pytest
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN
from tests.support.interchain_accounts import (
    NONE,
    VECTORS,
    ZERO,
    account_at,
    create2,
    creation_salt,
    pick,
    proxy_code,
)
from tests.support.words import b32

from hyperlane.protocol.accounts import account_address, account_address_by_hash, account_salt
from hyperlane.protocol.typecasts import address_from_hex, to_checksum

bytes32 = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
domains = st.integers(0, 2**32 - 1)
RUNS = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LOCAL = "getLocalInterchainAccount"


@pytest.mark.parametrize("vector", VECTORS["salts"])
def test_model_follows_the_vectors(vector):
    owner, router, ism, user_salt = (
        bytes.fromhex(vector[key][2:]) for key in ("owner", "origin_router", "ism", "user_salt")
    )
    salt = creation_salt(vector["origin"], owner, router, ism, user_salt)
    assert "0x" + salt.hex() == vector["salt"]
    code = proxy_code(vector["multicall_implementation"])
    assert "0x" + code.hex() == vector["proxy_init_code"]
    assert create2(vector["destination_router"], salt, code) == vector["account"]


def test_implementation_follows_from_the_code_of_accounts(there, project):
    code = project.OwnableMulticall.contract_type.deployment_bytecode.bytecode
    creation = bytes.fromhex(str(code).removeprefix("0x")) + b32(there)
    assert there.implementation() == create2(there, NONE, creation)
    assert there.bytecodeHash() == keccak(proxy_code(there.implementation()))


@RUNS
@given(origin=domains, owner_=bytes32, sender=bytes32, ism=addresses, salt=bytes32)
def test_address_here_is_the_models(there, origin, owner_, sender, ism, salt):
    expected = account_at(there, origin, owner_, sender, b32(ism), salt)
    assert there.getLocalInterchainAccount(origin, owner_, sender, ism, salt) == expected
    saltless = account_at(there, origin, owner_, sender, b32(ism))
    local = there.getLocalInterchainAccount
    assert pick(local, "uint32,bytes32,bytes32,address")(origin, owner_, sender, ism) == saltless


@RUNS
@given(origin=domains, owner_=bytes32, sender=bytes32, ism=addresses, salt=bytes32)
def test_python_predicts_what_the_router_answers(there, origin, owner_, sender, ism, salt):
    router, implementation = (
        address_from_hex(str(each)) for each in (there, there.implementation())
    )
    creation = account_salt(origin, owner_, sender, b32(ism), salt)

    answered = there.getLocalInterchainAccount(origin, owner_, sender, ism, salt)

    assert to_checksum(account_address(router, implementation, creation)) == answered
    by_hash = account_address_by_hash(router, bytes(there.bytecodeHash()), creation)
    assert to_checksum(by_hash) == answered


@RUNS
@given(owner_=addresses, sender=addresses, ism=addresses, salt=bytes32)
def test_both_sides_agree(here, there, owner_, sender, ism, salt):
    """What a router says of accounts at another is what that one says."""
    remote = here.getRemoteInterchainAccount
    assert pick(remote, "address,address,address,bytes32")(owner_, there, ism, salt) == (
        there.getLocalInterchainAccount(LOCAL_DOMAIN, b32(owner_), b32(here), ism, salt)
    )
    assert pick(remote, "address,address,address")(owner_, there, ism) == (
        pick(there.getLocalInterchainAccount, "uint32,address,address,address")(
            LOCAL_DOMAIN, owner_, here, ism
        )
    )


def test_enrolled_router_and_module_give_the_remote_address(here, there, owner, user, noop_ism):
    here.enrollRemoteRouterAndIsm(REMOTE_DOMAIN, b32(there), b32(noop_ism), sender=owner)
    salt = b"\x05" * 32
    expected = [
        account_at(there, LOCAL_DOMAIN, b32(user), b32(here), b32(noop_ism), each)
        for each in (NONE, salt)
    ]
    remote = here.getRemoteInterchainAccount
    assert pick(remote, "uint32,address")(REMOTE_DOMAIN, user) == expected[0]
    assert pick(remote, "uint32,address,bytes32")(REMOTE_DOMAIN, user, salt) == expected[1]


def test_there_is_no_remote_address_where_no_router_is(here, user, revert_of):
    remote = here.getRemoteInterchainAccount
    for signature, rest in (("uint32,address", ()), ("uint32,address,bytes32", (NONE,))):
        assert revert_of(pick(remote, signature), 77, user, *rest) == ("RouterNotEnrolled", 77)


FIELDS = (LOCAL_DOMAIN, b"\x01" * 32, b"\x02" * 32, "0x" + "03" * 20, b"\x04" * 32)
OTHERS = (REMOTE_DOMAIN, b"\x11" * 32, b"\x12" * 32, "0x" + "13" * 20, b"\x14" * 32)


@pytest.mark.parametrize("changed", range(5), ids=["origin", "owner", "router", "ism", "salt"])
def test_each_field_gives_another_account(there, changed):
    one = there.getLocalInterchainAccount(*FIELDS)
    fields = (*FIELDS[:changed], OTHERS[changed], *FIELDS[changed + 1 :])
    assert there.getLocalInterchainAccount(*fields) != one


@RUNS
@given(
    pair=st.lists(
        st.tuples(domains, bytes32, bytes32, addresses, bytes32),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_no_two_sets_of_fields_share_an_account(there, pair):
    first, second = (there.getLocalInterchainAccount(*fields) for fields in pair)
    assert first != second


def test_fields_of_neighbours_do_not_run_into_each_other(there):
    """All have a fixed length: no byte can move from one field to the next."""
    owner_, sender = b"\x00" * 31 + b"\x01", b"\x00" * 32
    moved = b"\x00" * 32, b"\x01" + b"\x00" * 31
    local = there.getLocalInterchainAccount
    assert local(0, owner_, sender, ZERO, NONE) != local(0, *moved, ZERO, NONE)


def test_other_routers_have_other_accounts(here, there):
    assert here.getLocalInterchainAccount(*FIELDS) != there.getLocalInterchainAccount(*FIELDS)


def test_anyone_may_create_an_account_once(there, project, stranger):
    create = there.getDeployedInterchainAccount
    expected = there.getLocalInterchainAccount(*FIELDS)
    receipt = create(*FIELDS, sender=stranger)
    (event,) = receipt.decode_logs(there.InterchainAccountCreated)
    origin, owner_, sender, ism, salt = FIELDS
    assert (event.account, event.origin, event.router) == (expected, origin, sender)
    assert (event.owner, event.ism, event.salt) == (owner_, ism, salt)
    made = project.OwnableMulticall.at(expected, fetch_from_explorer=False)
    assert made.owner() == there
    assert not create(*FIELDS, sender=stranger).events
    assert create.call(*FIELDS) == expected


@pytest.mark.parametrize(
    ("signature", "fields"),
    [
        ("uint32,bytes32,bytes32,address", FIELDS[:4]),
        ("uint32,address,address,address", (5, "0x" + "21" * 20, "0x" + "22" * 20, ZERO)),
    ],
)
def test_account_without_a_salt_is_created(there, stranger, chain, signature, fields):
    origin, owner_, sender, ism = fields
    expected = account_at(there, origin, b32_of(owner_), b32_of(sender), b32(ism))
    pick(there.getDeployedInterchainAccount, signature)(*fields, sender=stranger)
    assert len(chain.provider.get_code(expected)) == 45


def b32_of(value) -> bytes:
    return value if isinstance(value, bytes) else b32(value)
