"""Signing with a key in Google Cloud KMS, over the real protocol."""

import base64
import logging

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from tests.support.google import RING, google_cloud
from tests.support.processes import wait_until

from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import ChainClient
from hyperlane.chain.offers import Offers
from hyperlane.chain.remote_account import _ORDER, KmsUnavailable
from hyperlane.chain.signer import address_of, open_account
from hyperlane.errors import ConfigError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.settings import SignerSettings
from hyperlane.store.database import Database
from hyperlane.store.transactions import TransactionStore


@pytest.fixture
def google(tmp_path, monkeypatch):
    with google_cloud() as servers:
        path = servers.service_account(tmp_path / "service-account.json")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS", servers.url)
        yield servers


def account_of(name):
    return open_account("validator", SignerSettings.model_validate({"keyVersionName": name}))


def test_its_signatures_are_those_of_its_address(google):
    account = account_of(google.make_key())
    for index in range(8):  # both parities, and halves of the order
        checkpoint = Checkpoint(1, bytes(32), bytes(32), index, bytes(32))
        signed = SignedCheckpoint(checkpoint, checkpoint.sign(account))
        assert signed.signer == address_of(account)
        assert int.from_bytes(signed.signature[32:64]) <= _ORDER // 2
    message = encode_defunct(b"hello")
    signature = account.sign_message(message).signature
    assert Account.recover_message(message, signature=signature) == account.address


@pytest.mark.parametrize(
    "fees", [{"gasPrice": 10**9}, {"maxFeePerGas": 10**9, "maxPriorityFeePerGas": 1}]
)
def test_its_transactions_are_those_of_its_address(fees, google):
    account = account_of(google.make_key())
    to = "0x" + "07" * 20
    for nonce in range(4):
        fields = {"chainId": 1337, "nonce": nonce, "to": to, "value": 0, "data": "0x", "gas": 21000}
        signed = account.sign_transaction({**fields, **fees})
        assert Account.recover_transaction(signed.raw_transaction) == account.address


async def test_a_node_takes_its_transactions(google, origin, tmp_path):
    account = account_of(google.make_key())
    origin.rpc("anvil_setBalance", account.address, hex(10**18))
    database, client = await Database.open(str(tmp_path)), ChainClient("alpha", 1337, [origin.url])
    store = TransactionStore(database, 1337, address_of(account))
    sender = Sender(client, account, store, Offers(client))
    sent = await sender.send("message", b"\7" * 20, b"", 21000)
    origin.wait(sent.hash)
    assert origin.w3.eth.get_transaction(sent.hash)["from"] == account.address
    await client.close()
    await database.close()


def test_agents_sign_announce_and_deliver_with_keys_in_kms(
    google, origin, target, validator_config, relayer_config, agents
):
    identities = [{"type": "gcp", "keyVersionName": google.make_key()} for _ in range(2)]
    validator, relayer = [account_of(item["keyVersionName"]).address for item in identities]
    for chain, address in ((origin, validator), (target, relayer), (origin, relayer)):
        chain.rpc("anvil_setBalance", address, hex(10**18))
    recipient = target.recipient(target.message_id_multisig([validator], 1))
    agents.start("validator", "validator", validator_config(origin) | {"validator": identities[0]})
    agents.start(
        "relayer", "relayer", relayer_config(origin, target) | {"defaultSigner": identities[1]}
    )
    message = origin.dispatch(7331, recipient.address)
    wait_until(lambda: target.delivered(message))
    mailbox = target.contracts["mailbox"]
    assert mailbox.functions.processor(message.id).call() == relayer
    said = agents.said("validator") + agents.said("relayer")
    assert not any(token in said for token in google.tokens)


def test_what_passes_is_tried_again(google):
    account = account_of(google.make_key())
    google.failures = [503, 429]
    assert account.address
    google.failures = [500]
    assert account.sign_message(encode_defunct(b"hello"))


def test_a_key_of_another_kind_is_refused(google):
    expected = (
        r"validator\.keyVersionName: a key of the algorithm EC_SIGN_P256_SHA256, expected"
        r" EC_SIGN_SECP256K1_SHA256"
    )
    with pytest.raises(ConfigError, match=expected):
        _ = account_of(google.make_key("EC_SIGN_P256_SHA256")).address


def test_a_key_that_is_not_there_is_refused(google):
    with pytest.raises(ConfigError, match=r"validator\.keyVersionName: KMS gives no answer: 404"):
        _ = account_of(f"{RING}/other/cryptoKeyVersions/1").address


def test_a_key_that_one_may_not_use_is_refused(google, tmp_path):
    name = google.make_key()
    google.user_secrets(tmp_path / "service-account.json", refresh_token="another")
    with pytest.raises(ConfigError, match=r"validator\.keyVersionName: KMS gives no answer: "):
        _ = account_of(name).address


def test_without_credentials_it_says_what_is_missing(google, tmp_path, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    with pytest.raises(
        ConfigError, match=r"validator: type gcp needs Google's application default"
    ):
        _ = account_of(google.make_key()).address


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"signature": 7},
        {"signature": "no base64!"},
        {"signature": ""},
        {"signature": "MAYCAQECAQE="},
        {"signature": base64.b64encode(b"\x30\xff\x02\xff").decode()},
        [],
        "text",
    ],
)
def test_a_signature_that_is_none_is_not_passed_on(answer, google):
    account = account_of(google.make_key())
    assert account.address
    google.answer = answer
    with pytest.raises(KmsUnavailable, match=r"validator: "):
        account.sign_message(encode_defunct(b"hello"))


@pytest.mark.parametrize(
    "answer", [{}, {"pem": 7}, {"pem": ""}, {"pem": "-----BEGIN PUBLIC KEY-----\nx\n"}, [], "text"]
)
def test_a_public_key_that_is_none_is_refused(answer, google):
    account = account_of(google.make_key())
    google.answer = answer
    with pytest.raises(ConfigError, match=r"validator\.keyVersionName: "):
        _ = account.address


def test_a_signature_of_another_key_is_not_passed_on(google):
    first, second = google.make_key(), google.make_key()
    account = account_of(first)
    assert account.address
    google.keys[first] = google.keys[second]
    with pytest.raises(KmsUnavailable, match="not of its key"):
        account.sign_message(encode_defunct(b"hello"))


@pytest.mark.parametrize(
    "name", ["", "k", "projects/p/locations/l/keyRings/r/cryptoKeys/k", "a/../b"]
)
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="needs keyVersionName, as in projects/"):
        SignerSettings.model_validate({"type": "gcp", "keyVersionName": name})


def test_credentials_are_in_no_text(google, tmp_path, caplog):
    secret = (tmp_path / "service-account.json").read_text()
    account = account_of(google.make_key())
    with caplog.at_level(logging.DEBUG):
        account.sign_message(encode_defunct(b"hello"))
    for text in (repr(account), str(account), str(vars(account)), caplog.text):
        assert not any(token in text for token in google.tokens)
        assert "PRIVATE KEY" in secret
        assert "PRIVATE KEY" not in text
