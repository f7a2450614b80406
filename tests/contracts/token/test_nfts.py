"""NFTs: one live copy of each, wherever it went, and its URI with it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.routes import FIRST, SECOND, ZERO, incoming
from tests.support.snapshot import taken_back
from tests.support.token_contracts import dispatched
from tests.support.words import b32

from hyperlane.protocol.token_message import TokenMessage

SUPPLY = 4
ID = 3
GAS = 70_000


@pytest.fixture(scope="module")
def recipient(accounts):
    return accounts[5]


@pytest.fixture(scope="module")
def nft(project, owner):
    return owner.deploy(project.TestERC721, SUPPLY)


@pytest.fixture(scope="module")
def deploy_nfts(project, owner, network):
    """A synthetic collection."""

    def deploy_nfts(domain=SECOND, supply=0, kind="HypERC721"):
        route = owner.deploy(getattr(project, kind), network.mailboxes[domain])
        route.initialize(supply, "Copies", "CPY", ZERO, ZERO, owner, sender=owner)
        return route

    return deploy_nfts


@pytest.fixture(scope="module")
def deploy_locker(project, owner, network):
    """A router that locks tokens of a collection and may take the owner's."""

    def deploy_locker(nft, domain=FIRST, kind="HypERC721Collateral"):
        route = owner.deploy(getattr(project, kind), nft, network.mailboxes[domain])
        route.initialize(ZERO, ZERO, owner, sender=owner)
        nft.setApprovalForAll(route, True, sender=owner)
        return route

    return deploy_locker


@pytest.fixture(scope="module")
def route(nft, deploy_locker, deploy_nfts, connect):
    pair = deploy_locker(nft), deploy_nfts()
    connect(*pair)
    return pair


@pytest.fixture(scope="module")
def uri_route(nft, deploy_locker, deploy_nfts, connect):
    pair = (
        deploy_locker(nft, kind="HypERC721URICollateral"),
        deploy_nfts(kind="HypERC721URIStorage"),
    )
    connect(*pair)
    return pair


def exists(collection, nft_id, revert_of):
    try:
        return revert_of(collection.ownerOf, nft_id)[0] != "ERC721NonexistentToken"
    except AssertionError:
        return True


class TestSending:
    def test_locks_here_and_mints_there(self, route, nft, network, owner, recipient):
        locker, copies = route
        sent = locker.transferRemote(SECOND, b32(recipient), ID, sender=owner)
        assert nft.ownerOf(ID) == locker
        assert sent.events[:2] == [
            nft.Transfer(owner, locker, ID),
            locker.SentTransferRemote(SECOND, b32(recipient), ID),
        ]
        assert dispatched(sent)[77:] == TokenMessage(b32(recipient), ID).encode()
        received = network.deliver(sent, sender=owner)
        assert copies.ownerOf(ID) == recipient
        assert received.events[-2:] == [
            copies.ReceivedTransferRemote(FIRST, b32(recipient), ID),
            copies.Transfer(ZERO, recipient, ID),
        ]

    def test_burns_there_and_hands_out_here(self, route, nft, network, owner, recipient, revert_of):
        locker, copies = route
        network.deliver(locker.transferRemote(SECOND, b32(owner), ID, sender=owner), sender=owner)
        back = copies.transferRemote(FIRST, b32(recipient), ID, sender=owner)
        assert back.events[:2] == [
            copies.Transfer(owner, ZERO, ID),
            copies.SentTransferRemote(FIRST, b32(recipient), ID),
        ]
        assert copies.totalSupply() == 0
        network.deliver(back, sender=owner)
        assert nft.ownerOf(ID) == recipient
        refusal = revert_of(network.mailboxes[FIRST].process, b"", dispatched(back), sender=owner)
        assert refusal[0] == "AlreadyDelivered"

    @pytest.mark.parametrize("side", [0, 1], ids=["locked", "synthetic"])
    def test_is_for_the_owner_even_if_others_may_move_it(
        self, route, network, owner, stranger, nft, revert_of, side
    ):
        locker, copies = route
        if side:
            network.deliver(
                locker.transferRemote(SECOND, b32(owner), ID, sender=owner), sender=owner
            )
        collection = copies if side else nft
        collection.setApprovalForAll(stranger, True, sender=owner)
        refusal = revert_of(
            route[side].transferRemote, 2 - side, b32(stranger), ID, sender=stranger
        )
        assert refusal == ("NotTokenOwner", stranger, owner, ID)

    def test_refuses_a_token_that_does_not_exist(self, route, owner, revert_of):
        for router, there in zip(route, (SECOND, FIRST), strict=True):
            refusal = revert_of(router.transferRemote, there, b32(owner), 99, sender=owner)
            assert refusal == ("ERC721NonexistentToken", 99)

    def test_refuses_what_is_locked(self, route, owner, revert_of):
        locker, _ = route
        locker.transferRemote(SECOND, b32(owner), ID, sender=owner)
        refusal = revert_of(locker.transferRemote, SECOND, b32(owner), ID, sender=owner)
        assert refusal == ("NotTokenOwner", owner, locker, ID)

    def test_refuses_a_domain_without_router(self, route, owner, revert_of):
        refusal = revert_of(route[0].transferRemote, 9, b32(owner), ID, sender=owner)
        assert refusal == ("RouterNotEnrolled", 9)

    def test_dispatch_is_paid_exactly_and_the_rest_comes_back(
        self, route, connect, owner, recipient, revert_of
    ):
        locker, _ = route
        connect(*route, gas=GAS)
        quotes = [tuple(each) for each in locker.quoteTransferRemote(SECOND, b32(recipient), ID)]
        assert quotes == [(ZERO, GAS), (locker.token(), ID), (locker.token(), 0)]
        short = GAS - 1
        arguments = SECOND, b32(recipient), ID
        refusal = revert_of(locker.transferRemote, *arguments, sender=owner, value=short)
        assert refusal == ("Underpaid", short, GAS)
        before = owner.balance
        sent = locker.transferRemote(*arguments, sender=owner, value=GAS + 500)
        assert owner.balance == before - GAS - sent.total_fees_paid
        assert locker.balance == 0

    def test_token_that_does_not_move_is_refused(
        self, project, owner, deploy_locker, deploy_nfts, connect, revert_of
    ):
        locker = deploy_locker(owner.deploy(project.StickyERC721, 1))
        connect(locker, deploy_nfts())
        refusal = revert_of(locker.transferRemote, SECOND, b32(owner), 0, sender=owner)
        assert refusal == ("TokenNotReceived", 0)


