"""Circle's tokens over CCTP: burnt here, minted there, and only as the attesters have signed."""

from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak
from tests.support.bridge_chains import lookup_of, raw
from tests.support.routes import FIRST, SECOND, ZERO, b32
from tests.support.signing import validator
from tests.support.token_contracts import Network, dispatched

from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.signature import sign_digest

CIRCLE = {FIRST: 0, SECOND: 6}
"""Domains as Circle calls them. Zero is one of them."""

ATTESTERS = sorted((validator(i) for i in range(2)), key=lambda account: int(account.address, 16))
URLS = ["https://iris.example/{sender}/{data}"]
SUPPLY, AMOUNT, PPM = 10**12, 5_000_000, 130
FINALIZED, CONFIRMED = 2000, 1000
RECIPIENT = "0x" + "77" * 20
LAYOUT = {1: (52, 116), 2: (76, 148)}
"""Where the recipient and the body of a message are, by version."""


@dataclass(frozen=True)
class Side:
    """One of the chains."""

    usdc: Any
    transmitter: Any
    messenger: Any
    bridge: Any


@pytest.fixture(scope="module", params=[1, 2], ids=["v1", "v2"])
def version(request):
    return request.param


@pytest.fixture(scope="module")
def network(project, owner):
    """As for other routes, but of both versions only one."""
    free, noop = owner.deploy(project.BareHook), owner.deploy(project.NoopIsm)
    priced = owner.deploy(project.GasPricedHook)
    mailboxes = {}
    for domain in CIRCLE:
        mailboxes[domain] = owner.deploy(project.Mailbox, domain)
        mailboxes[domain].initialize(owner, noop, priced, free, sender=owner)
    return Network(mailboxes)


@pytest.fixture(scope="module")
def deploy_bridge(project, owner, network, version):
    def deploy_bridge(domain, usdc, transmitter, messenger, ppm=PPM):
        fast = (ppm, CONFIRMED) if version == 2 else ()
        arguments = (usdc, network.mailboxes[domain], transmitter, messenger, *fast)
        return owner.deploy(project.contracts[f"TokenBridgeCctpV{version}"], *arguments)

    return deploy_bridge


@pytest.fixture(scope="module")
def sides(project, owner, deploy_bridge, version):
    """By domain; bridges, messengers and tokens know each other."""
    made = {}
    for domain, circle in CIRCLE.items():
        usdc = owner.deploy(project.TestFiatToken, SUPPLY)
        transmitter = owner.deploy(
            project.contracts[f"TestCctpTransmitterV{version}"],
            circle,
            [each.address for each in ATTESTERS],
        )
        messenger = owner.deploy(
            project.contracts[f"TestCctpMessengerV{version}"], transmitter, usdc
        )
        usdc.configureMinter(messenger, SUPPLY, sender=owner)
        bridge = deploy_bridge(domain, usdc, transmitter, messenger)
        bridge.initialize(ZERO, owner, URLS, sender=owner)
        bridge.addDomains(list(CIRCLE.items()), sender=owner)
        usdc.approve(bridge, SUPPLY, sender=owner)
        made[domain] = Side(usdc, transmitter, messenger, bridge)
    for here, there in ((FIRST, SECOND), (SECOND, FIRST)):
        bridge, other = made[here].bridge, made[there]
        made[here].messenger.addRemoteTokenMessenger(
            CIRCLE[there], b32(other.messenger), sender=owner
        )
        bridge.enrollRemoteRouter(there, b32(other.bridge), sender=owner)
        bridge.setDestinationGas(there, 300_000, sender=owner)
    return made


@pytest.fixture(scope="module")
def here(sides):
    return sides[FIRST]


@pytest.fixture(scope="module")
def there(sides):
    return sides[SECOND]


@pytest.fixture(scope="module")
def cost():
    """What a transfer's quotes add up to, wei and tokens."""

    def cost(bridge, amount=AMOUNT):
        fee, tokens, extra = bridge.quoteTransferRemote(SECOND, b32(RECIPIENT), amount)
        assert (fee.token, tokens.token, extra.token) == (ZERO, bridge.token(), bridge.token())
        return fee.amount, tokens.amount + extra.amount

    return cost


