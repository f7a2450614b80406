"""Signing with a key in KMS, over the real protocol."""

import pytest
from boto3.session import Session
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from eth_account import Account
from eth_account.messages import encode_defunct
from moto.kms.utils import ECDSAPrivateKey
from moto.server import ThreadedMotoServer
from tests.support.devnet import free_port
from tests.support.processes import wait_until

from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import ChainClient
from hyperlane.chain.offers import Offers
from hyperlane.chain.signer import address_of, open_account
from hyperlane.errors import ConfigError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.settings import SignerSettings
from hyperlane.store.database import Database
from hyperlane.store.transactions import TransactionStore


def sign_digest(key, message, algorithm):
    """What KMS does with MessageType DIGEST; the server would hash the digest once more."""
    assert (len(message), algorithm) == (32, "ECDSA_SHA_256")
    return key.private_key.sign(message, ECDSA(Prehashed(SHA256())))


@pytest.fixture(scope="module")
def kms():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ECDSAPrivateKey, "sign", sign_digest)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
        server.start()
        patch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{server._server.server_port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield Session(region_name="us-east-1").client("kms")
        server.stop()


def make_key(kms, spec="ECC_SECG_P256K1"):
    return kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]


def account_of(identity):
    settings = SignerSettings.model_validate({"id": identity, "region": "us-east-1"})
    return open_account("validator", settings)


def test_its_signatures_are_those_of_its_address(kms):
    account = account_of(make_key(kms))
    for index in range(8):  # both parities, and halves of the order
        checkpoint = Checkpoint(1, bytes(32), bytes(32), index, bytes(32))
        signed = SignedCheckpoint(checkpoint, checkpoint.sign(account))
        assert signed.signer == address_of(account)
    message = encode_defunct(b"hello")
    signature = account.sign_message(message).signature
    assert Account.recover_message(message, signature=signature) == account.address


@pytest.mark.parametrize(
    "fees", [{"gasPrice": 10**9}, {"maxFeePerGas": 10**9, "maxPriorityFeePerGas": 1}]
)
def test_its_transactions_are_those_of_its_address(fees, kms):
    account = account_of(make_key(kms))
    to = "0x" + "07" * 20
    for nonce in range(4):
        fields = {"chainId": 1337, "nonce": nonce, "to": to, "value": 0, "data": "0x", "gas": 21000}
        signed = account.sign_transaction({**fields, **fees})
        assert Account.recover_transaction(signed.raw_transaction) == account.address


async def test_a_node_takes_its_transactions(kms, origin, tmp_path):
    account = account_of(make_key(kms))
    origin.rpc("anvil_setBalance", account.address, hex(10**18))
    database, client = await Database.open(str(tmp_path)), ChainClient("alpha", 1337, [origin.url])
    store = TransactionStore(database, 1337, address_of(account))
    sender = Sender(client, account, store, Offers(client))
    sent = await sender.send("message", b"\7" * 20, b"", 21000)
    origin.wait(sent.hash)
    await client.close()
    await database.close()


def test_agents_sign_announce_and_deliver_with_keys_in_kms(
    kms, origin, target, validator_config, relayer_config, agents
):
    identities = [{"type": "aws", "id": make_key(kms), "region": "us-east-1"} for _ in range(2)]
    validator, relayer = [account_of(item["id"]).address for item in identities]
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


def test_a_key_of_another_kind_is_refused(kms):
    with pytest.raises(ConfigError, match=r"validator\.id: not a key of the kind ECC_SECG_P256K1"):
        _ = account_of(make_key(kms, "ECC_NIST_P256")).address


def test_a_key_that_is_not_there_is_refused(kms):
    with pytest.raises(ConfigError, match=r"validator\.id: KMS does not give the key"):
        _ = account_of("00000000-0000-0000-0000-000000000000").address