class TestReceiving:
    @pytest.mark.parametrize("side", [0, 1], ids=["locked", "synthetic"])
    def test_is_for_messages_of_the_enrolled_router(
        self, route, network, owner, stranger, revert_of, side
    ):
        router, other = route[side], route[1 - side]
        domain, origin = side + 1, 2 - side
        message = incoming(router, TokenMessage(b32(owner), ID).encode(), b32(stranger), origin)
        refusal = revert_of(network.mailboxes[domain].process, b"", message, sender=owner)
        assert refusal == ("SenderNotRouter", origin, b32(stranger), b32(other))
        body = TokenMessage(b32(owner), ID).encode()
        refusal = revert_of(router.handle, origin, b32(other), body, sender=owner)
        assert refusal[0] == "SenderNotMailbox"

    def test_contract_that_takes_no_nfts_is_not_given_any(
        self, route, network, project, owner, revert_of
    ):
        locker, _ = route
        refuser = owner.deploy(project.TestERC20, "", "", 0, 0)
        sent = locker.transferRemote(SECOND, b32(refuser), ID, sender=owner)
        refusal = revert_of(network.mailboxes[SECOND].process, b"", dispatched(sent), sender=owner)
        assert refusal == ("ERC721InvalidReceiver", refuser)

    def test_failed_delivery_stays_redeemable(
        self, route, network, owner, recipient, nft, revert_of
    ):
        locker, copies = route
        sent = locker.transferRemote(SECOND, b32(recipient), ID, sender=owner)
        copies.unenrollRemoteRouter(FIRST, sender=owner)
        refusal = revert_of(network.mailboxes[SECOND].process, b"", dispatched(sent), sender=owner)
        assert refusal == ("RouterNotEnrolled", FIRST)
        copies.enrollRemoteRouter(FIRST, b32(locker), sender=owner)
        network.deliver(sent, sender=owner)
        assert copies.ownerOf(ID) == recipient

    def test_receiver_may_send_it_on_at_once(self, route, network, project, owner, nft, revert_of):
        locker, copies = route
        receiver = owner.deploy(project.NftReceiver)
        receiver.prepare(
            copies,
            copies.transferRemote.encode_input(FIRST, b32(owner), ID),
            sender=owner,
        )
        sent = locker.transferRemote(SECOND, b32(receiver), ID, sender=owner)
        received = network.deliver(sent, sender=owner)
        assert not exists(copies, ID, revert_of)
        network.deliver(received, sender=owner)
        assert nft.ownerOf(ID) == owner

    def test_no_second_copy_is_minted(self, route, network, owner, revert_of):
        locker, copies = route
        network.deliver(locker.transferRemote(SECOND, b32(owner), ID, sender=owner), sender=owner)
        message = incoming(copies, TokenMessage(b32(owner), ID).encode(), b32(locker), FIRST)
        refusal = revert_of(network.mailboxes[SECOND].process, b"", message, sender=owner)
        assert refusal == ("ERC721InvalidSender", ZERO)

    def test_nothing_is_handed_out_that_is_not_locked(self, route, network, owner, nft, revert_of):
        locker, copies = route
        message = incoming(locker, TokenMessage(b32(owner), ID).encode(), b32(copies), SECOND)
        refusal = revert_of(network.mailboxes[FIRST].process, b"", message, sender=owner)
        assert refusal == ("ERC721IncorrectOwner", locker, ID, owner)


