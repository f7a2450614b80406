"""Tokens over their LayerZero OFT: of what is asked for, all that can travel arrives."""

import pytest
from tests.support.contracts import at
from tests.support.routes import FIRST, SECOND, ZERO, b32

EIDS = {FIRST: 30101, SECOND: 30110}
RATE = 10**12
"""18 decimals, of which 6 travel."""

AMOUNT, SUPPLY = 5 * 10**18, 10**24
RECIPIENT = "0x" + "77" * 20


@pytest.fixture(scope="module", params=["native", "adapter"])
def ofts(request, project, owner):
    """By domain: tokens that move themselves, or others of which the second has plenty."""
    made = {}
    for domain, eid in EIDS.items():
        if request.param == "native":
            made[domain] = owner.deploy(project.TestNativeOft, eid, SUPPLY, 18)
        else:
            token = owner.deploy(project.TestERC20, "Token", "TKN", SUPPLY, 18)
            made[domain] = owner.deploy(project.TestOftAdapter, eid, token)
            token.transfer(made[domain], SUPPLY // 2, sender=owner)
    made[FIRST].setPeer(EIDS[SECOND], b32(made[SECOND]), sender=owner)
    made[SECOND].setPeer(EIDS[FIRST], b32(made[FIRST]), sender=owner)
    return made


@pytest.fixture(scope="module")
def tokens(project, ofts):
    return {domain: at(project.TestERC20, oft.token()) for domain, oft in ofts.items()}


@pytest.fixture(scope="module")
def bridge(project, owner, ofts, tokens):
    bridge = owner.deploy(project.TokenBridgeOft, ofts[FIRST], owner)
    bridge.addDomain(SECOND, EIDS[SECOND], sender=owner)
    tokens[FIRST].approve(bridge, SUPPLY, sender=owner)
    return bridge


@pytest.fixture(scope="module")
def send(bridge, owner):
    def send(amount=AMOUNT, surplus=0):
        price, cost = bridge.quoteTransferRemote(SECOND, b32(RECIPIENT), amount)
        assert (price.token, cost.token) == (ZERO, bridge.token())
        return bridge.transferRemote(
            SECOND, b32(RECIPIENT), amount, sender=owner, value=price.amount + surplus
        )

    return send


@pytest.fixture(scope="module")
def arrive(ofts, owner):
    """What LayerZero does."""

    def arrive(receipt):
        (packet,) = [e for e in receipt.events if e.event_name == "PacketSent"]
        ofts[SECOND].receivePacket(
            EIDS[FIRST], b32(ofts[FIRST]), packet.guid, packet.to, packet.amount, sender=owner
        )
        return bytes(packet.guid)

    return arrive


@pytest.mark.parametrize("wrong", ["account", "token", "native"])
def test_what_is_no_oft_is_refused(project, owner, creation_revert_of, wrong):
    """An account, a token, and an OFT of the chain's native token."""
    no_oft = {
        "account": lambda: owner,
        "token": lambda: owner.deploy(project.TestERC20, "Token", "TKN", SUPPLY, 18),
        "native": lambda: owner.deploy(project.IdleOft, ZERO),
    }[wrong]().address
    refusal = creation_revert_of(project.TokenBridgeOft, no_oft, owner.address)
    assert refusal == ("InvalidOft", no_oft)


def test_facts(bridge, ofts, tokens, owner):
    assert (bridge.oft(), bridge.token(), bridge.owner()) == (
        ofts[FIRST],
        tokens[FIRST],
        owner,
    )
    assert bridge.decimalConversionRate() == RATE
    assert bridge.getDomainMappings() == ([SECOND], [EIDS[SECOND]])


def test_the_amount_arrives(bridge, tokens, owner, send, arrive):
    before = tokens[FIRST].balanceOf(owner)
    receipt = send()
    assert before - tokens[FIRST].balanceOf(owner) == AMOUNT
    assert tokens[FIRST].balanceOf(bridge) == 0
    assert bridge.SentTransferRemote(SECOND, b32(RECIPIENT), AMOUNT) in receipt.events
    assert bytes(receipt.return_value) == arrive(receipt)
    assert tokens[SECOND].balanceOf(RECIPIENT) == AMOUNT


def test_value_that_is_not_needed_comes_back(bridge, owner, send):
    price = bridge.quoteTransferRemote(SECOND, b32(RECIPIENT), AMOUNT)[0].amount
    before = owner.balance
    receipt = send(surplus=10**17)
    assert before - owner.balance == price + receipt.total_fees_paid
    assert bridge.balance == 0


def test_less_value_than_needed_is_refused(bridge, owner, revert_of):
    price = bridge.quoteTransferRemote(SECOND, b32(RECIPIENT), AMOUNT)[0].amount
    reason = revert_of(
        bridge.transferRemote, SECOND, b32(RECIPIENT), AMOUNT, sender=owner, value=price - 1
    )
    assert reason == ("InsufficientValue", price - 1, price)


@pytest.mark.parametrize(
    ("amount", "bps"),
    [
        (0, 0),
        (1, 0),
        (RATE + 1, 0),
        (AMOUNT - 1, 1),
        (AMOUNT + RATE - 1, 3333),
        (1_004_837_290_593_469_024, 9000),
    ],
)
def test_at_least_the_amount_without_dust_arrives_and_all_that_was_quoted_is_sent(
    bridge, ofts, tokens, owner, send, arrive, amount, bps
):
    ofts[FIRST].setFee(bps, sender=owner)
    _, cost = bridge.quoteTransferRemote(SECOND, b32(RECIPIENT), amount)
    before = tokens[FIRST].balanceOf(owner), tokens[SECOND].balanceOf(RECIPIENT)
    arrive(send(amount))
    assert before[0] - tokens[FIRST].balanceOf(owner) == cost.amount
    assert cost.amount % RATE == 0
    assert tokens[FIRST].balanceOf(bridge) == 0
    arrived = tokens[SECOND].balanceOf(RECIPIENT) - before[1]
    # Rounding takes nothing but dust. What it adds, the share that is kept magnifies.
    assert amount - amount % RATE <= arrived <= amount + RATE * (3 + 10_000 // (10_000 - bps))


def test_an_oft_that_takes_less_than_it_says_is_refused(bridge, ofts, owner, revert_of):
    ofts[FIRST].setDishonesty(RATE, sender=owner)
    reason = revert_of(
        bridge.transferRemote, SECOND, b32(RECIPIENT), AMOUNT + 1, sender=owner, value=10**9
    )
    assert reason == ("UnexpectedAmountSent", AMOUNT, AMOUNT + RATE)


def test_less_than_was_asked_for_does_not_leave(bridge, ofts, owner, revert_of):
    ofts[FIRST].setDishonesty(RATE, sender=owner)
    reason = revert_of(
        bridge.transferRemote, SECOND, b32(RECIPIENT), AMOUNT, sender=owner, value=10**9
    )
    assert reason == ("SlippageExceeded", AMOUNT - RATE, AMOUNT)


def test_an_oft_that_keeps_everything_is_refused(bridge, ofts, owner, revert_of):
    ofts[FIRST].setFee(10_000, sender=owner)
    reason = revert_of(bridge.quoteTransferRemote, SECOND, b32(RECIPIENT), AMOUNT)
    assert reason == ("NothingArrives", AMOUNT)


def test_too_little_to_survive_the_fee_is_refused(bridge, ofts, owner, revert_of):
    ofts[FIRST].setFee(1, sender=owner)
    reason = revert_of(bridge.quoteTransferRemote, SECOND, b32(RECIPIENT), RATE)
    assert reason == ("NothingArrives", RATE)


def test_options_go_along_and_cost(bridge, owner, stranger, send, revert_of):
    def price():
        return bridge.quoteTransferRemote(SECOND, b32(RECIPIENT), AMOUNT)[0].amount

    before = price()
    options = bytes.fromhex("0003010011010000000000000000000000000000ea60")
    receipt = bridge.setExtraOptions(options, sender=owner)
    assert receipt.events == [bridge.ExtraOptionsSet(options)]
    assert (bridge.extraOptions(), price() > before) == (options, True)
    (packet,) = [e for e in send().events if e.event_name == "PacketSent"]
    assert packet.options == options
    reason = revert_of(bridge.setExtraOptions, b"", sender=stranger)
    assert reason[0] == "OwnableUnauthorizedAccount"


def test_domains_are_the_owners(bridge, owner, stranger, revert_of):
    assert revert_of(bridge.addDomain, 9, 0, sender=owner) == ("LzEidIsZero", 9)
    assert revert_of(bridge.removeDomain, 9, sender=owner) == ("LzEidNotConfigured", 9)
    receipt = bridge.addDomain(9, 1, sender=owner)
    assert receipt.events == [bridge.DomainAdded(9, 1)]
    assert bridge.getDomainMappings() == ([SECOND, 9], [EIDS[SECOND], 1])
    receipt = bridge.removeDomain(SECOND, sender=owner)
    assert receipt.events == [bridge.DomainRemoved(SECOND)]
    reason = revert_of(bridge.transferRemote, SECOND, b32(RECIPIENT), 1, sender=owner, value=10**9)
    assert reason == ("LzEidNotConfigured", SECOND)
    for call in ((bridge.addDomain, 9, 1), (bridge.removeDomain, 9)):
        reason = revert_of(*call, sender=stranger)
        assert reason[0] == "OwnableUnauthorizedAccount"


def test_tokens_that_take_a_fee_are_refused(project, owner, revert_of):
    token = owner.deploy(project.FeeToken)
    oft = owner.deploy(project.TestOftAdapter, 1, token)
    oft.setPeer(2, b"\1" * 32, sender=owner)
    bridge = owner.deploy(project.TokenBridgeOft, oft, owner)
    bridge.addDomain(SECOND, 2, sender=owner)
    token.approve(bridge, SUPPLY, sender=owner)
    reason = revert_of(
        bridge.transferRemote, SECOND, b32(RECIPIENT), AMOUNT, sender=owner, value=10**9
    )
    assert reason[0] == "UnexpectedAmountReceived"


def test_an_oft_cannot_share_more_decimals_than_there_are(project, owner, creation_revert_of):
    oft = owner.deploy(project.TestNativeOft, 1, 1, 5)
    assert creation_revert_of(project.TokenBridgeOft, oft, owner) == (
        "TooManySharedDecimals",
        6,
        5,
    )


def test_all_decimals_can_travel(project, owner):
    oft = owner.deploy(project.TestNativeOft, 1, 1, 6)
    assert owner.deploy(project.TokenBridgeOft, oft, owner).decimalConversionRate() == 1


def test_collateral_is_rebalanced_over_it(
    bridge, tokens, owner, accounts, deploy_collateral, connect, arrive
):
    pair = deploy_collateral(tokens[FIRST], FIRST), deploy_collateral(tokens[SECOND], SECOND)
    connect(*pair)
    router, rebalancer = pair[0], accounts[7]
    tokens[FIRST].transfer(router, AMOUNT, sender=owner)
    router.addRebalancer(rebalancer, sender=owner)
    router.addBridge(SECOND, bridge, sender=owner)
    price = bridge.quoteTransferRemote(SECOND, b32(pair[1]), AMOUNT)[0].amount
    arrive(router.rebalance(SECOND, AMOUNT, bridge, sender=rebalancer, value=price))
    assert tokens[FIRST].balanceOf(router) == 0
    assert tokens[SECOND].balanceOf(pair[1]) == AMOUNT
