"""Hooks that tell a module elsewhere over somebody's bridge: what is sent, with what value."""

import pytest
from eth_abi import encode
from eth_utils import keccak, to_checksum_address
from tests.support.contracts import REMOTE_DOMAIN
from tests.support.words import b32

from .dispatching import ZERO, message_from, metadata

ISM = to_checksum_address("0x" + "77" * 20)
CHILD_FEE = 11
BRIDGES = {
    "OPStackHook": ("TestMessenger", "l1Messenger"),
    "OPL2ToL1Hook": ("TestMessenger", "l2Messenger"),
    "ArbL2ToL1Hook": ("TestArbSys", "arbSys"),
    "ERC5164Hook": ("TestDispatcher", "dispatcher"),
}
WITH_CHILD = {"OPL2ToL1Hook", "ArbL2ToL1Hook"}
CARRYING = sorted(BRIDGES.keys() - {"ERC5164Hook"})


@pytest.fixture(scope="module")
def child(recording):
    return recording(CHILD_FEE)


@pytest.fixture
def bridge(project, owner):
    """`bridge(name)`: what the hook of this name calls."""
    deployed = {}

    def bridge(name):
        kind = BRIDGES[name][0]
        if kind not in deployed:
            deployed[kind] = owner.deploy(project.contracts[kind])
        return deployed[kind]

    return bridge


@pytest.fixture
def arguments(mailbox, bridge, child):
    """Of the constructor."""

    def arguments(name, **changes):
        named = {
            "mailbox": mailbox.address,
            "destination": REMOTE_DOMAIN,
            "ism": b32(ISM),
            "bridge": bridge(name).address,
        }
        if name in WITH_CHILD:
            named["child"] = child.address
        return list((named | changes).values())

    return arguments


@pytest.fixture
def make(project, owner, arguments):
    return lambda name: owner.deploy(project.contracts[name], *arguments(name))


def pre_verification(message, value: int) -> bytes:
    """The call of the module."""
    selector = keccak(text="preVerifyMessage(bytes32,uint256)")[:4]
    return selector + encode(["bytes32", "uint256"], [message.id, value])


def child_fee(name: str) -> int:
    return CHILD_FEE if name in WITH_CHILD else 0


@pytest.mark.parametrize("name", BRIDGES)
def test_creation_sets_everything(make, bridge, child, mailbox, name):
    hook = make(name)
    assert hook.mailbox() == mailbox
    assert hook.destinationDomain() == REMOTE_DOMAIN
    assert bytes(hook.ism()) == b32(ISM)
    assert getattr(hook, BRIDGES[name][1])() == bridge(name)
    if name in WITH_CHILD:
        assert hook.childHook() == child
    if name == "OPL2ToL1Hook":
        assert hook.MIN_GAS_LIMIT() == 300_000


@pytest.mark.parametrize("name", BRIDGES)
def test_creation_refuses_what_cannot_work(project, arguments, owner, creation_revert_of, name):
    def refusal(**changes):
        return creation_revert_of(project.contracts[name], *arguments(name, **changes))

    assert refusal(mailbox=owner.address) == ("MailboxNotContract", owner)
    assert refusal(destination=0) == ("InvalidDestination", 0, 0)
    assert refusal(ism=bytes(32)) == ("InvalidIsm",)
    assert refusal(ism=b"\x01" * 32) == ("Bytes32ToAddressOverflow", b"\x01" * 32)
    assert refusal(bridge=owner.address) == ("NotContract", owner)
    if name in WITH_CHILD:
        assert refusal(child=owner.address) == ("ChildHookNotContract", owner)


@pytest.mark.parametrize("value", [0, 500])
@pytest.mark.parametrize("name", ["OPStackHook", "OPL2ToL1Hook"])
def test_messenger_is_asked_to_call_the_module(make, bridge, owner, dispatch, name, value):
    hook, messenger = make(name), bridge(name)
    given = metadata(msg_value=value, refund=owner)
    receipt = dispatch(hook, metadata=given, value=value + child_fee(name))
    assert receipt.decode_logs([messenger.SentMessage, messenger.SentMessageExtension1]) == [
        messenger.SentMessage(
            target=ISM,
            sender=hook,
            message=pre_verification(message_from(owner), value),
            messageNonce=0,
            gasLimit={"OPStackHook": 1_920_000, "OPL2ToL1Hook": 300_000}[name],
        ),
        messenger.SentMessageExtension1(sender=hook, value=value),
    ]
    assert (messenger.balance, hook.balance) == (value, 0)