class TestFees:
    @pytest.mark.parametrize("side", [0, 1], ids=["locked", "synthetic"])
    @pytest.mark.parametrize("setter", ["setFeeRecipient", "setFeeHook"])
    def test_are_refused(self, route, owner, hook, revert_of, side, setter):
        router = route[side]
        refusal = revert_of(getattr(router, setter), hook.address, sender=owner)
        assert refusal == ("FeesNotSupported",)
        getattr(router, setter)(ZERO, sender=owner)
        assert (router.feeRecipient(), router.feeHook(), router.feeToken()) == (ZERO, ZERO, ZERO)


class TestUris:
    def test_come_with_the_token(self, uri_route, nft, network, owner, recipient):
        locker, copies = uri_route
        sent = locker.transferRemote(SECOND, b32(recipient), ID, sender=owner)
        uri = nft.tokenURI(ID)
        assert dispatched(sent)[77:] == TokenMessage(b32(recipient), ID, uri.encode()).encode()
        received = network.deliver(sent, sender=owner)
        assert copies.tokenURI(ID) == uri
        assert copies.MetadataUpdate(ID) in received.events

    def test_are_part_of_what_is_quoted(self, uri_route, owner, recipient, revert_of):
        locker, _ = uri_route
        quotes = locker.quoteTransferRemote(SECOND, b32(recipient), ID)
        assert [each.amount for each in quotes] == [0, ID, 0]
        refusal = revert_of(locker.quoteTransferRemote, SECOND, b32(recipient), 99)
        assert refusal == ("ERC721NonexistentToken", 99)

    def test_go_on_to_a_third_domain(self, uri_route, network, owner, nft):
        locker, copies = uri_route
        uri = nft.tokenURI(ID)
        network.deliver(locker.transferRemote(SECOND, b32(owner), ID, sender=owner), sender=owner)
        onward = copies.transferRemote(FIRST, b32(owner), ID, sender=owner)
        assert TokenMessage.decode(dispatched(onward)[77:]).metadata == uri.encode()
        network.deliver(onward, sender=owner)
        assert nft.ownerOf(ID) == owner

    def test_are_those_of_the_last_arrival(self, uri_route, network, owner, revert_of):
        locker, copies = uri_route
        network.deliver(locker.transferRemote(SECOND, b32(owner), ID, sender=owner), sender=owner)
        network.deliver(copies.transferRemote(FIRST, b32(owner), ID, sender=owner), sender=owner)
        assert revert_of(copies.tokenURI, ID) == ("ERC721NonexistentToken", ID)
        message = incoming(copies, TokenMessage(b32(owner), ID, b"new").encode(), b32(locker), 1)
        network.mailboxes[SECOND].process(b"", message, sender=owner)
        assert copies.tokenURI(ID) == "new"

    def test_may_be_missing(self, uri_route, network, owner):
        locker, copies = uri_route
        message = incoming(copies, TokenMessage(b32(owner), ID).encode(), b32(locker), FIRST)
        network.mailboxes[SECOND].process(b"", message, sender=owner)
        assert copies.tokenURI(ID) == ""

    def test_plain_copies_ignore_them(
        self, nft, network, owner, recipient, deploy_locker, deploy_nfts, connect
    ):
        locker, copies = deploy_locker(nft, kind="HypERC721URICollateral"), deploy_nfts()
        connect(locker, copies)
        sent = locker.transferRemote(SECOND, b32(recipient), ID, sender=owner)
        network.deliver(sent, sender=owner)
        assert (copies.ownerOf(ID), copies.tokenURI(ID)) == (recipient, "")