@pytest.fixture(scope="module")
def send(here, owner, cost):
    """Sends tokens over the bridge: the receipt."""

    def send(amount=AMOUNT, recipient=RECIPIENT):
        wei, _ = cost(here.bridge, amount)
        return here.bridge.transferRemote(SECOND, b32(recipient), amount, sender=owner, value=wei)

    return send


@pytest.fixture(scope="module")
def attested(version):
    """What Circle's service says about a transaction: its message, completed, and signatures."""

    def attested(receipt, finality=FINALIZED, fee=0, nonce=None, change=lambda message: message):
        (message,) = [e.message for e in receipt.events if e.event_name == "MessageSent"]
        message = bytearray(message)
        if version == 2:
            message[12:44] = nonce or keccak(raw(receipt.txn_hash))
            message[144:148] = finality.to_bytes(4)
            if len(message) >= 148 + 228:
                message[148 + 164 : 148 + 196] = fee.to_bytes(32)
        return metadata(change(bytes(message)))

    return attested


def metadata(message, attesters=ATTESTERS):
    signatures = b"".join(sign_digest(keccak(message), each) for each in attesters)
    return encode(["bytes", "bytes"], [message, signatures])


@pytest.fixture(scope="module")
def process(network, stranger):
    def process(given, message):
        return network.mailboxes[SECOND].process(given, message, sender=stranger)

    return process


@pytest.fixture(scope="module")
def refused(network, stranger, revert_of):
    """Why the Mailbox does not deliver."""

    def refused(given, message):
        return revert_of(network.mailboxes[SECOND].process, given, message, sender=stranger)

    return refused


def test_facts(here, owner, version):
    bridge = here.bridge
    assert (bridge.moduleType(), bridge.hookType(), bridge.urls()) == (7, 15, URLS)
    assert bridge.interchainSecurityModule() == bridge
    assert (bridge.token(), bridge.owner()) == (here.usdc, owner)
    assert (bridge.messageTransmitter(), bridge.tokenMessenger()) == (
        here.transmitter,
        here.messenger,
    )
    assert (bridge.scaleNumerator(), bridge.scaleDenominator()) == (1, 1)
    assert [bridge.hyperlaneDomainToCircleDomain(d) for d in CIRCLE] == [*CIRCLE.values()]
    assert [bridge.circleDomainToHyperlaneDomain(c) for c in CIRCLE.values()] == [*CIRCLE]
    if version == 2:
        assert (bridge.maxFeePpm(), bridge.minFinalityThreshold()) == (PPM, CONFIRMED)


def test_it_is_initialised_once_and_by_its_creator(here, deploy_bridge, stranger, revert_of):
    again = revert_of(here.bridge.initialize, ZERO, stranger, URLS, sender=stranger)
    assert again == ("AlreadyInitialized",)
    fresh = deploy_bridge(FIRST, here.usdc, here.transmitter, here.messenger)
    reason = revert_of(fresh.initialize, ZERO, stranger, URLS, sender=stranger)
    assert reason[0] == "NotDeployer"


def test_contracts_of_the_other_version_are_refused(
    project, owner, here, network, version, creation_revert_of
):
    other = 3 - version
    transmitter = owner.deploy(project.contracts[f"TestCctpTransmitterV{other}"], 0, [])
    container = project.contracts[f"TokenBridgeCctpV{version}"]
    fast = (PPM, CONFIRMED) if version == 2 else ()
    arguments = (here.usdc, network.mailboxes[FIRST], transmitter, here.messenger, *fast)
    assert creation_revert_of(container, *arguments) == ("InvalidCCTPVersion",)
    messenger = owner.deploy(
        project.contracts[f"TestCctpMessengerV{other}"], here.transmitter, here.usdc
    )
    arguments = (here.usdc, network.mailboxes[FIRST], here.transmitter, messenger, *fast)
    assert creation_revert_of(container, *arguments) == ("InvalidCCTPVersion",)


