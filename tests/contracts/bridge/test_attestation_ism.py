"""The module that one key's signature satisfies, and how it sends relayers for it."""

import pytest
from ape.utils import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import keccak
from tests.support.bridge_chains import lookup_of
from tests.support.signing import SECP256K1_ORDER, message, validator
from tests.support.words import raw

from hyperlane.protocol.ccip_read import OffchainLookup, attestation_hash
from hyperlane.protocol.signature import eip191_digest, sign_digest

URLS = ["https://one.example/{sender}/{data}", "https://two.example/"]
ATTESTER, OTHER = validator(0), validator(1)
INCOMING = message()


@pytest.fixture(scope="module")
def ism(project, owner):
    return owner.deploy(project.AttestationIsm, owner, ATTESTER.address, URLS)


@pytest.fixture(scope="module")
def attest(ism, chain):
    """The signature of an attester, as its server would make it."""

    def attest(account=ATTESTER, chain_id=chain.chain_id, module=ism, about=INCOMING):
        return sign_digest(
            eip191_digest(attestation_hash(chain_id, raw(module), about.id)), account
        )

    return attest


def test_facts(ism, owner):
    assert (ism.moduleType(), ism.owner(), ism.urls()) == (7, owner, URLS)
    assert (ism.attester(), ism.PACKAGE_VERSION()) == (ATTESTER.address, "12.1.0")


def test_signature_of_the_attester_is_believed(ism, attest):
    assert ism.verify(attest(), INCOMING.encode())


def test_signed_message_is_delivered(project, owner, mailbox, ism, attest):
    recipient = owner.deploy(project.TestRecipient)
    recipient.setInterchainSecurityModule(ism, sender=owner)
    incoming = message(recipient=recipient.address)
    mailbox.process(attest(about=incoming), incoming.encode(), sender=owner)
    assert recipient.lastData() == incoming.body


@pytest.mark.parametrize(
    "changes",
    [
        {"account": OTHER},
        {"chain_id": 1},
        {"module": "0x" + "33" * 20},
        {"about": message(nonce=1)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_signature_by_or_about_anything_else_is_refused(ism, attest, revert_of, changes):
    refusal = revert_of(ism.verify, attest(**changes), INCOMING.encode())
    assert (refusal[0], refusal[2]) == ("NotAttester", ATTESTER.address)


def test_malleated_signature_is_refused(ism, attest, revert_of):
    signature = attest()
    s = SECP256K1_ORDER - int.from_bytes(signature[32:64])
    twin = signature[:32] + s.to_bytes(32) + bytes([55 - signature[64]])
    refusal = revert_of(ism.verify, twin, INCOMING.encode())
    assert refusal == ("NotAttester", ZERO_ADDRESS, ATTESTER.address)


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_recovery_byte_must_be_27_or_28(ism, attest, revert_of, v):
    refusal = revert_of(ism.verify, attest()[:64] + bytes([v]), INCOMING.encode())
    assert refusal == ("NotAttester", ZERO_ADDRESS, ATTESTER.address)


@pytest.mark.parametrize("size", [0, 1, 64, 66, 130])
def test_metadata_of_another_length_is_refused(ism, attest, revert_of, size):
    given = (attest() * 2)[:size]
    refusal = revert_of(ism.verify, given, INCOMING.encode())
    assert refusal == ("InvalidSignatureLength", size)


def test_lookup_says_where_and_what_to_ask(ism):
    encoded = INCOMING.encode()
    question = keccak(text="getAttestation(bytes)")[:4] + encode(["bytes"], [encoded])
    assert lookup_of(ism, encoded) == OffchainLookup(
        raw(ism), tuple(URLS), question, bytes.fromhex("f7e83aee"), encoded
    )


def test_owner_changes_the_urls(ism, owner):
    receipt = ism.setUrls(["https://three.example"], sender=owner)
    assert receipt.decode_logs(ism.UrlsChanged) == [
        ism.UrlsChanged(newUrls=["https://three.example"])
    ]
    assert ism.urls() == ["https://three.example"]
    assert lookup_of(ism, b"").urls == ("https://three.example",)


def test_owner_changes_the_attester(ism, attest, owner, revert_of):
    receipt = ism.setAttester(OTHER.address, sender=owner)
    assert receipt.decode_logs(ism.AttesterSet) == [ism.AttesterSet(attester=OTHER.address)]
    assert ism.verify(attest(OTHER), INCOMING.encode())
    refusal = revert_of(ism.verify, attest(), INCOMING.encode())
    assert refusal == ("NotAttester", ATTESTER.address, OTHER.address)


def test_strangers_change_nothing(ism, stranger, revert_of):
    for change, value in ((ism.setUrls, ["https://three.example"]), (ism.setAttester, stranger)):
        refusal = revert_of(change, value, sender=stranger)
        assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_there_must_be_somebody_to_ask_and_to_believe(
    project, ism, owner, revert_of, creation_revert_of
):
    assert revert_of(ism.setUrls, [], sender=owner) == ("NoUrls",)
    assert revert_of(ism.setAttester, ZERO_ADDRESS, sender=owner) == ("InvalidAttester",)
    container = project.AttestationIsm
    assert creation_revert_of(container, owner, owner, []) == ("NoUrls",)
    assert creation_revert_of(container, owner, ZERO_ADDRESS, URLS) == ("InvalidAttester",)
