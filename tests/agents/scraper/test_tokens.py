"""What is read of routers: every kind, and those that answer whatever they like."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.canned import deploy_canned
from tests.support.devnet import key
from tests.support.scraped import open_scraped, transaction, word, write
from tests.support.words import b32
from web3.logs import DISCARD

from hyperlane.agents.scraper.backing import backings
from hyperlane.agents.scraper.tokens import TokenWatcher, read_token, route_names, stake_token
from hyperlane.chain.abi import StakingManager
from hyperlane.chain.abi import Token as Erc20
from hyperlane.chain.abi import TokenRouter as Router
from hyperlane.chain.client import Unreachable
from hyperlane.protocol.token_message import Scale
from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.registry.deployed_routes import RouteToken, WarpRoute, route_paths
from hyperlane.store.scraper import rows
from hyperlane.store.scraper.tokens import TokenStore

ALPHA, BETA = 1337, 7331
ZERO = "0x" + "00" * 20


def raw(contract):
    return address_from_hex(contract if isinstance(contract, str) else contract.address)


@dataclass
class Kinds:
    """A router of each kind on alpha, with something in it."""

    chain: Any

    def router(self, name, *arguments, scale=(1, 1)):
        mailbox = self.chain.contracts["mailbox"].address
        scales = () if scale is None else scale
        made = self.chain.deploy(name, *arguments, *scales, mailbox)
        self.chain.send(made.functions.initialize(ZERO, ZERO, key(0).address))
        return made

    def synthetic(self, name, *arguments, supply=0, more=()):
        mailbox = self.chain.contracts["mailbox"].address
        made = self.chain.deploy(name, *arguments, mailbox, *more)
        owner = key(0).address
        self.chain.send(made.functions.initialize(supply, "Token", "TKN", ZERO, ZERO, owner))
        return made

    def erc20(self, decimals=6):
        return self.chain.deploy("TestERC20", "US Dollar", "USD", 10**24, decimals)

    def native(self):
        made = self.router("HypNative")
        self.chain.rpc("anvil_setBalance", made.address, hex(7))
        return made, ("EvmHypNative", None, None, None, 18, 7, None)

    def collateral(self):
        token = self.erc20()
        made = self.router("HypERC20Collateral", token.address, scale=(10**12, 1))
        self.chain.send(token.functions.transfer(made.address, 50))
        self.chain.send(token.functions.approve(made.address, 5))
        self.chain.send(made.functions.deposit(5, key(0).address))
        return made, ("EvmHypCollateral", token, "US Dollar", "USD", 6, 55, 5)

    def cross_collateral(self):
        token = self.erc20()
        made = self.router("CrossCollateralRouter", token.address)
        return made, ("EvmHypCrossCollateralRouter", token, "US Dollar", "USD", 6, 0, None)

    def synthetic_token(self):
        made = self.synthetic("HypERC20", 18, 1, 3, supply=9)
        return made, ("EvmHypSynthetic", made, "Token", "TKN", 18, None, 9)

    def rebasing_token(self):
        made = self.synthetic("HypERC4626", 18, 1, 1, supply=9, more=(BETA,))
        return made, ("EvmHypSyntheticRebase", made, "Token", "TKN", 18, None, 9)

    def vault(self, name, standard, assets):
        token = self.erc20()
        vault = self.chain.deploy("TestVault", token.address)
        made = self.router(name, vault.address)
        self.chain.send(token.functions.approve(vault.address, 100))
        self.chain.send(vault.functions.deposit(100, made.address))
        self.chain.send(token.functions.transfer(vault.address, 101))  # interest
        return made, (standard, token, "US Dollar", "USD", 6, assets, None)

    def owned_vault(self):
        """All of it is interest, which is the owner's."""
        return self.vault("HypERC4626OwnerCollateral", "EvmHypOwnerCollateral", 0)

    def rebasing_vault(self):
        return self.vault("HypERC4626Collateral", "EvmHypRebaseCollateral", 100)

    def xerc20(self):
        token = self.chain.deploy("TestXERC20", 10**18)
        made = self.router("HypXERC20", token.address)
        return made, ("EvmHypXERC20", token, "X", "XER", 18, None, None)

    def lockbox(self):
        token, minted = self.erc20(), self.chain.deploy("TestXERC20", 0)
        box = self.chain.deploy("TestLockbox", minted.address, token.address)
        made = self.router("HypXERC20Lockbox", box.address)
        return made, ("EvmHypXERC20Lockbox", token, "US Dollar", "USD", 6, None, None)

    def fiat(self):
        token = self.chain.deploy("TestFiatToken", 10**6)
        made = self.router("HypFiatToken", token.address)
        return made, ("EvmHypCollateralFiat", token, "Fiat", "FIAT", 6, None, None)

    def nft(self):
        token = self.chain.deploy("TestERC721", 3)
        made = self.router("HypERC721Collateral", token.address, scale=None)
        self.chain.send(token.functions.transferFrom(key(0).address, made.address, 2))
        return made, ("EvmHypCollateral", token, "Collection", "COL", None, 1, None)

    def synthetic_nft(self):
        made = self.synthetic("HypERC721", supply=2)
        return made, ("EvmHypSynthetic", made, "Token", "TKN", None, None, 2)