class TestCollection:
    def test_tells_what_it_is(self, deploy_nfts):
        copies = deploy_nfts()
        assert (copies.name(), copies.symbol(), copies.token()) == ("Copies", "CPY", copies)
        assert (copies.scaleNumerator(), copies.scaleDenominator()) == (1, 1)

    @pytest.mark.parametrize(
        ("kind", "also"), [("HypERC721", []), ("HypERC721URIStorage", ["0x49064906"])]
    )
    def test_supports_its_interfaces(self, deploy_nfts, kind, also):
        copies = deploy_nfts(kind=kind)
        for interface in ["0x01ffc9a7", "0x80ac58cd", "0x5b5e139f", "0x780e9d63", *also]:
            assert copies.supportsInterface(interface)
        assert not copies.supportsInterface("0xffffffff")

    def test_initialize_mints_to_the_caller(self, deploy_nfts, owner, stranger, revert_of):
        copies = deploy_nfts(supply=SUPPLY)
        assert [copies.ownerOf(i) for i in range(SUPPLY)] == [owner] * SUPPLY
        arguments = [0, "", "", ZERO, ZERO, stranger.address]
        assert revert_of(copies.initialize, *arguments, sender=owner) == ("AlreadyInitialized",)

    def test_lists_refuse_what_is_beyond(self, deploy_nfts, owner, revert_of):
        copies = deploy_nfts(supply=1)
        assert revert_of(copies.tokenByIndex, 1) == ("IndexOutOfBounds", ZERO, 1)
        refusal = revert_of(copies.tokenOfOwnerByIndex, owner.address, 1)
        assert refusal == ("IndexOutOfBounds", owner, 1)
        assert revert_of(copies.balanceOf, ZERO) == ("ERC721InvalidOwner", ZERO)

    def test_moves_are_for_the_owner_and_the_approved(
        self, deploy_nfts, owner, stranger, recipient, revert_of
    ):
        copies = deploy_nfts(supply=2)
        refusal = revert_of(
            copies.transferFrom, owner.address, stranger.address, 0, sender=stranger
        )
        assert refusal == ("ERC721InsufficientApproval", stranger, 0)
        copies.approve(stranger, 0, sender=owner)
        copies.transferFrom(owner, recipient, 0, sender=stranger)
        assert copies.getApproved(0) == ZERO
        assert copies.ownerOf(0) == recipient

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        steps=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2), st.booleans()), max_size=25)
    )
    def test_lists_equal_a_model(self, chain, deploy_nfts, accounts, network, owner, steps):
        """Mints by deliveries, moves (to oneself too) and burns, beside a dictionary."""
        with taken_back(chain):
            copies = deploy_nfts()
            copies.enrollRemoteRouter(FIRST, b32(owner), sender=owner)
            model = {}
            for nonce, (nft_id, person, burn) in enumerate(steps):
                account = accounts[person]
                if nft_id not in model:
                    body = TokenMessage(b32(account), nft_id).encode()
                    message = incoming(copies, body, b32(owner), FIRST, nonce)
                    network.mailboxes[SECOND].process(b"", message, sender=owner)
                    model[nft_id] = account
                elif burn:
                    holder = model.pop(nft_id)
                    copies.transferRemote(FIRST, b32(account), nft_id, sender=holder)
                else:
                    holder = model[nft_id]
                    copies.transferFrom(holder, account, nft_id, sender=holder)
                    model[nft_id] = account
            assert {copies.tokenByIndex(i) for i in range(copies.totalSupply())} == model.keys()
            for account in (accounts[i] for i in range(3)):
                own = {nft_id for nft_id, holder in model.items() if holder == account}
                listed = [
                    copies.tokenOfOwnerByIndex(account, i) for i in range(copies.balanceOf(account))
                ]
                assert sorted(listed) == sorted(own)


@pytest.mark.parametrize("kind", ["HypERC721Collateral", "HypERC721URICollateral"])
def test_creation_refuses_a_collection_without_code(
    project, network, stranger, creation_revert_of, kind
):
    refusal = creation_revert_of(
        getattr(project, kind), stranger.address, network.mailboxes[FIRST].address
    )
    assert refusal == ("TokenNotContract", stranger)
