"""Whatever people do with a route, all that exists elsewhere is backed by what is locked at home.

Three people send to each other between three routers. Messages wait, come late and twice, fail
while their destination has no router enrolled or its module is paused, and are tried again; fees
come and go; strangers forge. After every step the books balance in message units, for every kind
of route:

    locked at home = existing elsewhere + on its way + dust

where a transfer leaves less than a message unit of dust at its origin, and less than a local unit
at its destination. Where every router pays out what it holds, all they hold is locked, and nothing
exists elsewhere but what they began with.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from ape.contracts import ContractInstance
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ..conftest import at
from .conftest import dispatched
from .routes import FIRST, SECOND, THIRD, ZERO, b32

DOMAINS = FIRST, SECOND, THIRD
GAS = 1_000
PLENTY = 10**12
POOL = 10**9
NFTS = 4

people = st.integers(0, 2)
sides = st.integers(0, 2)


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
    fee: ContractInstance | None = None
    """What sets the fees at home, if a plain fee contract cannot."""
    exact: bool = True
    """Whether balances are what was sent, to the last unit."""

    @property
    def native(self) -> bool:
        return self.routers[0].token() == ZERO


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
        locked=lambda: home.balance,
        existing=lambda: sum(each.totalSupply() for each in others),
        balance=lambda side, who: others[side - 1].balanceOf(who) if side else PLENTY,
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
        locked=lambda: token.balanceOf(home),
        existing=lambda: sum(
            each.totalSupply() * scale for each, scale in zip(others, scales[1:], strict=True)
        ),
        balance=lambda side, who: (others[side - 1] if side else token).balanceOf(who),
        scales=[Fraction(scale) for scale in scales],
    )


def minting(tokens, routers, locked=lambda: 0):
    """A route of tokens that routers mint; what existed before does not count."""
    before = sum(each.totalSupply() for each in tokens)
    held = dict(enumerate(tokens, start=3 - len(tokens)))
    return Route(
        routers,
        locked=locked,
        existing=lambda: sum(each.totalSupply() for each in tokens) - before,
        balance=lambda side, who: held[side].balanceOf(who),
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
    route = minting(others, [home, *routers], locked=lambda: token.balanceOf(lockbox))
    elsewhere = route.balance
    route.balance = lambda side, who: elsewhere(side, who) if side else token.balanceOf(who)
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
        locked=lambda: vault.balanceOf(home),
        existing=lambda: sum(each.totalShares() for each in others),
        balance=lambda side, who: (others[side - 1] if side else token).balanceOf(who),
        earn=lambda amount: token.transfer(vault, amount, sender=owner),
        exact=False,
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
        locked=home.assetDeposited,
        existing=lambda: sum(each.totalSupply() for each in others),
        balance=lambda side, who: (others[side - 1] if side else token).balanceOf(who),
        earn=earn,
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
    fee = owner.deploy(project.LinearFee, tokens[0], 500, 5_000, owner)
    routing = owner.deploy(project.CrossCollateralRoutingFee, owner)
    defaults = [routing.DEFAULT_ROUTER()] * 3
    routing.setCrossCollateralRouterFeeContracts(list(DOMAINS), defaults, [fee] * 3, sender=owner)
    return Route(
        routers[:3],
        locked=lambda: sum(
            token.balanceOf(router) for token, router in zip(tokens, routers, strict=True)
        ),
        existing=lambda: 4 * POOL,
        balance=lambda side, who: tokens[side].balanceOf(who),
        neighbour=neighbour,
        fee=routing,
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
        locked=lambda: nft.balanceOf(home),
        existing=lambda: sum(each.totalSupply() for each in others),
        balance=lambda side, who: (others[side - 1] if side else nft).balanceOf(who),
        nft=nft,
    )


class Book(RuleBasedStateMachine):
    """People and strangers at a route. `world` sets the class variables."""

    route: Route
    network: object
    owner: object
    accounts: list
    fee: ContractInstance | None
    module: ContractInstance
    refuses: Callable
    chain: object
    token_of: Callable

    def __init__(self):
        super().__init__()
        self.snapshot = self.chain.snapshot()
        self.pending = []
        self.dust = Fraction(0)
        self.severed = set()

    def teardown(self):
        try:
            self.no_ether_is_stranded()
            self.each_nft_lives_once()
        finally:
            # Or the next history would begin where this one failed.
            self.chain.restore(self.snapshot)

    @rule(
        side=sides,
        ahead=st.integers(1, 2),
        sender=people,
        recipient=people,
        surplus=people,
        amount=st.integers(0, 20_000),
    )
    def send(self, side, ahead, sender, recipient, surplus, amount):
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
        dispatch, charge, _ = (each.amount for each in router.quoteTransferRemote(*call))
        charge = 1 if self.route.nft is not None else charge
        native = self.route.native and side == 0
        value = dispatch + surplus + (charge if native else 0)
        before, ether = self.route.balance(side, sender), sender.balance
        if before < charge:
            assert self.refuses(router.transferRemote, *call, sender=sender, value=value)
            return
        sent = router.transferRemote(*call, sender=sender, value=value)
        self.pending.append((sent, there))
        # Charged as quoted; what was too much is back.
        assert ether - sender.balance == value - surplus + sent.total_fees_paid
        if not native:
            assert abs(before - self.route.balance(side, sender) - charge) <= (
                0 if self.route.exact else 2
            )
        left = amount * self.route.scales[side] - self.amount_of(sent)
        if self.route.exact and self.route.nft is None:
            assert 0 <= left < 1
            self.dust += left

    @rule(place=st.integers(0, 20))
    def deliver(self, place):
        if not self.pending:
            return
        sent, there = self.pending[place % len(self.pending)]
        message = dispatched(sent)
        origin = DOMAINS.index(int.from_bytes(message[5:9]))
        process = self.network.mailboxes[DOMAINS[there]].process
        if (there, origin) in self.severed or (self.module.paused() and there == 1):
            refusal = self.refuses(process, b"", message, sender=self.owner)
            assert refusal[0] in (
                "RouterNotEnrolled",
                "RouterNotTrusted",
                "EnforcedPause",
                "Paused",
            )
            return
        self.pending.remove((sent, there))
        self.network.deliver(sent, sender=self.owner)
        refusal = self.refuses(process, b"", message, sender=self.owner)
        assert refusal[0] == "AlreadyDelivered"
        if self.route.nft is None:
            scale = self.route.scales[there]
            amount = self.amount_of(sent)
            self.dust += amount - int(amount / scale) * scale

    @rule(side=sides, amount=st.integers(0, 10**6))
    def forge(self, side, amount):
        router, origin = self.route.routers[side], (side + 1) % 3
        body = b32(self.accounts[1]) + amount.to_bytes(32)
        refusal = self.refuses(
            router.handle,
            DOMAINS[origin],
            b32(self.route.routers[origin]),
            body,
            sender=self.accounts[1],
        )
        assert refusal[0] == ("RouterNotTrusted" if self.route.neighbour else "SenderNotMailbox")

    @rule(outward=st.booleans(), sender=people, recipient=people, amount=st.integers(0, 20_000))
    def settle(self, outward, sender, recipient, amount):
        """A transfer between the routers at home."""
        if self.route.neighbour is None:
            return
        pair = self.route.routers[0], self.route.neighbour
        here, there = pair if outward else reversed(pair)
        sender, recipient = self.accounts[sender], self.accounts[recipient]
        call = FIRST, b32(recipient), amount, b32(there)
        charge = here.quoteTransferRemoteTo(*call)[1].amount
        if self.token_of(here).balanceOf(sender) < charge:
            assert self.refuses(here.transferRemoteTo, *call, sender=sender)
            return
        before = self.token_of(there).balanceOf(recipient)
        here.transferRemoteTo(*call, sender=sender)
        assert self.token_of(there).balanceOf(recipient) - before == amount

    @rule(side=sides, ahead=st.integers(1, 2))
    def sever(self, side, ahead):
        """Unenrols a router, or enrols it again."""
        there = (side + ahead) % 3
        router, other = self.route.routers[side], self.route.routers[there]
        if (side, there) in self.severed:
            router.enrollRemoteRouter(DOMAINS[there], b32(other), sender=self.owner)
        else:
            router.unenrollRemoteRouter(DOMAINS[there], sender=self.owner)
        self.severed ^= {(side, there)}

    @rule()
    def pause(self):
        change = self.module.unpause if self.module.paused() else self.module.pause
        change(sender=self.owner)

    @rule(on=st.booleans())
    def charge(self, on):
        if self.fee is not None:
            fee = self.fee if on else ZERO
            self.route.routers[0].setFeeRecipient(fee, sender=self.owner)

    @rule(amount=st.integers(1, 10_000))
    def earn(self, amount):
        if self.route.earn is not None:
            self.route.earn(amount)

    @invariant()
    def books_balance(self):
        in_flight = sum(self.units_of(sent) for sent, _ in self.pending)
        locked = self.route.locked() * self.route.scales[0]
        assert locked == self.route.existing() + in_flight + self.dust

    def no_ether_is_stranded(self):
        routers = self.route.routers[1:] if self.route.native else self.route.routers
        holders = [*routers, *self.network.mailboxes.values()]
        assert [each.balance for each in holders] == [0] * len(holders)

    def each_nft_lives_once(self):
        if self.route.nft is None:
            return
        for nft_id in range(NFTS):
            holders = [self.holder(side, nft_id) for side in range(3)]
            alive = sum(each not in (None, self.route.routers[0]) for each in holders)
            in_flight = sum(self.amount_of(sent) == nft_id for sent, _ in self.pending)
            assert alive + in_flight == 1

    def holder(self, side, nft_id):
        collection = self.route.routers[side] if side else self.route.nft
        listed = side == 0 or nft_id in [
            collection.tokenByIndex(i) for i in range(collection.totalSupply())
        ]
        return collection.ownerOf(nft_id) if listed else None

    def units_of(self, sent):
        return self.amount_of(sent) if self.route.nft is None else 1

    @staticmethod
    def amount_of(sent):
        return int.from_bytes(dispatched(sent)[109:141])


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
def world(project, chain, owner, accounts, route, network, token, connect, revert_of):
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
    fee = route.fee
    if route.nft is None and fee is None:
        fee = owner.deploy(project.LinearFee, route.routers[0].token(), 500, 5_000, owner)
    names = {
        "route": route,
        "network": network,
        "owner": owner,
        "accounts": everybody,
        "fee": fee,
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
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