KINDS = (
    *("native", "collateral", "cross_collateral", "synthetic_token", "rebasing_token"),
    *("owned_vault", "rebasing_vault", "xerc20", "lockbox", "fiat", "nft", "synthetic_nft"),
)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_router_is_told_and_counted(alpha, on_alpha, kind):
    router, expected = getattr(Kinds(alpha), kind)()
    found = await read_token(on_alpha, raw(router), {}, 7)
    token = None if expected[1] is None else raw(expected[1])
    assert (
        found.standard,
        found.token,
        found.name,
        found.symbol,
        found.decimals,
        found.locked,
        found.minted,
    ) == (expected[0], token, *expected[2:])
    assert (found.domain, found.router, found.checked_at) == (ALPHA, raw(router), 7)
    scales = {"collateral": Scale(10**12, 1), "synthetic_token": Scale(1, 3)}
    assert found.scale == scales.get(kind, Scale())
    counted = {"rebasing_token": "share", "rebasing_vault": "share"}
    assert found.counted == ("nft" if kind.endswith("nft") else counted.get(kind, "token"))


async def test_all_routers_that_one_for_many_tokens_trusts_are_read(alpha, on_alpha):
    """Several of another chain, of which it is enrolled with one, and some of its own chain."""
    router, _ = Kinds(alpha).cross_collateral()
    other, _ = Kinds(alpha).cross_collateral()
    one, two, here = word(b"\1" * 20), word(b"\2" * 20), word(raw(other))
    alpha.send(router.functions.enrollRemoteRouter(BETA, two))
    alpha.send(router.functions.enrollCrossCollateralRouters([BETA, BETA, ALPHA], [one, two, here]))
    found = await read_token(on_alpha, raw(router), {}, 0)
    assert found.routers == {ALPHA: (here,), BETA: (two, one)}
    assert found.enrolled == {(ALPHA, here), (BETA, one), (BETA, two)}


async def test_the_stake_token_is_read(alpha, on_alpha):
    token, silent = Kinds(alpha).erc20(), alpha.contracts["mailbox"]
    for staked, told in ((token, ("USD", 6)), (silent, (None, None))):
        manager = deploy_canned(alpha, {StakingManager.token: word(raw(staked))})
        settings = SimpleNamespace(staking_manager=raw(manager))
        chain = SimpleNamespace(client=on_alpha.client, settings=settings)
        assert await stake_token(chain) == told
    settings.staking_manager = None
    assert await stake_token(chain) == (None, None)


async def test_other_contracts_are_no_routers(alpha, beta, on_alpha, on_beta):
    for contract in (key(4).address, alpha.contracts["mailbox"], alpha.deploy("TestRecipient")):
        assert await read_token(on_alpha, raw(contract), {}, 0) is None
    other = alpha.deploy("Mailbox", ALPHA)
    router = alpha.deploy("HypNative", 1, 1, other.address)
    assert await read_token(on_alpha, raw(router), {}, 0) is None, "of another network"


def text(value):
    return (32).to_bytes(32) + len(value).to_bytes(32) + value + bytes(-len(value) % 32)


def plausible(alpha):
    """Answers of a synthetic router."""
    return {
        Router.mailbox: word(raw(alpha.contracts["mailbox"])),
        Router.domains: (32).to_bytes(32) + (1).to_bytes(32) + BETA.to_bytes(32),
        Router.routers: b"\1" * 32,
        Erc20.name: text(b"Name"),
        Erc20.symbol: text(b"SYM"),
        Erc20.decimals: (18).to_bytes(32),
        Erc20.total_supply: (5).to_bytes(32),
    }


