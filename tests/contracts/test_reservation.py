"""A reserved address depends on account and salt alone, and is for that account only."""

import pytest
from eth_abi import encode
from eth_utils import keccak, to_checksum_address
from tests.support.contracts import LOCAL_DOMAIN, at

from hyperlane.protocol.create2 import first_created
from hyperlane.protocol.reserved import (
    DEPLOYER,
    DEPLOYER_CODE,
    RESERVATION_CODE,
    reservation_address,
    reservation_code,
    reservation_salt,
    reserved_address,
)

SALT = keccak(text="a salt")
NAME = "mailbox"
METADATA_HASH = 43
"""Bytes from the end of the code to the beginning of the hash of its sources' metadata."""


def raw(account):
    return bytes.fromhex(account.address[2:])


def mailbox_code(project, domain=LOCAL_DOMAIN):
    return bytes(project.Mailbox.contract_type.get_deployment_bytecode()) + encode(
        ["uint32"], [domain]
    )


def send(ape_chain, sender, data):
    """A call of the deterministic deployer."""
    provider = ape_chain.provider
    transaction = provider.network.ecosystem.create_transaction(
        receiver=to_checksum_address(DEPLOYER), data=data, sender=sender.address
    )
    return sender.call(transaction)


@pytest.fixture
def reserve(project, chain):
    """Makes an owner's reservation, sent by whom."""

    def reserve(owner, sender=None, name=NAME):
        salt = reservation_salt(SALT, name)
        send(chain, sender or owner, salt + reservation_code(raw(owner)))
        address = to_checksum_address(reservation_address(raw(owner), SALT, name))
        return at(project.Reservation, address)

    return reserve


def test_the_code_in_use_moves_no_address():
    """If this fails, every address that was announced, and is not created yet, is another one."""
    digest = "c8673dfdf2699e6a0e5ab821607744e986a55de108f033a1e1ca27e67444b3bd"
    assert keccak(RESERVATION_CODE).hex() == digest
    owner = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
    assert reserved_address(owner, SALT, NAME).hex() == ("e9767db22ff2ab1231ef6f36d8cb677e694d74dc")


def test_the_code_in_use_is_what_the_source_compiles_to(project):
    """But for the hash in which comments and the compiler's settings count."""
    compiled = bytes(project.Reservation.contract_type.get_deployment_bytecode())
    assert len(compiled) == len(RESERVATION_CODE)
    start = len(compiled) - METADATA_HASH
    assert compiled[:start] == RESERVATION_CODE[:start]
    assert compiled[start + 32 :] == RESERVATION_CODE[start + 32 :]


def test_the_deterministic_deployer_has_the_code_that_we_ask_for(chain):
    assert bytes(chain.provider.get_code(to_checksum_address(DEPLOYER))) == DEPLOYER_CODE


@pytest.mark.parametrize("domain", [LOCAL_DOMAIN, 77])
def test_the_address_depends_on_nothing_that_is_created_there(
    reserve, project, owner, chain, domain, isolated
):
    reservation = reserve(owner)
    predicted = to_checksum_address(reserved_address(raw(owner), SALT, NAME))
    assert reservation.reserved() == predicted
    assert predicted == to_checksum_address(first_created(raw(reservation)))
    assert not chain.provider.get_code(predicted)
    code = mailbox_code(project, domain)

    reservation.create(code, sender=owner)

    assert at(project.Mailbox, predicted).localDomain() == domain
    assert reservation.createdFrom() == keccak(code)
    assert reservation.reserved() == predicted


def test_the_owner_initialises_what_was_created(reserve, project, owner, noop_ism, hook, isolated):
    reservation = reserve(owner)
    reservation.create(mailbox_code(project), sender=owner)
    mailbox = at(project.Mailbox, reservation.reserved())
    arguments = (owner, noop_ism, hook, hook)
    call = mailbox.initialize.encode_input(*arguments)

    reservation.call(call, sender=owner)

    assert mailbox.owner() == owner
    assert mailbox.defaultIsm() == noop_ism


def test_reverts_are_passed_on(reserve, project, owner, revert_of, isolated):
    reservation = reserve(owner)
    assert revert_of(reservation.call, b"", sender=owner) == ("NothingCreated",)
    reservation.create(mailbox_code(project), sender=owner)
    mailbox = at(project.Mailbox, reservation.reserved())
    call = mailbox.setDefaultIsm.encode_input(owner)
    assert revert_of(reservation.call, call, sender=owner) == ("DefaultIsmNotContract", owner)


def test_a_constructor_that_reverts_leaves_the_address_free(
    reserve, project, owner, revert_of, isolated
):
    reservation = reserve(owner)
    announce = bytes(project.ValidatorAnnounce.contract_type.get_deployment_bytecode())
    no_mailbox = announce + encode(["address"], [owner.address])
    assert revert_of(reservation.create, no_mailbox, sender=owner) == (
        "MailboxNotContract",
        owner,
    )
    assert not any(reservation.createdFrom())

    reservation.create(mailbox_code(project), sender=owner)

    assert at(project.Mailbox, reservation.reserved()).localDomain() == LOCAL_DOMAIN


def test_one_address_is_for_one_contract(reserve, project, owner, revert_of, isolated):
    reservation = reserve(owner)
    reservation.create(mailbox_code(project), sender=owner)
    other = mailbox_code(project, 5)
    assert revert_of(reservation.create, other, sender=owner) == (
        "AlreadyCreated",
        keccak(mailbox_code(project)),
    )


def test_one_salt_serves_many_contracts(owner):
    names = ("mailbox", "validatorAnnounce", "router of ETH/a", "router of ETH/b")
    assert len({reserved_address(raw(owner), SALT, name) for name in names}) == len(names)


def test_attack_a_stranger_makes_the_reservation_first_and_gains_nothing(
    reserve, project, owner, stranger, revert_of, isolated
):
    reservation = reserve(owner, sender=stranger)
    refused = ("NotOwner", stranger, owner)
    evil = mailbox_code(project, 666)
    assert revert_of(reservation.create, evil, sender=stranger) == refused

    reservation.create(mailbox_code(project), sender=owner)

    mailbox = at(project.Mailbox, reservation.reserved())
    assert mailbox.localDomain() == LOCAL_DOMAIN
    call = mailbox.initialize.encode_input(stranger, stranger, stranger, stranger)
    assert revert_of(reservation.call, call, sender=stranger) == refused
    assert revert_of(
        mailbox.initialize, stranger, stranger, stranger, stranger, sender=stranger
    ) == ("NotDeployer", stranger, reservation)


def test_attack_the_same_salt_is_another_address_for_another_account(owner, stranger):
    taken = reserved_address(raw(stranger), SALT, NAME)
    assert taken != reserved_address(raw(owner), SALT, NAME)