@pytest.mark.parametrize("value", [0, 500])
def test_precompile_is_asked_to_call_the_module(make, bridge, owner, dispatch, value):
    hook, arb_sys = make("ArbL2ToL1Hook"), bridge("ArbL2ToL1Hook")
    given = metadata(msg_value=value, refund=owner)
    receipt = dispatch(hook, metadata=given, value=value + CHILD_FEE)
    [sent] = receipt.decode_logs(arb_sys.L2ToL1Tx)
    assert (sent.caller, sent.destination, sent.callvalue) == (hook, ISM, value)
    assert bytes(sent.data) == pre_verification(message_from(owner), value)
    assert (arb_sys.balance, hook.balance) == (value, 0)


def test_dispatcher_is_asked_to_call_the_module(make, bridge, owner, dispatch):
    hook, dispatcher = make("ERC5164Hook"), bridge("ERC5164Hook")
    receipt = dispatch(hook, metadata=metadata(refund=owner))
    [sent] = receipt.decode_logs(dispatcher.MessageDispatched)
    assert (sent.toChainId, sent.to) == (REMOTE_DOMAIN, ISM)
    assert sent.event_arguments["from"] == hook
    assert bytes(sent.data) == pre_verification(message_from(owner), 0)


@pytest.mark.parametrize("name", sorted(WITH_CHILD))
def test_child_is_called_with_its_quote(make, child, owner, dispatch, posts, name):
    given = metadata(msg_value=500, gas_limit=9, refund=owner)
    receipt = dispatch(make(name), metadata=given, value=500 + CHILD_FEE)
    assert posts(receipt, child) == [(CHILD_FEE, given, message_from(owner).encode())]
    assert receipt.events[-1].contract_address != child.address  # it comes first


@pytest.mark.parametrize("name", BRIDGES)
def test_quote_is_the_value_and_what_the_child_asks(make, owner, name):
    value = 0 if name == "ERC5164Hook" else 500
    quote = make(name).quoteDispatch(metadata(msg_value=value), message_from(owner).encode())
    assert quote == value + child_fee(name)


@pytest.mark.parametrize("name", CARRYING)
def test_surplus_goes_to_the_refund_address(make, accounts, dispatch, gains, name):
    hook, gain = make(name), gains(accounts[6])
    given = metadata(msg_value=500, refund=accounts[6])
    dispatch(hook, metadata=given, value=500 + child_fee(name) + 33)
    assert (gain(accounts[6]), hook.balance) == (33, 0)


@pytest.mark.parametrize("name", CARRYING)
def test_less_than_the_quote_is_refused(make, mailbox, owner, revert_of, name):
    hook, quote = make(name), 500 + child_fee(name)
    call = (REMOTE_DOMAIN, b"\x01" * 32, b"", metadata(msg_value=500), hook.address)
    refusal = revert_of(mailbox.dispatch, *call, sender=owner, value=quote - 1)
    assert refusal == ("InsufficientValue", quote - 1, quote)


@pytest.mark.parametrize("name", BRIDGES)
def test_other_destinations_are_refused(make, mailbox, revert_of, name):
    call = (REMOTE_DOMAIN + 1, b"\x01" * 32, b"", b"", make(name).address)
    refusal = revert_of(mailbox.dispatch, *call)
    assert refusal == ("InvalidDestination", REMOTE_DOMAIN + 1, REMOTE_DOMAIN)


@pytest.mark.parametrize("name", BRIDGES)
def test_only_the_message_dispatched_last_is_told_of(make, owner, dispatch, revert_of, name):
    hook = make(name)
    dispatch(ZERO)
    forged = message_from(owner, nonce=1)
    refusal = revert_of(hook.postDispatch, b"", forged.encode())
    assert refusal == ("MessageNotDispatching", forged.id, message_from(owner).id)


@pytest.mark.parametrize("name", BRIDGES)
def test_value_beyond_its_bits_is_refused(make, mailbox, revert_of, name):
    given = metadata(msg_value=2**255)
    call = (REMOTE_DOMAIN, b"\x01" * 32, b"", given, make(name).address)
    assert revert_of(mailbox.dispatch, *call) == ("MsgValueTooLarge", 2**255)


@pytest.mark.parametrize("name", BRIDGES)
def test_bridge_is_not_paid_in_tokens(make, owner, stranger, revert_of, name):
    hook, given = make(name), metadata(refund=owner, token=stranger)
    assert not hook.supportsMetadata(given)
    refusal = revert_of(hook.postDispatch, given, message_from(owner).encode())
    assert refusal == ("UnsupportedMetadata", given)


def test_dispatcher_carries_no_value(make, mailbox, owner, revert_of):
    hook = make("ERC5164Hook")
    call = [REMOTE_DOMAIN, b"\x01" * 32, b"", b"", hook.address]
    refusal = revert_of(mailbox.dispatch, *call, sender=owner, value=1)
    assert refusal == ("NoValueAllowed", 1)
    call[3] = metadata(msg_value=2)
    assert revert_of(mailbox.dispatch, *call, sender=owner) == ("NoValueAllowed", 2)