ODD = {
    "a long name": ({Erc20.name: text(b"x" * 5000)}, "name", "x" * 64 + "…"),
    "an endless name": ({Erc20.name: 7 * 2**20}, "name", None),
    "a name of escapes": ({Erc20.name: text(b"a\x1b[2J\0\xff")}, "name", "a\ufffd[2J\ufffd\ufffd"),
    "a name that turns round": ({Erc20.name: text("a\u202eb".encode())}, "name", "a\ufffdb"),
    "a name that claims to be longer": (
        {Erc20.name: (32).to_bytes(32) + (2**255).to_bytes(32)},
        "name",
        None,
    ),
    "a name of old": ({Erc20.name: b"Old".ljust(32, b"\0")}, "name", "Old"),
    "markup": ({Erc20.symbol: text(b"<script>")}, "symbol", "<script>"),
    "many decimals": ({Erc20.decimals: (256).to_bytes(32)}, "decimals", None),
    "no decimals": ({Erc20.decimals: b""}, "decimals", None),
    "a great supply": ({Erc20.total_supply: b"\xff" * 32}, "minted", 2**256 - 1),
    "a scale of zero": (
        {Router.scale_numerator: bytes(32), Router.scale_denominator: bytes(32)},
        "scale",
        Scale(),
    ),
    "half a word": ({Erc20.total_supply: b"\1" * 31}, "minted", None),
    "no routers": ({Router.routers: bytes(32)}, "routers", {}),
    "a wrapped token that is nothing": (
        {Router.wrapped_token: word(b"\7" * 20)},
        "locked",
        None,
    ),
    "all kinds at once": (
        {Router.vault: b"\xff" * 32, Router.token_messenger: word(b"\7" * 20)},
        "standard",
        "EvmHypCollateral",
    ),
}


@pytest.mark.parametrize("case", ODD)
async def test_odd_answers_are_bounded(alpha, on_alpha, tmp_path, case):
    answers, field, value = ODD[case]
    router = deploy_canned(alpha, plausible(alpha) | answers)
    found = await read_token(on_alpha, raw(router), {}, 0)
    assert getattr(found, field) == value
    database = await open_scraped(tmp_path / "db")
    await TokenStore(database).save(found)
    assert await TokenStore(database).all() == [found]
    await database.close()


async def test_a_router_of_endless_domains_is_passed_over_or_cut(alpha, on_alpha):
    many = (32).to_bytes(32) + (400).to_bytes(32) + b"".join(n.to_bytes(32) for n in range(400))
    router = deploy_canned(alpha, plausible(alpha) | {Router.domains: many})
    assert len((await read_token(on_alpha, raw(router), {}, 0)).routers) == 256
    endless = plausible(alpha) | {Router.domains: 4 * 2**20}
    assert await read_token(on_alpha, raw(deploy_canned(alpha, endless)), {}, 0) is None


class Route:
    """A native router on alpha, its synthetic one on beta, and a watcher of each chain."""

    def __init__(self, alpha, beta, chains, database):
        self.alpha, self.beta, self.database, self.now = alpha, beta, database, 1000.0
        self.native = Kinds(alpha).router("HypNative")
        self.synthetic = Kinds(beta).synthetic("HypERC20", 18, 1, 1)
        self.names = {}
        for here, there, chain in (
            (self.native, self.synthetic, alpha),
            (self.synthetic, self.native, beta),
        ):
            domain = BETA if chain is alpha else ALPHA
            chain.send(here.functions.enrollRemoteRouter(domain, b32(there.address)))
        self.store = TokenStore(database)
        self.watchers = [
            TokenWatcher(chain, self.store, lambda: self.names, lambda: self.now)
            for chain in chains
        ]

    async def moved(self, router, height=1):
        """Note that a router transferred something."""
        transfer = rows.Transfer(
            b"\1" * 32, raw(router), rows.Direction.SENT, BETA, b"\2" * 32, 1, 0
        )
        await write(self.database, ALPHA, height, 1, transaction(transfers=[transfer]))

    async def step(self):
        for watcher in self.watchers:
            await watcher.step()

    async def found(self):
        return {each.router: each for each in await self.store.all()}


@pytest.fixture
async def route(alpha, beta, on_alpha, on_beta, tmp_path):
    database = await open_scraped(tmp_path / "db", ALPHA, BETA)
    yield Route(alpha, beta, (on_alpha, on_beta), database)
    await database.close()