def test_delivering_the_message_mints_what_was_burnt(
    here, there, owner, send, attested, process, cost
):
    wei, tokens = cost(here.bridge)
    before = owner.balance, here.usdc.balanceOf(owner), here.usdc.totalSupply()
    receipt = send()
    assert before[0] - owner.balance == wei + receipt.total_fees_paid
    assert before[1] - here.usdc.balanceOf(owner) == tokens
    assert before[2] - here.usdc.totalSupply() == tokens
    assert (here.usdc.balanceOf(here.bridge), here.bridge.balance) == (0, 0)

    minted = there.usdc.totalSupply()
    delivery = process(attested(receipt), dispatched(receipt))
    assert there.usdc.balanceOf(RECIPIENT) == tokens >= AMOUNT
    assert there.usdc.totalSupply() - minted == tokens
    assert there.usdc.balanceOf(there.bridge) == 0
    assert there.bridge.ReceivedTransferRemote(FIRST, b32(RECIPIENT), tokens) in delivery.events


def test_relayers_are_sent_to_the_attestation_service(there, send):
    message = dispatched(send())
    lookup = lookup_of(there.bridge, message)
    question = keccak(text="getCCTPAttestation(bytes)")[:4] + encode(["bytes"], [message])
    assert (lookup.urls, lookup.call_data) == (tuple(URLS), question)
    assert (lookup.sender, lookup.extra_data) == (raw(there.bridge), message)


def test_a_message_is_delivered_once_and_a_burn_minted_once(
    there, send, attested, process, refused, version
):
    first, second = send(), send()
    process(attested(first), dispatched(first))
    assert refused(attested(first), dispatched(first))[0] == "AlreadyDelivered"
    reason = refused(attested(first), dispatched(second))
    used = ("Error", "Nonce already used")
    assert reason == (used if version == 1 else ("InvalidMessageId",))
    process(attested(second), dispatched(second))
    assert there.usdc.balanceOf(RECIPIENT) >= 2 * AMOUNT


def test_a_failed_mint_leaves_the_message_deliverable(
    there, owner, send, attested, process, refused
):
    receipt = send()
    there.usdc.setBlacklisted(RECIPIENT, True, sender=owner)
    reason = refused(attested(receipt), dispatched(receipt))
    assert reason == ("Blacklisted", "0x" + "77" * 20)
    there.usdc.setBlacklisted(RECIPIENT, False, sender=owner)
    process(attested(receipt), dispatched(receipt))
    assert there.usdc.balanceOf(RECIPIENT) >= AMOUNT


@pytest.mark.parametrize(
    "attesters",
    [ATTESTERS[:1], ATTESTERS[::-1], [ATTESTERS[0], validator(5)], [ATTESTERS[0]] * 2],
)
def test_nothing_is_minted_without_all_attesters(send, attested, refused, attesters):
    receipt = send()
    signed = []
    attested(receipt, change=lambda message: signed.append(message) or message)
    assert refused(metadata(signed[0], attesters), dispatched(receipt))[0] == "Error"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"body": b32(RECIPIENT) + (AMOUNT + 10**6).to_bytes(32)}, "InvalidMintAmount"),
        ({"body": b32("0x" + "66" * 20) + (0).to_bytes(32)}, "InvalidMintAmount"),
        ({"sender": b"\1" * 32}, "InvalidBurnSender"),
        ({"origin": 3}, "InvalidBurnOrigin"),
        ({"body": b""}, None),
    ],
)
def test_a_burn_proves_no_other_message(send, attested, refused, changes, error):
    receipt = send()
    message = Message.decode(dispatched(receipt))
    fields = {name: getattr(message, name) for name in Message.__dataclass_fields__}
    reason = refused(attested(receipt), Message(**{**fields, **changes}).encode())
    assert reason[:1] == (() if error is None else (error,))


def test_a_burn_for_somebody_else_proves_nothing(send, attested, refused):
    mine, theirs = send(recipient="0x" + "66" * 20), send()
    reason = refused(attested(mine), dispatched(theirs))
    assert reason == ("InvalidMintRecipient",)


def test_a_burn_that_somebody_else_ordered_proves_nothing(
    here, there, owner, send, refused, attested, version
):
    """Burnt past the bridge, and a message made up about it."""
    receipt = send()
    here.usdc.approve(here.messenger, SUPPLY, sender=owner)
    burnt = int.from_bytes(dispatched(receipt)[-32:])
    more = (b32(there.bridge), 0, FINALIZED) if version == 2 else ()
    past = here.messenger.depositForBurn(
        burnt, CIRCLE[SECOND], b32(RECIPIENT), here.usdc, *more, sender=owner
    )
    reason = refused(attested(past), dispatched(receipt))
    assert reason == ("InvalidBurnSender",)


