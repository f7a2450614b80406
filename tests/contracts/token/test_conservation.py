"""Whatever people do with a route, all that exists elsewhere is backed by what is locked at home.

Three people send to each other between three routers. Messages wait, come late and twice, fail
while their destination has no router enrolled or its module is paused, and are tried again; fees,
and hooks that are paid in the token, come and go on every side; people lend; strangers forge. After
every step the books balance in message units, for every kind of route:

    locked at home = existing elsewhere + on its way + dust

where a transfer leaves less than a message unit of dust at its origin, and less than a local unit
at its destination. Where every router pays out what it holds, all they hold is locked, and nothing
exists elsewhere but what they began with. At the end all that was sent arrives.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest
from ape.contracts import ContractInstance
from eth_abi import decode
from eth_utils import keccak, to_checksum_address
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.support.contracts import at
from tests.support.routes import FIRST, SECOND, THIRD, ZERO, b32, incoming
from web3.exceptions import ContractLogicError

DOMAINS = FIRST, SECOND, THIRD
GAS = 1_000
PLENTY = 10**12
POOL = 10**9
NFTS = 4
FEE = 500, 5_000
"""The highest, and the amount whose fee is half of it."""

people = st.integers(0, 2)
sides = st.integers(0, 2)
transfers = st.lists(
    st.fixed_dictionaries(
        {
            "side": sides,
            "ahead": st.integers(1, 2),
            "sender": people,
            "recipient": people,
            "surplus": people,
            "amount": st.integers(0, 20_000),
        }
    ),
    min_size=1,
    max_size=3,
)


DISPATCH = keccak(text="Dispatch(address,uint32,bytes32,bytes)")


def act(method, *arguments, sender, value=0):
    """Sends a transaction. Ape takes ten times as long, for what is not needed here."""
    eth = method.contract.provider.web3.eth
    transaction = {
        "from": sender.address,
        "to": method.contract.address,
        "data": method.encode_input(*arguments),
        "value": value,
        "gas": 5_000_000,
    }
    receipt = eth.wait_for_transaction_receipt(eth.send_transaction(transaction))
    assert receipt.status == 1, method
    return receipt


def ask(method, *arguments) -> bytes:
    """What a function answers, as quickly."""
    call = {"to": method.contract.address, "data": method.encode_input(*arguments)}
    return method.contract.provider.web3.eth.call(call)


def number(method, *arguments) -> int:
    return int.from_bytes(ask(method, *arguments))


def costs(method, *arguments) -> list[tuple[str, int]]:
    """What a transfer is said to cost, by token."""
    (quotes,) = decode(["(address,uint256)[]"], ask(method, *arguments))
    return quotes


@dataclass(frozen=True)
class Sent:
    """A transfer that has not arrived."""

    message: bytes
    there: int
    """The side it goes to."""

    @classmethod
    def by(cls, receipt, there):
        (data,) = [log.data for log in receipt.logs if log.topics[0] == DISPATCH]
        return cls(decode(["bytes"], data)[0], there)

    @property
    def amount(self) -> int:
        return int.from_bytes(self.message[109:141])


@dataclass
class Route:
    """A route whose first router is at home, and how its books are kept."""

    routers: list[ContractInstance]
    locked: Callable[[], int]
    existing: Callable[[], Fraction | int]
    balance: Callable[[int, object], int]
    """What an account holds at a side, in the units it sends."""
    earn: Callable[[int], object] | None = None
    scales: list[Fraction] = field(default_factory=lambda: [Fraction(1)] * 3)
    """Message units per local unit."""
    nft: ContractInstance | None = None
    neighbour: ContractInstance | None = None
    """Another router at home; the two settle at once."""
    fees: list[ContractInstance] | None = None
    """What sets the fees of each side, if a plain fee contract cannot."""
    lends: bool = False
    """Whether people may lend to the router at home."""
    exact: bool = True
    """Whether balances are what was sent, to the last unit."""
    shares: Callable[[int], int] = lambda amount: amount
    """What the vault at home gives for an amount; nothing for too little."""

    native: bool = False


def synthetics(deploy_synthetic, scales=(1, 1)):
    return [
        deploy_synthetic(domain, scale=(scale, 1))
        for domain, scale in zip((SECOND, THIRD), scales, strict=True)
    ]


@pytest.fixture
def make_native(deploy_native, deploy_synthetic):
    home, others = deploy_native(), synthetics(deploy_synthetic)
    return Route(
        [home, *others],
        locked=lambda: home.balance - number(home.totalAssets),
        existing=lambda: sum(number(each.totalSupply) for each in others),
        balance=lambda side, who: number(others[side - 1].balanceOf, who) if side else PLENTY,
        lends=True,
        native=True,
    )


@pytest.fixture
def make_collateral(token, deploy_collateral, deploy_synthetic):
    return scaled(token, deploy_collateral(token), synthetics(deploy_synthetic), (1, 1, 1))


@pytest.fixture
def make_coarse_elsewhere(token, deploy_collateral, deploy_synthetic):
    """The locked token has three decimals more than one of the others."""
    others = synthetics(deploy_synthetic, (1000, 1))
    return scaled(token, deploy_collateral(token), others, (1, 1000, 1))


@pytest.fixture
def make_coarse_message(token, deploy_collateral, deploy_synthetic):
    """The locked token has three decimals more than messages have."""
    home = deploy_collateral(token, scale=(1, 1000))
    return scaled(token, home, synthetics(deploy_synthetic), (Fraction(1, 1000), 1, 1))


def scaled(token, home, others, scales):
    return Route(
        [home, *others],
        locked=lambda: number(token.balanceOf, home) - number(home.totalAssets),
        existing=lambda: sum(
            number(each.totalSupply) * scale for each, scale in zip(others, scales[1:], strict=True)
        ),
        balance=lambda side, who: number((others[side - 1] if side else token).balanceOf, who),
        scales=[Fraction(scale) for scale in scales],
        lends=True,
    )


def minting(tokens, routers, locked=lambda: 0):
    """A route of tokens that routers mint; what existed before does not count."""
    before = sum(each.totalSupply() for each in tokens)
    held = dict(enumerate(tokens, start=3 - len(tokens)))
    return Route(
        routers,
        locked=locked,
        existing=lambda: sum(number(each.totalSupply) for each in tokens) - before,
        balance=lambda side, who: number(held[side].balanceOf, who),
    )


@pytest.fixture
def deploy_xerc20(project, owner, deploy_route):
    def deploy_xerc20(domain):
        xerc20 = owner.deploy(project.TestXERC20, PLENTY)
        route = deploy_route("HypXERC20", xerc20, domain)
        xerc20.setLimits(route, 2**255, 2**255, sender=owner)
        return xerc20, route

    return deploy_xerc20


@pytest.fixture
def make_xerc20(deploy_xerc20):
    tokens, routers = zip(*map(deploy_xerc20, DOMAINS), strict=True)
    return minting(tokens, list(routers))


@pytest.fixture
def make_lockbox(project, owner, token, deploy_route, deploy_xerc20):
    xerc20 = owner.deploy(project.TestXERC20, 0)
    lockbox = owner.deploy(project.TestLockbox, xerc20, token)
    xerc20.setLockbox(lockbox, sender=owner)
    home = deploy_route("HypXERC20Lockbox", lockbox)
    xerc20.setLimits(home, 2**255, 2**255, sender=owner)
    others, routers = zip(*map(deploy_xerc20, (SECOND, THIRD)), strict=True)
    # What the others begin with is backed, too.
    token.transfer(lockbox, 2 * PLENTY, sender=owner)
    route = minting(
        others,
        [home, *routers],
        locked=lambda: number(token.balanceOf, lockbox) - 2 * PLENTY,
    )
    elsewhere = route.balance
    route.balance = lambda side, who: elsewhere(side, who) if side else number(token.balanceOf, who)
    return route


@pytest.fixture
def make_fiat(project, owner, deploy_route):
    fiats, routers = [], []
    for domain in DOMAINS:
        fiats.append(owner.deploy(project.TestFiatToken, PLENTY))
        routers.append(deploy_route("HypFiatToken", fiats[-1], domain))
        fiats[-1].configureMinter(routers[-1], 2**255, sender=owner)
    return minting(fiats, routers)


@pytest.fixture
def vault(project, owner, token):
    """Others have something in it too."""
    vault = owner.deploy(project.TestVault, token)
    token.approve(vault, PLENTY, sender=owner)
    vault.deposit(100_000, owner, sender=owner)
    return vault


@pytest.fixture
def make_vault(project, owner, token, vault, deploy_route, network):
    home = deploy_route("HypERC4626Collateral", vault)
    others = []
    for domain in (SECOND, THIRD):
        mailbox = network.mailboxes[domain]
        others.append(owner.deploy(project.HypERC4626, 18, 1, 1, mailbox, FIRST))
        others[-1].initialize(0, "Yield", "YLD", ZERO, ZERO, owner, sender=owner)
    return Route(
        [home, *others],
        locked=lambda: number(vault.balanceOf, home),
        existing=lambda: sum(number(each.totalShares) for each in others),
        balance=lambda side, who: number((others[side - 1] if side else token).balanceOf, who),
        earn=lambda amount: token.transfer(vault, amount, sender=owner),
        exact=False,
        shares=lambda amount: number(vault.previewDeposit, amount),
    )


@pytest.fixture
def make_owner_vault(owner, token, vault, deploy_route, deploy_synthetic):
    home, others = deploy_route("HypERC4626OwnerCollateral", vault), synthetics(deploy_synthetic)

    def earn(amount):
        token.transfer(vault, amount, sender=owner)
        home.sweep(sender=owner)
        assert vault.maxWithdraw(home) >= home.assetDeposited()

    return Route(
        [home, *others],
        locked=lambda: number(home.assetDeposited),
        existing=lambda: sum(number(each.totalSupply) for each in others),
        balance=lambda side, who: number((others[side - 1] if side else token).balanceOf, who),
        earn=earn,
        shares=lambda amount: number(vault.previewDeposit, amount),
    )


@pytest.fixture
def make_cross_collateral(project, owner, deploy_route):
    tokens, routers = [], []
    for domain in (*DOMAINS, FIRST):
        tokens.append(owner.deploy(project.TestERC20, "Dollar", "USD", 10**24, 18))
        routers.append(deploy_route("CrossCollateralRouter", tokens[-1], domain))
        tokens[-1].transfer(routers[-1], POOL, sender=owner)
    home, *_, neighbour = routers
    for here, there in ((home, neighbour), (neighbour, home)):
        here.enrollCrossCollateralRouters([FIRST], [b32(there)], sender=owner)
    fees = []
    for token in tokens[:3]:
        fee = owner.deploy(project.LinearFee, token, *FEE, owner)
        fees.append(owner.deploy(project.CrossCollateralRoutingFee, owner))
        fees[-1].setCrossCollateralRouterFeeContracts(
            list(DOMAINS), [fees[-1].DEFAULT_ROUTER()] * 3, [fee] * 3, sender=owner
        )
    return Route(
        routers[:3],
        locked=lambda: (
            sum(
                number(token.balanceOf, router)
                for token, router in zip(tokens, routers, strict=True)
            )
            - number(home.totalAssets)
        ),
        existing=lambda: 4 * POOL,
        balance=lambda side, who: number(tokens[side].balanceOf, who),
        neighbour=neighbour,
        fees=fees,
        lends=True,
    )


@pytest.fixture
def make_nfts(project, owner, network):
    nft = owner.deploy(project.TestERC721, NFTS)
    home = owner.deploy(project.HypERC721URICollateral, nft, network.mailboxes[FIRST])
    home.initialize(ZERO, ZERO, owner, sender=owner)
    others = []
    for domain in (SECOND, THIRD):
        others.append(owner.deploy(project.HypERC721URIStorage, network.mailboxes[domain]))
        others[-1].initialize(0, "", "", ZERO, ZERO, owner, sender=owner)
    return Route(
        [home, *others],
        locked=lambda: number(nft.balanceOf, home),
        existing=lambda: sum(number(each.totalSupply) for each in others),
        balance=lambda side, who: number((others[side - 1] if side else nft).balanceOf, who),
        nft=nft,
    )


class Book(RuleBasedStateMachine):
    """People and strangers at a route. `world` sets the class variables."""

    route: Route
    network: Any
    owner: Any
    accounts: list
    fees: list[ContractInstance]
    hook: ContractInstance
    module: ContractInstance
    refuses: Callable
    chain: Any
    token_of: Callable

    def __init__(self):
        super().__init__()
        self.snapshot = self.chain.snapshot()
        self.pending = []
        self.dust = Fraction(0)
        self.unsure = 0
        """How much more dust there may be, where amounts are not exact."""
        self.severed = set()
        self.paused = False

    def teardown(self):
        try:
            self.each_nft_lives_once()
            self.everything_arrives()
            self.nothing_is_stranded()
        finally:
            # Or the next history would begin where this one failed.
            self.chain.restore(self.snapshot)

    @initialize(charging=st.sets(sides, min_size=1), in_token=st.booleans(), transfers=transfers)
    def begin(self, charging, in_token, transfers):
        """Some routers charge, everybody gets something from home, it earns, and half goes on."""
        if self.route.nft is None:
            for side in charging:
                self.charge(side, True, in_token)
        for person in range(3):
            self.send_one(0, 1 + person % 2, 0, person, 0, 10_000 + person)
        for sent in list(self.pending):
            self.arrive(sent)
        if self.route.earn is not None:
            self.route.earn(5_000)
        for ahead, person in ((2, 0), (1, 2)):
            half = self.route.balance(1, self.accounts[person]) // 2
            self.send_one(1, ahead, person, 1, 0, min(half, 5_000))
        self.send(transfers)

    @rule(transfers=transfers)
    def send(self, transfers):
        for transfer in transfers:
            self.send_one(**transfer)

    def send_one(self, side, ahead, sender, recipient, surplus, amount):
        there = (side + ahead) % 3
        router, sender = self.route.routers[side], self.accounts[sender]
        if self.route.nft is not None:
            amount %= NFTS
        call = DOMAINS[there], b32(self.accounts[recipient]), amount
        if (side, there) in self.severed:
            refusal = self.refuses(router.transferRemote, *call, sender=sender)
            assert refusal[0] in (
                "RouterNotEnrolled",
                "NotTokenOwner",
                "ERC721NonexistentToken",
                "ERC20InsufficientBalance",
                "NativeAmountExceedsValue",
            )
            return
        if self.route.nft is not None and self.holder(side, amount) != sender:
            assert self.refuses(router.transferRemote, *call, sender=sender)
            return
        (payable_in, dispatch), (_, charge), _ = costs(router.quoteTransferRemote, *call)
        in_token = payable_in != ZERO
        cost = 1 if self.route.nft is not None else charge + in_token * dispatch
        value = 0 if in_token else dispatch + surplus
        if self.route.native and side == 0:
            value += cost
        before, ether = self.route.balance(side, sender), sender.balance
        if before < cost:
            assert self.refuses(router.transferRemote, *call, sender=sender, value=value)
            return
        if side == 0 and amount and self.route.shares(amount) == 0:
            refusal = self.refuses(router.transferRemote, *call, sender=sender, value=value)
            assert refusal == ("UnbackedDeposit", amount, 0, 0)
            return
        receipt = act(router.transferRemote, *call, sender=sender, value=value)
        sent = Sent.by(receipt, there)
        self.pending.append(sent)
        # Charged as quoted; what was too much is back.
        back = 0 if in_token else surplus
        gas = receipt.gasUsed * receipt.effectiveGasPrice
        assert ether - sender.balance == value - back + gas
        if not (self.route.native and side == 0):
            lost = before - self.route.balance(side, sender) - cost
            assert abs(lost) <= (0 if self.route.exact else 3)
        if not self.route.exact:
            # What an amount and its fee are worth in shares together, and one by one.
            self.unsure += charge != amount
        elif self.route.nft is None:
            left = amount * self.route.scales[side] - sent.amount
            assert 0 <= left < 1
            self.dust += left

    @precondition(lambda self: self.pending)
    @rule(places=st.lists(st.integers(0, 20), min_size=1, max_size=4))
    def deliver(self, places):
        for place in places[: len(self.pending)]:
            self.deliver_one(place)

    def deliver_one(self, place):
        sent = self.pending[place % len(self.pending)]
        process = self.network.mailboxes[DOMAINS[sent.there]].process
        origin = DOMAINS.index(int.from_bytes(sent.message[5:9]))
        if (sent.there, origin) in self.severed or (self.paused and sent.there == 1):
            refusal = self.refuses(process, b"", sent.message, sender=self.owner)
            assert refusal[0] in (
                "RouterNotEnrolled",
                "RouterNotTrusted",
                "EnforcedPause",
                "Paused",
            )
            return
        self.arrive(sent)
        refusal = self.refuses(process, b"", sent.message, sender=self.owner)
        assert refusal[0] == "AlreadyDelivered"

    @rule(side=sides, amount=st.integers(0, 10**6))
    def forge(self, side, amount):
        """A call past the Mailbox, and a message that no router sent."""
        router, origin = self.route.routers[side], (side + 1) % 3
        stranger, body = self.accounts[1], b32(self.accounts[1]) + amount.to_bytes(32)
        call = DOMAINS[origin], b32(self.route.routers[origin]), body
        refusal = self.refuses(router.handle, *call, sender=stranger)
        assert refusal[0] == ("RouterNotTrusted" if self.route.neighbour else "SenderNotMailbox")
        if self.paused and side == 1:
            return
        message = incoming(router, body, b32(stranger), DOMAINS[origin])
        process = self.network.mailboxes[DOMAINS[side]].process
        refusal = self.refuses(process, b"", message, sender=stranger)
        assert refusal[0] in ("SenderNotRouter", "RouterNotEnrolled", "RouterNotTrusted")

    @precondition(lambda self: self.route.neighbour is not None)
    @rule(outward=st.booleans(), sender=people, recipient=people, amount=st.integers(0, 20_000))
    def settle(self, outward, sender, recipient, amount):
        """A transfer between the routers at home."""
        pair = self.route.routers[0], self.route.neighbour
        here, there = pair if outward else reversed(pair)
        sender, recipient = self.accounts[sender], self.accounts[recipient]
        call = FIRST, b32(recipient), amount, b32(there)
        _, (_, charge), _ = costs(here.quoteTransferRemoteTo, *call)
        if number(self.token_of(here).balanceOf, sender) < charge:
            assert self.refuses(here.transferRemoteTo, *call, sender=sender)
            return
        before = number(self.token_of(there).balanceOf, recipient)
        act(here.transferRemoteTo, *call, sender=sender)
        assert number(self.token_of(there).balanceOf, recipient) - before == amount

    @precondition(lambda self: self.route.lends)
    @rule(who=people, amount=st.integers(-10_000, 10_000))
    def lend(self, who, amount):
        """Or take back what was lent."""
        home, who = self.route.routers[0], self.accounts[who]
        if amount < 0:
            shares = min(-amount, number(home.balanceOf, who))
            act(home.redeem, shares, who, who, sender=who)
        elif self.route.native:
            act(home.deposit, who, sender=who, value=amount)
        elif self.route.balance(0, who) >= amount:
            act(home.deposit, amount, who, sender=who)

    @rule(side=sides, ahead=st.integers(1, 2), pausing=st.booleans())
    def hinder(self, side, ahead, pausing):
        """Or the contrary."""
        there = (side + ahead) % 3
        if pausing:
            self.pause()
        elif (side, there) in self.severed:
            self.rejoin(side, there)
        else:
            router = self.route.routers[side]
            act(router.unenrollRemoteRouter, DOMAINS[there], sender=self.owner)
            self.severed.add((side, there))
            call = DOMAINS[there], b32(self.owner), 0
            refusal = self.refuses(router.transferRemote, *call, sender=self.owner)
            assert refusal == ("RouterNotEnrolled", DOMAINS[there])

    def pause(self):
        act(self.module.unpause if self.paused else self.module.pause, sender=self.owner)
        self.paused = not self.paused

    @precondition(lambda self: self.route.nft is None)
    @rule(side=sides, fee=st.booleans(), in_token=st.booleans())
    def charge(self, side, fee, in_token):
        """Changes the fees of a router, and what its dispatches are paid in."""
        router = self.route.routers[side]
        act(router.setFeeRecipient, self.fees[side] if fee else ZERO, sender=self.owner)
        if not (self.route.native and side == 0):
            act(router.setFeeHook, self.hook if in_token else ZERO, sender=self.owner)

    @precondition(lambda self: self.route.earn is not None)
    @rule(amount=st.integers(1, 10_000))
    def earn(self, amount):
        self.route.earn(amount)

    @invariant()
    def books_balance(self):
        in_flight = sum(1 if self.route.nft else sent.amount for sent in self.pending)
        locked = self.route.locked() * self.route.scales[0]
        rest = locked - self.route.existing() - in_flight - self.dust
        assert 0 <= rest <= self.unsure

    def arrive(self, sent):
        process = self.network.mailboxes[DOMAINS[sent.there]].process
        act(process, b"", sent.message, sender=self.owner)
        self.pending.remove(sent)
        if self.route.nft is None:
            scale = self.route.scales[sent.there]
            self.dust += sent.amount - int(sent.amount / scale) * scale

    def rejoin(self, side, there):
        here, other = self.route.routers[side], b32(self.route.routers[there])
        act(here.enrollRemoteRouter, DOMAINS[there], other, sender=self.owner)
        self.severed.remove((side, there))

    def everything_arrives(self):
        for pair in list(self.severed):
            self.rejoin(*pair)
        if self.paused:
            self.pause()
        for sent in list(self.pending):
            self.arrive(sent)
        self.books_balance()

    def nothing_is_stranded(self):
        """Routers keep no ether, allow nobody anything, hold tokens only where they lock them."""
        routers = self.route.routers[1:] if self.route.native else self.route.routers
        holders = [*routers, *self.network.mailboxes.values()]
        assert [each.balance for each in holders] == [0] * len(holders)
        for side, router in enumerate(self.route.routers):
            if self.route.nft is not None or (self.route.native and side == 0):
                continue
            assert number(self.token_of(router).allowance, router, self.hook) == 0
            if side and self.route.neighbour is None:
                assert self.route.balance(side, router) == 0

    def each_nft_lives_once(self):
        if self.route.nft is None:
            return
        for nft_id in range(NFTS):
            holders = [self.holder(side, nft_id) for side in range(3)]
            alive = sum(each not in (None, self.route.routers[0]) for each in holders)
            in_flight = sum(sent.amount == nft_id for sent in self.pending)
            assert alive + in_flight == 1

    def holder(self, side, nft_id):
        """Whose an NFT is at a side; nobody's where it does not exist."""
        collection = self.route.routers[side] if side else self.route.nft
        try:
            return to_checksum_address(ask(collection.ownerOf, nft_id)[12:])
        except ContractLogicError:
            return None