async def test_a_router_is_found_by_its_transfers_and_leads_to_the_others(route):
    await route.step()
    assert await route.found() == {}
    await route.moved(route.native)
    await route.step()
    found = await route.found()
    assert list(found) == [raw(route.native), raw(route.synthetic)]
    assert found[raw(route.native)].routers == {BETA: (b32(route.synthetic.address),)}

    route.alpha.rpc("anvil_setBalance", route.native.address, hex(100))
    await route.step()
    assert (await route.found())[raw(route.native)].locked == 0, "it was read a moment ago"
    route.now += 60
    await route.step()
    assert (await route.found())[raw(route.native)].locked == 100
    (one,) = backings(await route.store.all())
    assert (one.locked, one.minted, one.missing) == (100, 0, 0)


async def test_missing_collateral_is_found_on_a_real_route(route):
    """Somebody takes a part of what senders locked."""
    await route.moved(route.native)
    call = route.native.functions.transferRemote(BETA, b32(key(3).address), 1000)
    receipt = route.alpha.wait(call.transact({"value": 1000}))
    (log,) = (
        route.alpha.contracts["mailbox"].events.Dispatch().process_receipt(receipt, errors=DISCARD)
    )
    await route.step()
    route.now += 60
    await route.step()
    (one,) = backings(await route.store.all())
    assert (one.locked, one.minted, one.missing) == (1000, 0, 0), "in flight"

    mailbox = route.beta.contracts["mailbox"]
    route.beta.send(mailbox.functions.process(b"", log["args"]["message"]))
    route.now += 60
    await route.step()
    (one,) = backings(await route.store.all())
    assert (one.locked, one.minted, one.missing) == (1000, 1000, 0)
    route.alpha.rpc("anvil_setBalance", route.native.address, hex(400))
    route.now += 60
    await route.step()
    (one,) = backings(await route.store.all())
    assert (one.missing, one.unit) == (600, 10**18)


async def test_strangers_routers_take_their_turn_after_those_of_the_registry(route, monkeypatch):
    monkeypatch.setattr("hyperlane.agents.scraper.tokens._PER_STEP", 2)
    strangers = [Kinds(route.alpha).router("HypNative") for _ in range(3)]
    for number, stranger in enumerate(strangers):
        await route.moved(stranger, number + 1)
    route.names = {(ALPHA, raw(route.native)): "ETH/alpha-beta"}
    await route.step()
    found = await route.found()
    assert found[raw(route.native)].route == "ETH/alpha-beta"
    assert len([each for each in found.values() if each.domain == ALPHA]) == 2
    await route.step()
    assert set(map(raw, strangers)) <= set(await route.found())
    # When all are due again, the registry's is still read each time.
    for _ in range(3):
        route.now += 60
        await route.step()
        assert (await route.found())[raw(route.native)].checked_at == int(route.now)
    assert min(each.checked_at for each in (await route.found()).values()) > 1000


async def test_a_chain_that_does_not_answer_changes_nothing(route, monkeypatch):
    await route.moved(route.native)
    await route.step()
    before = await route.found()
    route.now += 60

    async def down(*_arguments):
        raise Unreachable("alpha: no node answers")

    monkeypatch.setattr("hyperlane.chain.client.ChainClient.views", down)
    with pytest.raises(Unreachable):
        await route.step()
    assert await route.found() == before


def test_names_of_routes_are_read_from_a_registry(tmp_path):
    def token(chain, address, standard="EvmHypNative"):
        return RouteToken(
            chain_name=chain,
            standard=standard,
            name="Ether",
            symbol="ETH",
            decimals=18,
            address_or_denom=address,
        )

    here, there = "0x" + "11" * 20, "0x" + "22" * 20
    tokens = [
        token("alpha", here),
        token("gamma", there),
        token("solana", "x", "SealevelHypNative"),
    ]
    for name, content in (
        ("ETH/good", WarpRoute(tokens=tokens)),
        ("ETH/copy", WarpRoute(tokens=[token("alpha", there)])),
    ):
        path = route_paths(tmp_path, name)[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.model_dump_json(by_alias=True, exclude_none=True))
    path.with_name("broken-config.yaml").write_text("tokens: [")
    assert route_names(tmp_path, {"alpha": ALPHA}) == {
        (ALPHA, b"\x11" * 20): "ETH/good",
        (ALPHA, b"\x22" * 20): "ETH/copy",
    }