def test_a_made_up_message_of_a_stranger_takes_nothing(there, owner, send, attested, refused, here):
    """About a true burn, but not from the enrolled router: the burn stays for the true message."""
    message = Message.decode(dispatched(send()))
    made_up = Message(VERSION, 99, FIRST, b32(owner), SECOND, b32(there.bridge), message.body)
    receipt = send()
    assert refused(attested(receipt), made_up.encode())[0] == "InvalidBurnSender"


@pytest.mark.parametrize("part", ["recipient", "transmitter"])
def test_a_message_to_another_contract_proves_nothing(
    there, send, attested, refused, version, part
):
    receipt = send()
    at = LAYOUT[version][0]
    other = b32(there.transmitter) if part == "transmitter" else b"\1" * 32
    given = attested(receipt, change=lambda m: m[:at] + other + m[at + 32 :])
    assert refused(given, dispatched(receipt)) == ("InvalidCircleRecipient",)


@pytest.mark.parametrize(
    "given", [b"", b"\0" * 64, b"\xff" * 64, b"\0" * 31 + b"\x40" + b"\xff" * 64]
)
def test_metadata_that_is_none_is_refused(send, refused, given):
    assert refused(given, dispatched(send())) in [(), ("Panic", 0x11)]


def test_truncated_messages_of_cctp_are_refused(send, attested, refused, version):
    receipt = send()
    for length in (0, 40, LAYOUT[version][0] + 31, LAYOUT[version][1] + 99):
        given = attested(receipt, change=lambda m, length=length: m[:length])
        assert refused(given, dispatched(receipt)) == ()


def test_fees_of_the_route_come_on_top(project, here, owner, accounts, send, cost):
    fee = owner.deploy(project.LinearFee, here.usdc, 10**6, 10**7, owner)
    _, without = cost(here.bridge)
    here.bridge.setFeeRecipient(fee, sender=owner)
    _, tokens = cost(here.bridge)
    assert tokens == without + AMOUNT * 10**6 // (2 * 10**7)
    before = here.usdc.balanceOf(owner)
    send()
    assert before - here.usdc.balanceOf(owner) == tokens
    assert here.usdc.balanceOf(fee) == tokens - without
    assert here.usdc.balanceOf(here.bridge) == 0


def test_nothing_is_sent_where_circle_or_the_route_does_not_go(here, owner, stranger, revert_of):
    def refusal(domain):
        return revert_of(
            here.bridge.transferRemote, domain, b32(RECIPIENT), 1, sender=owner, value=10**18
        )

    assert refusal(3) == ("RouterNotEnrolled", 3)
    here.bridge.enrollRemoteRouter(3, b"\1" * 32, sender=owner)
    assert refusal(3) == ("CircleDomainNotConfigured",)
    reason = revert_of(here.bridge.addDomain, 3, 3, sender=stranger)
    assert reason[0] == "OwnableUnauthorizedAccount"


def test_domains_have_one_counterpart(here, owner, revert_of):
    bridge = here.bridge
    receipt = bridge.addDomain(SECOND, 9, sender=owner)
    assert receipt.events == [bridge.DomainAdded(SECOND, 9)]
    assert bridge.hyperlaneDomainToCircleDomain(SECOND) == 9
    reason = revert_of(bridge.circleDomainToHyperlaneDomain, CIRCLE[SECOND])
    assert reason == ("HyperlaneDomainNotConfigured",)
    bridge.addDomain(4, 0, sender=owner)
    assert bridge.circleDomainToHyperlaneDomain(0) == 4
    reason = revert_of(bridge.hyperlaneDomainToCircleDomain, FIRST)
    assert reason == ("CircleDomainNotConfigured",)


