"""Where validators say where their signatures are."""

import json
from pathlib import Path

import ape
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.signing import LOCAL_DOMAIN, VALIDATORS, malleated
from tests.support.words import b32

from hyperlane.protocol.announcement import Announcement

VECTORS = Path(__file__).parents[2] / "vectors" / "announcement_digests.json"
LOCATION = "s3://bucket/eu-central-1/folder"


@pytest.fixture(scope="module")
def announce(project, owner, mailbox):
    return owner.deploy(project.ValidatorAnnounce, mailbox)


@pytest.fixture(scope="module")
def announcement(mailbox):
    """`announcement(position, location)` of a validator for this Mailbox."""

    def announcement(position: int = 0, location: str = LOCATION) -> Announcement:
        return Announcement(
            validator=bytes.fromhex(VALIDATORS[position].address[2:]),
            mailbox=b32(mailbox),
            domain=LOCAL_DOMAIN,
            storage_location=location,
        )

    return announcement


def arguments(announcement: Announcement, position: int = 0):
    validator = VALIDATORS[position]
    location = announcement.storage_location
    return validator.address, location, announcement.sign(validator)


def test_announcement_is_remembered(announce, announcement, stranger):
    validator, location, signature = arguments(announcement())
    receipt = announce.announce(validator, location, signature, sender=stranger)
    assert receipt.events == [
        announce.ValidatorAnnouncement(validator=validator, storageLocation=location)
    ]
    assert announce.getAnnouncedValidators() == [validator]
    assert announce.getAnnouncedStorageLocations([validator]) == [[location]]


def test_locations_are_in_the_order_of_their_announcement(announce, announcement, stranger):
    for position, location in ((0, "file:///a"), (1, "file:///b"), (0, "file:///c")):
        given_ = arguments(announcement(position, location), position)
        assert announce.announce.call(*given_, sender=stranger) is True
        announce.announce(*given_, sender=stranger)
    first, second, third = (each.address for each in VALIDATORS[:3])
    assert announce.getAnnouncedValidators() == [first, second]
    locations = announce.getAnnouncedStorageLocations([third, first, second])
    assert locations == [[], ["file:///a", "file:///c"], ["file:///b"]]


def test_pages_hold_what_the_lists_hold(announce, announcement, stranger):
    places = [(0, "file:///a"), (1, "file:///b"), (0, "file:///c"), (0, "file:///d")]
    for position, location in places:
        announce.announce(*arguments(announcement(position, location), position), sender=stranger)
    first, second, third = (each.address for each in VALIDATORS[:3])
    assert announce.announcedValidatorCount() == 2
    assert [announce.announcedStorageLocationCount(who) for who in (first, second, third)] == [
        3,
        1,
        0,
    ]
    of_first = ["file:///a", "file:///c", "file:///d"]
    for start in (0, 1, 2, 3, 4, 2**256 - 1):
        for size in (0, 1, 2, 3, 4, 2**256 - 1):
            end = start + size
            assert announce.announcedValidators(start, size) == [first, second][start:end]
            page = announce.announcedStorageLocations(first, start, size)
            assert page == of_first[start:end]
    assert announce.announcedStorageLocations(third, 0, 10) == []


def test_same_announcement_counts_once(announce, announcement, stranger, revert_of):
    given_ = arguments(announcement())
    announce.announce(*given_, sender=stranger)
    reason = revert_of(announce.announce, *given_)
    assert reason == ("AlreadyAnnounced", VALIDATORS[0].address, LOCATION)


@pytest.mark.parametrize(
    "spoil",
    [
        malleated,
        lambda signature: signature[:64],
        lambda signature: signature + b"\0",
        lambda signature: signature[:64] + bytes([signature[64] - 27]),
        lambda signature: bytes(65),
        lambda signature: b"",
    ],
    ids=["high s", "too short", "too long", "v - 27", "zeros", "empty"],
)
def test_malformed_signature_is_refused(announce, announcement, revert_of, spoil):
    validator, location, signature = arguments(announcement())
    reason = revert_of(announce.announce, validator, location, spoil(signature))
    assert reason == ("InvalidAnnouncementSignature", validator)


def test_nobody_speaks_for_another_validator(announce, announcement, revert_of):
    _, location, signature = arguments(announcement())
    other = VALIDATORS[1].address
    reason = revert_of(announce.announce, other, location, signature)
    assert reason == ("InvalidAnnouncementSignature", other)


def test_zero_address_is_no_validator(announce, revert_of):
    nobody = "0x" + "00" * 20
    reason = revert_of(announce.announce, nobody, LOCATION, bytes(65))
    assert reason == ("InvalidAnnouncementSignature", nobody)


def test_announcement_for_another_mailbox_is_refused(
    project, owner, announce, announcement, revert_of
):
    other = owner.deploy(project.Mailbox, LOCAL_DOMAIN)
    elsewhere = owner.deploy(project.ValidatorAnnounce, other)
    given_ = arguments(announcement())
    reason = revert_of(elsewhere.announce, *given_)
    assert reason == ("InvalidAnnouncementSignature", given_[0])


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(location=st.text(max_size=100).filter(lambda text: text.isprintable()))
def test_digest_is_that_of_the_protocol(announce, announcement, location):
    assert announce.getAnnouncementDigest(location) == announcement(0, location).digest


@pytest.mark.parametrize("case", json.loads(VECTORS.read_text()), ids=str)
def test_vectors(project, owner, chain, case):
    """The vectors' Mailbox has a fixed address: a Mailbox's code is put there."""
    address = "0x" + case["mailbox_address"][-40:]
    template = owner.deploy(project.Mailbox, case["mailbox_domain"])
    code = chain.provider.get_code(template.address)
    chain.provider.web3.provider.make_request("anvil_setCode", [address, "0x" + bytes(code).hex()])
    announce = owner.deploy(project.ValidatorAnnounce, address)
    assert announce.getAnnouncementDigest(case["storage_location"]).hex() == case["digest"][2:]
    announce.announce(
        case["validator"],
        case["storage_location"],
        bytes.fromhex(case["serialized_signature"][2:]),
        sender=owner,
    )
    assert announce.getAnnouncedValidators() == [case["validator"]]


def test_facts(announce, mailbox):
    assert (announce.mailbox(), announce.localDomain()) == (mailbox, LOCAL_DOMAIN)
    assert announce.PACKAGE_VERSION() == "12.1.0"


def test_mailbox_must_be_a_contract(project, owner, stranger):
    with ape.reverts(project.ValidatorAnnounce.MailboxNotContract):
        owner.deploy(project.ValidatorAnnounce, stranger)