KINDS = [
    "native",
    "collateral",
    "coarse_elsewhere",
    "coarse_message",
    "xerc20",
    "lockbox",
    "fiat",
    "vault",
    "owner_vault",
    "cross_collateral",
    "nfts",
]


@pytest.fixture(params=KINDS)
def route(request):
    return request.getfixturevalue(f"make_{request.param}")


@pytest.fixture
def world(project, chain, owner, accounts, route, network, token, hook, connect, revert_of):
    for here, there in ((0, 1), (0, 2), (1, 2)):
        connect(route.routers[here], route.routers[there], gas=GAS)
    module = owner.deploy(project.PausableIsm, owner)
    route.routers[1].setInterchainSecurityModule(module, sender=owner)
    everybody = [owner, *accounts[1:3]]
    for router in filter(None, [*route.routers, route.neighbour]):
        if router.token() in (ZERO, router.address):
            continue
        if route.nft is not None:
            for each in everybody:
                route.nft.setApprovalForAll(router, True, sender=each)
            continue
        wrapped = at(project.TestERC20, router.token())
        for each in everybody:
            wrapped.approve(router, 2**256 - 1, sender=each)
            if each != owner:
                wrapped.transfer(each, 50_000, sender=owner)
    fees = route.fees or [
        owner.deploy(project.LinearFee, router.token(), *FEE, owner) for router in route.routers
    ]
    names = {
        "route": route,
        "network": network,
        "owner": owner,
        "accounts": everybody,
        "fees": fees,
        "hook": hook,
        "module": module,
        "refuses": staticmethod(revert_of),
        "chain": chain,
        "token_of": staticmethod(lambda router: at(project.TestERC20, router.token())),
    }
    return type("World", (Book,), names)


def test_books_always_balance(world):
    run_state_machine_as_test(
        world,
        settings=settings(
            max_examples=4,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
