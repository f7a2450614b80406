import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.typecasts import address_from_hex

from .strategies import addresses, uints, words
from .vectors import load, unhex, validator_account

VECTORS = load("announcement_digests")
ACCOUNTS = {validator_account(i).address: validator_account(i) for i in range(6)}


def from_vector(case: dict) -> Announcement:
    return Announcement(
        domain=case["mailbox_domain"],
        mailbox=unhex(case["mailbox_address"]),
        validator=address_from_hex(case["validator"]),
        storage_location=case["storage_location"],
    )


def announcements() -> st.SearchStrategy[Announcement]:
    return st.builds(
        Announcement,
        domain=uints(32),
        mailbox=words(),
        validator=addresses(),
        storage_location=st.text(st.characters(codec="utf-8"), max_size=60),
    )


@pytest.mark.parametrize("case", VECTORS)
def test_hashes_equal_the_vector(case):
    announcement = from_vector(case)

    assert announcement.domain_hash == unhex(case["domain_hash"])
    assert announcement.signing_hash == unhex(case["signing_hash"])
    assert announcement.digest == unhex(case["digest"])
    assert announcement.replay_id == unhex(case["replay_id"])


@pytest.mark.parametrize("case", VECTORS)
def test_signature_equals_the_vector_and_recovers_the_validator(case):
    announcement = from_vector(case)

    signature = announcement.sign(ACCOUNTS[case["validator"]])

    assert signature == unhex(case["serialized_signature"])
    assert announcement.recover_signer(signature) == announcement.validator


@pytest.mark.parametrize("case", VECTORS)
def test_stored_file_of_the_vector_holds_the_announcement(case):
    content = case["announcement_json"]

    assert from_vector(content["value"]) == from_vector(case)
    assert content["serialized_signature"] == case["serialized_signature"]


@settings(max_examples=30)
@given(announcements(), announcements())
def test_announcements_share_a_digest_only_if_they_announce_the_same(one, two):
    same = (one.domain, one.mailbox, one.storage_location) == (
        two.domain,
        two.mailbox,
        two.storage_location,
    )
    assert (one.digest == two.digest) == same


@pytest.mark.parametrize(
    ("field", "bad"), [("domain", 2**32), ("mailbox", bytes(20)), ("validator", bytes(32))]
)
def test_construction_fails_when_a_field_is_out_of_range(field, bad):
    fields = {
        "domain": 1,
        "mailbox": bytes(32),
        "validator": bytes(20),
        "storage_location": "file:///x",
    }

    with pytest.raises(DecodeError, match=rf"announcement\.{field}: "):
        Announcement(**fields | {field: bad})
