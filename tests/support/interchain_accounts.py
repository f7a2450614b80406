"""Interchain accounts: their messages and addresses, as docs/protocol/accounts.md has them, and an
origin and a destination on one chain with a router each."""

import json
from pathlib import Path

import pytest
from eth_abi import encode
from eth_utils import keccak, to_checksum_address
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN
from tests.support.words import b32, raw

from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.message import VERSION, Message

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "interchain_accounts.json").read_text()
)
CALLS, COMMITMENT, REVEAL = b"\0", b"\1", b"\2"
CALL_LIST = "(bytes32,uint256,bytes)[]"
WHOLE_BALANCE, DELEGATE_CALL = 2**256 - 1, 2**256 - 2
NONE = bytes(32)
ISM, SALT, METADATA = b"\x04" * 32, b"\x05" * 32, b"metadata"
ROUTER = b"\x03" * 32


def encoded(calls) -> bytes:
    return encode([CALL_LIST], [calls])


def calls_body(owner, calls, ism=NONE, salt=NONE) -> bytes:
    return CALLS + b32(owner) + ism + salt + encoded(calls)


def commitment_of(calls, salt: bytes) -> bytes:
    return keccak(salt + encoded(calls))


def creation_salt(origin: int, owner: bytes, router: bytes, ism: bytes, salt: bytes) -> bytes:
    return keccak(origin.to_bytes(4) + owner + router + ism + salt)


def proxy_code(implementation) -> bytes:
    """Code that creates a minimal proxy. Source: ERC-1167."""
    head, tail = "3d602d80600a3d3981f3363d3d373d3d3d363d73", "5af43d82803e903d91602b57fd5bf3"
    return bytes.fromhex(head) + raw(implementation) + bytes.fromhex(tail)


def create2(creator, salt: bytes, code: bytes) -> str:
    """Source: EIP-1014."""
    return to_checksum_address(keccak(b"\xff" + raw(creator) + salt + keccak(code))[12:])


def account_at(router, origin: int, owner: bytes, sender: bytes, ism=NONE, salt=NONE) -> str:
    """The account at a router that a message reaches."""
    creation = creation_salt(origin, owner, sender, ism, salt)
    return create2(router, creation, proxy_code(router.implementation()))


def pick(handler, types: str):
    """One of the functions of a name, by the types of its parameters."""
    abis = [each for each in handler.abis if each.selector.partition("(")[2] == f"{types})"]
    assert len(abis) == 1, [each.selector for each in handler.abis]
    return type(handler)(handler.contract, abis)


def handle_call(origin=1) -> bytes:
    """Calldata that makes a target count."""
    selector = keccak(text="handle(uint32,bytes32,bytes)")[:4]
    return selector + encode(["uint32", "bytes32", "bytes"], [origin, NONE, b""])


ZERO = "0x" + "00" * 20
COMMIT_GAS = 60_000
FEE = 1_000


@pytest.fixture(scope="module")
def paid_hook(project, owner):
    """Charges `FEE` for each message, and keeps what is above."""
    return owner.deploy(project.RecordingHook, FEE)


@pytest.fixture(scope="module")
def remote_mailbox(project, owner, hook, noop_ism):
    mailbox = owner.deploy(project.Mailbox, REMOTE_DOMAIN)
    mailbox.initialize(owner, noop_ism, hook, hook, sender=owner)
    return mailbox


@pytest.fixture(scope="module")
def deploy_router(project, owner):
    def deploy_router(mailbox, hook=ZERO):
        urls = ["http://127.0.0.1:1"]
        return owner.deploy(project.InterchainAccountRouter, mailbox, hook, owner, COMMIT_GAS, urls)

    return deploy_router


@pytest.fixture(scope="module")
def here(deploy_router, mailbox):
    """The router of the origin."""
    return deploy_router(mailbox)


@pytest.fixture(scope="module")
def there(deploy_router, remote_mailbox):
    """The router of the destination."""
    return deploy_router(remote_mailbox)


@pytest.fixture(scope="module")
def connected(here, there, owner):
    here.enrollRemoteRouterAndIsm(REMOTE_DOMAIN, b32(there), NONE, sender=owner)


@pytest.fixture(scope="module")
def user(accounts):
    return accounts[3]


@pytest.fixture(scope="module")
def relayer(accounts):
    return accounts[5]


@pytest.fixture(scope="module")
def account(there, here, user):
    """The account of the user on the destination."""
    return account_at(there, LOCAL_DOMAIN, b32(user), b32(here))


@pytest.fixture(scope="module")
def target(project, owner):
    """Takes calls, counts them, and refuses them if told to."""
    return owner.deploy(project.HostileRecipient)


@pytest.fixture(scope="module")
def incoming(here, there):
    """A message from the origin's router to the destination's."""
    nonces = iter(range(10**6))

    def incoming(body: bytes, sender=here, origin=LOCAL_DOMAIN, router=there) -> bytes:
        message = Message(
            VERSION, next(nonces), origin, b32(sender), REMOTE_DOMAIN, b32(router), body
        )
        return message.encode()

    return incoming


@pytest.fixture(scope="module")
def deliver(remote_mailbox, relayer):
    def deliver(message: bytes, metadata=b"", value=0, sender=relayer):
        return remote_mailbox.process(metadata, message, sender=sender, value=value)

    return deliver


@pytest.fixture(scope="module")
def refusal_of(remote_mailbox, relayer, revert_of):
    """Why a message cannot be delivered."""

    def refusal_of(message: bytes, metadata=b"", value=0):
        return revert_of(remote_mailbox.process, metadata, message, sender=relayer, value=value)

    return refusal_of


@pytest.fixture(scope="module")
def order(incoming, user):
    """A message that orders calls from the account of an owner."""

    def order(*calls, owner=user, ism=NONE, salt=NONE, **options) -> bytes:
        triples = [(b32(to), value, data) for to, value, data in calls]
        return incoming(CALLS + b32(owner) + ism + salt + encoded(triples), **options)

    return order


def dispatched(receipt) -> list[Message]:
    """The messages that a transaction sent."""
    return [
        Message.decode(bytes(event.message))
        for event in receipt.events
        if event.event_name == "Dispatch"
    ]


@pytest.fixture
def paymaster(project, owner, mailbox):
    igp = owner.deploy(project.InterchainGasPaymaster)
    igp.initialize(owner, owner, sender=owner)
    igp.setMailbox(mailbox, sender=owner)
    igp.setRemoteGasData((REMOTE_DOMAIN, 10**10, 1), sender=owner)
    igp.setDestinationGasConfigs([(REMOTE_DOMAIN, (igp, 1_000))], sender=owner)
    return igp


@pytest.fixture
def fee_token(project, owner, user, paymaster):
    token = owner.deploy(project.TestERC20, "Fee", "FEE", 10**24, 18)
    oracle = owner.deploy(project.StorageGasOracle)
    oracle.setRemoteGasData((REMOTE_DOMAIN, 3 * 10**10, 1), sender=owner)
    paymaster.setTokenGasOracles([(token, REMOTE_DOMAIN, oracle)], sender=owner)
    token.transfer(user, 10**20, sender=owner)
    return token


def in_token(token, gas_limit) -> bytes:
    return StandardHookMetadata(
        msg_value=0, gas_limit=gas_limit, refund_address=bytes(20), fee_token=raw(token)
    ).encode()
