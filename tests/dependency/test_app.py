"""Helpers of the app base contracts, in an app as one writes it for the reference."""

import pytest
from ape.contracts import ContractContainer
from ape.exceptions import ContractLogicError
from ethpm_types import ContractType
from tests.dependency.test_npm_package import APP
from tests.support.contracts import REMOTE_DOMAIN
from tests.support.npm_project import packed
from tests.support.words import b32

from hyperlane.protocol.message import Message

ZERO = "0x" + "00" * 20
UNKNOWN_DOMAIN = 4321
FEE = 5
REMOTE = b"\0" * 12 + b"\xab" * 20


def metadata(value: int, gas: int, refund, custom: bytes = b"") -> bytes:
    """As docs/protocol/metadata.md has it."""
    words = b"\0\1" + value.to_bytes(32, "big") + gas.to_bytes(32, "big")
    return words + bytes.fromhex(refund.address[2:]) + custom


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    outputs = ["abi", "evm.bytecode.object"]
    project = packed(tmp_path_factory.mktemp("app"))
    answer = project.compile("solc", {"App.sol": APP.read_text()}, outputs, evmVersion="cancun")
    return {
        name: ContractContainer(
            ContractType(
                contractName=name,
                abi=each["abi"],
                deploymentBytecode={"bytecode": "0x" + each["evm"]["bytecode"]["object"]},
            )
        )
        for name, each in answer["contracts"]["App.sol"].items()
    }


@pytest.fixture(scope="module")
def recorder(project, owner):
    return owner.deploy(project.RecordingHook, FEE)


@pytest.fixture(scope="module")
def app(compiled, owner, mailbox, recorder):
    return owner.deploy(compiled["EveryHelper"], mailbox, recorder, REMOTE_DOMAIN, REMOTE)


def test_the_constructor_sets_hook_owner_router_and_gas(app, owner, recorder):
    assert (app.hook(), app.owner()) == (recorder, owner)
    assert app.routers(REMOTE_DOMAIN) == REMOTE
    assert app.destinationGas(REMOTE_DOMAIN) == 70_000


def test_each_way_to_dispatch_calls_the_hook_with_its_metadata(app, owner, recorder, stranger):
    by_default = {
        "dispatch": b"",
        "dispatchByRouter": b"",
        "dispatchWithMetadata": metadata(1, 2, owner, b"more"),
        "dispatchWithGas": metadata(0, 70_000, owner),
    }
    for name, expected in by_default.items():
        receipt = getattr(app, name)(REMOTE_DOMAIN, b"body", value=FEE, sender=owner)
        called = recorder.PostDispatch.from_receipt(receipt)[0]
        sent = Message.decode(called.message)
        assert (called.value, called.metadata) == (FEE, expected), name
        assert (sent.destination, sent.recipient, sent.body) == (REMOTE_DOMAIN, REMOTE, b"body")
        assert app.Sent.from_receipt(receipt)[0].id == sent.id
        assert app.isLatestDispatched(sent.id)

    receipt = app.dispatchTo(UNKNOWN_DOMAIN, stranger, b"body", value=FEE, sender=owner)
    called = recorder.PostDispatch.from_receipt(receipt)[0]
    sent = Message.decode(called.message)
    assert called.metadata == metadata(3, 0, owner)
    assert (sent.destination, sent.recipient) == (UNKNOWN_DOMAIN, b32(stranger))


def test_each_quote_is_what_the_hook_asks(app):
    assert app.quotes(REMOTE_DOMAIN, b"body") == [FEE] * 5
    assert app.gasMetadata(REMOTE_DOMAIN)[:66] == b"\0\1" + bytes(32) + (70_000).to_bytes(32, "big")


def test_a_domain_without_router_is_refused(app, owner):
    for name in ("dispatch", "dispatchByRouter", "dispatchWithMetadata", "dispatchWithGas"):
        with pytest.raises(ContractLogicError):
            getattr(app, name)(UNKNOWN_DOMAIN, b"", value=FEE, sender=owner)
    app.forget(REMOTE_DOMAIN, sender=owner)
    assert app.domains() == []
    with pytest.raises(ContractLogicError):
        app.quotes(REMOTE_DOMAIN, b"")


def test_a_message_of_the_enrolled_router_is_handled(app, owner, mailbox):
    assert app.isRemoteRouter(REMOTE_DOMAIN, REMOTE)
    assert not app.isRemoteRouter(REMOTE_DOMAIN, b"\1" * 32)
    message = Message(3, 0, REMOTE_DOMAIN, REMOTE, mailbox.localDomain(), b32(app), b"hello")
    receipt = mailbox.process(b"", message.encode(), sender=owner)
    handled = app.Handled.from_receipt(receipt)[0]
    assert (handled.origin, handled.sender, handled.body) == (REMOTE_DOMAIN, REMOTE, b"hello")
    assert app.isDelivered(message.id)
    assert not app.isDelivered(b"\1" * 32)


def test_initialize_sets_what_clients_have(app, owner, stranger, hook, noop_ism):
    app.initialize(hook, noop_ism, stranger, sender=owner)
    assert (app.hook(), app.interchainSecurityModule(), app.owner()) == (hook, noop_ism, stranger)


def test_settings_are_contracts(app, owner, stranger, hook):
    for setter, allowed, refused in (
        (app.setSetting, [hook.address], [ZERO, stranger.address]),
        (app.setOrClearSetting, [hook.address, ZERO], [stranger.address]),
    ):
        for account in allowed:
            setter(account, sender=owner)
            assert app.setting() == account
        for account in refused:
            with pytest.raises(ContractLogicError):
                setter(account, sender=owner)


def test_a_recipient_without_router_learns_the_sender(compiled, owner, stranger, mailbox):
    client = owner.deploy(compiled["Client"], mailbox)
    here = mailbox.localDomain()
    message = Message(3, 0, REMOTE_DOMAIN, b32(stranger), here, b32(client), b"")
    mailbox.process(b"", message.encode(), sender=owner)
    assert client.lastSender() == stranger
    with pytest.raises(ContractLogicError):
        client.handle(REMOTE_DOMAIN, b32(stranger), b"", sender=stranger)