def test_collateral_is_rebalanced_over_it(
    project, here, there, owner, accounts, deploy_collateral, connect, attested, process, cost
):
    """What the bridge asks for besides, the rebalancer pays."""
    pair = deploy_collateral(here.usdc, FIRST), deploy_collateral(there.usdc, SECOND)
    connect(*pair)
    router, rebalancer = pair[0], accounts[7]
    here.usdc.transfer(router, AMOUNT, sender=owner)
    here.usdc.transfer(rebalancer, AMOUNT, sender=owner)
    here.usdc.approve(router, AMOUNT, sender=rebalancer)
    router.addRebalancer(rebalancer, sender=owner)
    router.addBridge(SECOND, here.bridge, sender=owner)
    # An ERC-20 router takes no refunds, and this hook sends one even of nothing.
    here.bridge.setHook(owner.deploy(project.BareHook), sender=owner)
    wei, tokens = cost(here.bridge)
    receipt = router.rebalance(SECOND, AMOUNT, here.bridge, sender=rebalancer, value=wei)
    assert here.usdc.balanceOf(router) == 0
    assert here.usdc.balanceOf(rebalancer) == 2 * AMOUNT - tokens
    process(attested(receipt), dispatched(receipt))
    assert there.usdc.balanceOf(pair[1]) == tokens


@pytest.fixture(scope="module")
def inbox(project, owner, there):
    """Believes what the bridge on the other side vouched for."""
    inbox = owner.deploy(project.TestRecipient)
    inbox.setInterchainSecurityModule(there.bridge, sender=owner)
    return inbox


@pytest.fixture(scope="module")
def tell(network, here, owner, inbox):
    """Dispatches a message with the bridge as its hook."""

    def tell(body=b"hello", recipient=None, value=0):
        recipient = inbox if recipient is None else recipient
        return network.mailboxes[FIRST].dispatch(
            SECOND, b32(recipient), body, b"", here.bridge, sender=owner, value=value
        )

    return tell


def test_ids_of_messages_are_carried(here, there, inbox, tell, attested, process):
    receipt = tell()
    message = dispatched(receipt)
    process(attested(receipt), message)
    assert inbox.lastData() == b"hello"
    assert there.bridge.isVerified(keccak(message))


def test_an_id_that_was_carried_needs_no_metadata(there, tell, inbox, attested, process, stranger):
    receipt = tell()
    there.bridge.verify(attested(receipt), dispatched(receipt), sender=stranger)
    process(b"", dispatched(receipt))
    assert inbox.lastData() == b"hello"


def test_the_hook_is_free_and_sends_value_back(here, owner, tell):
    assert here.bridge.quoteDispatch(b"", b"") == 0
    before = owner.balance
    receipt = tell(value=100)
    assert before - owner.balance == receipt.total_fees_paid
    assert here.bridge.balance == 0


def test_an_id_proves_no_other_message(tell, attested, refused):
    first, second = tell(), tell(b"other")
    assert refused(attested(first), dispatched(second)) == ("InvalidMessageId",)


def test_a_burn_proves_no_message_to_others(send, tell, inbox, attested, refused):
    reason = refused(attested(send()), dispatched(tell()))
    assert reason == ("InvalidTokenMessageRecipient",)


def test_an_id_that_somebody_else_sent_proves_nothing(
    here, there, owner, network, inbox, attested, refused, version
):
    """Sent to the bridge past its counterpart."""
    told = network.mailboxes[FIRST].dispatch(SECOND, b32(inbox), b"hello", sender=owner, value=0)
    message = dispatched(told)
    more = (b32(there.bridge), CONFIRMED) if version == 2 else ()
    receipt = here.transmitter.sendMessage(
        CIRCLE[SECOND], b32(there.bridge), *more, keccak(message), sender=owner
    )
    reason = refused(attested(receipt), message)
    assert reason == ("UnauthorizedCircleSender",)


def test_only_the_transmitter_brings_ids(there, here, version, stranger, revert_of):
    arguments = (CIRCLE[FIRST], b32(here.bridge))
    handlers: dict[int, list[Any]] = {
        1: [("handleReceiveMessage", arguments)],
        2: [
            ("handleReceiveFinalizedMessage", (*arguments, FINALIZED)),
            ("handleReceiveUnfinalizedMessage", (*arguments, CONFIRMED)),
        ],
    }
    for handler, given in handlers[version]:
        reason = revert_of(getattr(there.bridge, handler), *given, b"\1" * 32, sender=stranger)
        assert reason == ("NotMessageTransmitter",)


def test_the_hook_works_for_the_message_being_dispatched_only(
    here, tell, owner, stranger, revert_of
):
    first, _ = dispatched(tell()), dispatched(tell())
    reason = revert_of(here.bridge.postDispatch, b"", first, sender=stranger)
    assert reason == ("MessageNotDispatched",)


def test_the_hook_does_not_vouch_for_token_messages(here, send, stranger, revert_of):
    """Or they were delivered without anything being minted."""
    message = dispatched(send())
    reason = revert_of(here.bridge.postDispatch, b"", message, sender=stranger)
    assert reason == ("InvalidPostDispatchSender",)


def test_an_id_is_no_proof_of_a_burn(project, here, there, owner, attested, refused, version):
    """Should a counterpart vouch for its own token messages all the same."""
    body = b32(RECIPIENT) + AMOUNT.to_bytes(32)
    message = Message(VERSION, 0, FIRST, b32(here.bridge), SECOND, b32(there.bridge), body)
    there.bridge.enrollRemoteRouter(FIRST, b32(owner), sender=owner)
    more = (b32(there.bridge), CONFIRMED) if version == 2 else ()
    receipt = here.transmitter.sendMessage(
        CIRCLE[SECOND], b32(there.bridge), *more, message.id, sender=owner
    )
    reason = refused(attested(receipt), message.encode())
    assert reason == ("InvalidCircleRecipient",)


@pytest.mark.parametrize("version", [1], indirect=True)
class TestV1:
    def test_costs_nothing(self, here, cost):
        assert cost(here.bridge)[1] == AMOUNT


@pytest.mark.parametrize("version", [2], indirect=True)
class TestV2:
    def test_the_recipient_gets_the_amount_even_if_all_of_the_fee_is_kept(
        self, here, there, send, attested, process, cost
    ):
        fee = cost(here.bridge)[1] - AMOUNT
        receipt = send()
        process(attested(receipt, CONFIRMED, fee), dispatched(receipt))
        assert there.usdc.balanceOf(RECIPIENT) == AMOUNT
        assert there.usdc.balanceOf(there.messenger) == fee

    def test_not_more_than_the_fee_can_be_kept(self, here, send, attested, refused, cost):
        fee = cost(here.bridge)[1] - AMOUNT
        receipt = send()
        reason = refused(attested(receipt, CONFIRMED, fee + 1), dispatched(receipt))
        assert reason == ("Error", "Fee exceeds max fee")

    @pytest.mark.parametrize("ppm", [0, 1, 130, 999_999])
    @pytest.mark.parametrize("amount", [1, 999_999, 1_000_000, 123_456_789])
    def test_the_amount_remains_of_what_is_burnt(self, here, owner, ppm, amount):
        here.bridge.setMaxFeePpm(ppm, sender=owner)
        _, tokens, fee = here.bridge.quoteTransferRemote(SECOND, b32(RECIPIENT), amount)
        burnt = tokens.amount + fee.amount
        assert burnt - burnt * ppm // 10**6 >= amount
        assert burnt == amount or (burnt - 1) * (10**6 - ppm) < amount * 10**6

    def test_the_owner_sets_the_fee(self, here, owner, stranger, revert_of, send):
        bridge = here.bridge
        receipt = bridge.setMaxFeePpm(0, sender=owner)
        assert receipt.events == [bridge.MaxFeePpmSet(0)]
        before = here.usdc.balanceOf(owner)
        send()
        assert before - here.usdc.balanceOf(owner) == AMOUNT
        reason = revert_of(bridge.setMaxFeePpm, 10**6, sender=owner)
        assert reason == ("MaxFeeTooHigh",)
        reason = revert_of(bridge.setMaxFeePpm, 1, sender=stranger)
        assert reason[0] == "OwnableUnauthorizedAccount"

    def test_all_of_it_cannot_be_a_fee(self, project, network, here, creation_revert_of):
        arguments = (here.usdc, network.mailboxes[FIRST], here.transmitter, here.messenger)
        reason = creation_revert_of(project.TokenBridgeCctpV2, *arguments, 10**6, CONFIRMED)
        assert reason == ("MaxFeeTooHigh",)

    def test_ids_are_carried_before_finality(self, tell, inbox, attested, process):
        receipt = tell()
        process(attested(receipt, CONFIRMED), dispatched(receipt))
        assert inbox.lastData() == b"hello"
