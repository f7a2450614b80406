"""The reference's own tool works with what we deploy, and we with what it deploys."""

from typing import Any

import ape
import pytest
import yaml
from tests.interop.reference import OURS, THEIRS, THRESHOLD, Cli, check_core_by_them

from ape_hyperlane.core.defaults import spelled_out
from ape_hyperlane.core.deploy import deploy_core, deployed_config, plan_deployment
from ape_hyperlane.core.messages import contract
from ape_hyperlane.demo.devnet import Devnet
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.reading.core import read_core
from ape_hyperlane.reading.source import Source
from ape_hyperlane.warp.deploy import deploy_route, plan_route
from ape_hyperlane.warp.send import Transfer, quote, send_token
from hyperlane.protocol.typecasts import to_checksum
from hyperlane.registry import CoreConfig, Registry
from hyperlane.registry.deployed_routes import WarpRoute, route_paths
from hyperlane.registry.known import Decimals
from hyperlane.registry.models import read
from hyperlane.registry.warp import read_warp_config

ETHER = 10**18
BY_US, BY_THEM, RICH = "ETH/by-us", "ETH/by-them", "USD/rich"


@pytest.fixture(scope="module")
def by_us(net: Devnet, cli: Cli) -> WarpRoute:
    """Ether of our chain, on theirs a token: our routers, one on the reference's Mailbox."""
    config = net.folder / "by-us.yaml"
    owner = net.user.address
    theirs = {"type": "synthetic", "owner": owner, "name": "Wrapped ether", "symbol": "ETH"}
    config.write_text(yaml.safe_dump({OURS: {"type": "native", "owner": owner}, THEIRS: theirs}))
    plan = plan_route(
        read_warp_config(config), net.registry, net.deployer.address, net.connect, BY_US
    )
    return read(WarpRoute, deploy_route(plan, net.deployer)[0])


@pytest.fixture(scope="module")
def by_them(net: Devnet, cli: Cli) -> WarpRoute:
    """The same with the reference's routers, the one on our chain on our Mailbox."""
    deploy, config = route_paths(net.registry.folder, BY_THEM)
    deploy.parent.mkdir(parents=True, exist_ok=True)
    owner = net.user.address
    theirs = {"type": "synthetic", "owner": owner, "name": "Wrapped ether", "symbol": "ETH"}
    tokens = {
        OURS: {"type": "native", "owner": owner},
        THEIRS: {**theirs, "decimals": 18},
    }
    deploy.write_text(yaml.safe_dump(tokens))
    cli("warp", "deploy", "--id", BY_THEM)
    return read(WarpRoute, config)


def balance(net: Devnet, route: WarpRoute, chain: str) -> int:
    """Of the route's token on their chain; what the router holds on ours."""
    router = route.on(chain).address_or_denom
    with net.connect(chain):
        if chain == OURS:
            return int(ape.networks.provider.get_balance(router))
        return int(contract("HypERC20", router).balanceOf(net.user.address))


def balances(net: Devnet, route: WarpRoute) -> tuple[int, int]:
    return balance(net, route, OURS), balance(net, route, THEIRS)


def test_our_core_reads_as_it_was_configured(net, cli):
    out = net.folder / "read-core.yaml"
    cli("core", "read", "--chain", OURS, "--config", str(out))
    core = yaml.safe_load(out.read_text())
    assert core["owner"] == net.deployer.address
    assert core["defaultIsm"]["type"] == "messageIdMultisigIsm"
    assert core["defaultIsm"]["threshold"] == THRESHOLD
    validators = {key.address for key in net.chains[THEIRS].validators}
    assert {to_checksum(bytes.fromhex(each[2:])) for each in core["defaultIsm"]["validators"]} == (
        validators
    )
    assert core["requiredHook"]["type"] == "merkleTreeHook"
    assert core["defaultHook"]["type"] == "interchainGasPaymaster"
    assert core["defaultHook"]["overhead"] == {THEIRS: 80_000}


def test_their_tool_finds_our_core_as_its_file_says(net, cli):
    assert "No violations found" in check_core_by_them(cli, net.registry)


SIGNED = {"type": "messageIdMultisigIsm", "validators": ["0x" + 40 * "7"], "threshold": 1}
FEE = {"type": "protocolFee", "maxProtocolFee": str(ETHER), "protocolFee": "200000000000000"}
CORES: dict[str, dict[str, Any]] = {
    "what is left out": {},
    "proxies": {"upgradeable": True},
    "their example": {
        "defaultIsm": {"type": "testIsm", "threshold": 1, "validators": ["0x" + 40 * "7"]},
        "defaultHook": FEE,
        "requiredHook": FEE,
    },
    "nested": {
        "defaultIsm": {
            "type": "staticAggregationIsm",
            "threshold": 2,
            "modules": [
                {"type": "domainRoutingIsm", "domains": {THEIRS: SIGNED}},
                {"type": "pausableIsm"},
                {"type": "trustedRelayerIsm"},
            ],
        },
        "defaultHook": {
            "type": "fallbackRoutingHook",
            "domains": {THEIRS: {"type": "pausableHook"}},
            "fallback": {
                "type": "interchainGasPaymaster",
                "oracleKey": "0x" + 40 * "7",
                "overhead": {THEIRS: 80_000},
                "oracleConfig": {THEIRS: {"gasPrice": 10**9, "tokenExchangeRate": 10**10}},
            },
        },
        "requiredHook": {"type": "aggregationHook", "hooks": [{"type": "merkleTreeHook"}, FEE]},
    },
}


@pytest.mark.parametrize("kind", CORES)
def test_their_tool_finds_every_core_as_its_file_says(net, cli, tmp_path, kind):
    registry = Registry(tmp_path / "registry")
    for chain in (OURS, THEIRS):
        registry.write_metadata(net.registry.metadata(chain))
    with net.connect(OURS):
        config = CoreConfig.model_validate(CORES[kind])
        plan = plan_deployment(config, registry, OURS, net.deployer.address)
        deploy_core(plan, registry, net.deployer)
    assert "No violations found" in check_core_by_them(cli, registry)


def test_their_tool_knows_the_chains_that_our_config_has_by_domain(net, cli, tmp_path):
    registry = Registry(tmp_path / "registry")
    for chain in (OURS, THEIRS):
        registry.write_metadata(net.registry.metadata(chain))
    domain = registry.metadata(THEIRS).domain_id
    paymaster = {
        "type": "interchainGasPaymaster",
        "overhead": {domain: 80_000},
        "oracleConfig": {domain: {"gasPrice": 10**9, "tokenExchangeRate": 10**10}},
    }
    module = {"type": "domainRoutingIsm", "domains": {domain: SIGNED}}
    with net.connect(OURS):
        config = CoreConfig.model_validate({"defaultIsm": module, "defaultHook": paymaster})
        plan = plan_deployment(config, registry, OURS, net.deployer.address)
        deploy_core(plan, registry, net.deployer)
        again = plan_deployment(config, registry, OURS, net.deployer.address)
        assert again.config == deployed_config(registry, OURS)
        assert Survey(again.journal).pending(again.steps, net.deployer.address) == []
    assert "No violations found" in check_core_by_them(cli, registry)


def ours(net: Devnet, chain: str) -> CoreConfig:
    """The config of a core, read by us."""
    source = Source(net.registry)
    with net.connect(chain):
        found = read_core(source, str(net.registry.addresses(chain).mailbox))
    return CoreConfig.model_validate(found.content)


def theirs(net: Devnet, cli: Cli, chain: str) -> dict[str, Any]:
    """The config of a core, read by their tool."""
    out = net.folder / f"they-read-{chain}.yaml"
    cli("core", "read", "--chain", chain, "--config", str(out))
    return yaml.safe_load(out.read_text())


def test_we_read_the_core_that_their_tool_deployed(net):
    config = read(CoreConfig, net.folder / "their-core.yaml")
    expected = spelled_out(config, net.user.address, Decimals(net.registry))
    found = ours(net, THEIRS)
    # They always put a Mailbox behind a proxy, whose admin has an owner of its own.
    with net.connect(THEIRS):
        admin = contract("ProxyAdmin", str(net.registry.addresses(THEIRS).proxy_admin))
        assert found.proxy_admin.owner == admin.owner()
    # The account router, which the file does not name, is for test_accounts.py.
    left_out = {"proxy_admin": None, "upgradeable": False, "interchain_account_router": None}
    found, expected = (
        in_order(each.model_copy(update=left_out).as_file()) for each in (found, expected)
    )
    assert found == expected


@pytest.mark.parametrize("chain", [OURS, THEIRS])
def test_we_take_what_their_tool_reads_for_what_we_read(net, cli, chain):
    content = theirs(net, cli, chain)
    config = CoreConfig.model_validate(content)
    config = spelled_out(config, str(config.owner), Decimals(net.registry))
    assert without_addresses(config.as_file()) == without_addresses(ours(net, chain).as_file())


def in_order(core: dict[str, Any]) -> dict[str, Any]:
    """Validators by address: their tool sorts the members of a set."""
    validators = sorted(core["defaultIsm"]["validators"])
    return {**core, "defaultIsm": {**core["defaultIsm"], "validators": validators}}


def without_addresses(value: Any) -> Any:
    """Without the contracts' addresses, which their tool writes beside their settings."""
    if isinstance(value, dict):
        return {key: without_addresses(each) for key, each in value.items() if key != "address"}
    return list(map(without_addresses, value)) if isinstance(value, list) else value


@pytest.mark.parametrize(("origin", "destination"), [(OURS, THEIRS), (THEIRS, OURS)])
def test_messages_of_their_tool_arrive(net, cli, origin, destination):
    said = cli("send", "message", "--origin", origin, "--destination", destination)
    assert "Message was delivered" in said


@pytest.mark.parametrize("name", ["by_us", "by_them"])
def test_their_tool_sends_tokens_both_ways(net, cli, request, name):
    route = request.getfixturevalue(name)
    route_id = {"by_us": BY_US, "by_them": BY_THEM}[name]
    send = "warp", "send", "--id", route_id, "--timeout", "120"
    locked, held = balances(net, route)
    cli(*send, "--origin", OURS, "--destination", THEIRS, "--amount", str(2 * ETHER))
    assert balances(net, route) == (locked + 2 * ETHER, held + 2 * ETHER)
    cli(*send, "--origin", THEIRS, "--destination", OURS, "--amount", str(ETHER))
    assert balances(net, route) == (locked + ETHER, held + ETHER)


def test_we_send_over_their_route(net, by_them):
    locked, held = balances(net, by_them)
    wanted = Transfer(by_them, OURS, THEIRS, ETHER, net.user.address)
    quoted = quote(wanted, net.registry, net.connect)
    send_token(wanted, quoted, net.registry, net.user, net.connect, seconds=120)
    assert balances(net, by_them) == (locked + ETHER, held + ETHER)


def test_their_tool_finds_our_route_as_its_file_says(cli, by_us):
    assert "No violations found" in cli("warp", "check", "--id", BY_US)


def test_their_tool_changes_our_route(net, cli, by_us):
    deploy, _ = route_paths(net.registry.folder, BY_US)
    domain = net.registry.metadata(THEIRS).domain_id
    tokens = yaml.safe_load(deploy.read_text())
    tokens[OURS]["destinationGas"][str(domain)] = "123456"
    deploy.write_text(yaml.safe_dump(tokens))
    cli("warp", "apply", "--id", BY_US)
    with net.connect(OURS):
        router = contract("HypNative", by_us.on(OURS).address_or_denom)
        assert router.destinationGas(domain) == 123456


@pytest.fixture(scope="module")
def make(net: Devnet, project):
    """Deploys a contract for tests on a chain."""

    def make(chain: str, name: str, *arguments: object) -> str:
        with net.connect(chain):
            return str(net.user.deploy(getattr(project, name), *arguments).address)

    return make


def of_vault(make, kind: str) -> dict[str, str]:
    token = make(OURS, "TestERC20", "Dollar", "USD", 10**24, 18)
    return {"type": kind, "token": make(OURS, "TestVault", token)}


def of_lockbox(make) -> dict[str, str]:
    wrapped = make(OURS, "TestERC20", "Dollar", "USD", 10**24, 18)
    lockbox = make(OURS, "TestLockbox", make(OURS, "TestXERC20", 0), wrapped)
    return {"type": "xERC20Lockbox", "token": lockbox}


def of_xerc20(make) -> dict[str, str]:
    return {"type": "xERC20", "token": make(THEIRS, "TestXERC20", 0)}


def of_fiat(make) -> dict[str, str]:
    return {"type": "collateralFiat", "token": make(OURS, "TestFiatToken", 10**24)}


KINDS = {
    "vault": (lambda make: of_vault(make, "collateralVault"), {"type": "synthetic"}),
    "rebase": (lambda make: of_vault(make, "collateralVaultRebase"), {"type": "syntheticRebase"}),
    "fiat": (of_fiat, {"type": "synthetic"}),
    "lockbox": (
        of_lockbox,
        lambda make: {"type": "xERC20", "token": make(THEIRS, "TestXERC20", 0)},
    ),
    "proxied": (
        lambda _make: {"type": "native", "upgradeable": True},
        {"type": "synthetic", "upgradeable": True},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_their_tool_recognises_every_kind_of_router(net, cli, make, project, kind):
    """But for NFTs, which it takes for tokens with decimals."""
    tokens = {}
    for chain, token in zip((OURS, THEIRS), KINDS[kind], strict=True):
        made = token(make) if callable(token) else token
        tokens[chain] = {**made, "owner": net.user.address}
    config = net.folder / f"{kind}.yaml"
    config.write_text(yaml.safe_dump(tokens))
    plan = plan_route(
        read_warp_config(config), net.registry, net.deployer.address, net.connect, f"KIND/{kind}"
    )
    route = read(WarpRoute, deploy_route(plan, net.deployer)[0])
    if kind == "fiat":  # told from other collateral by the right to mint
        with net.connect(OURS):
            minter = route.on(OURS).address_or_denom
            fiat = project.TestFiatToken.at(tokens[OURS]["token"])
            fiat.configureMinter(minter, 10**24, sender=net.user)
    out = net.folder / f"{kind}-read.yaml"
    cli("warp", "read", "--id", f"KIND/{kind}", "--out", str(out))
    types = {chain: token["type"] for chain, token in yaml.safe_load(out.read_text()).items()}
    assert types == {chain: token["type"] for chain, token in tokens.items()}
    if kind != "lockbox":  # of an xERC20 it wants to be told the limits, which are not the route's
        assert "No violations found" in cli("warp", "check", "--id", f"KIND/{kind}")


def test_their_tool_reads_and_uses_a_route_with_everything(net, cli, project):
    """Six decimals here and eighteen there, a fee, a module of its own, gas limits, rebalancers."""
    owner, units = net.user.address, 10**6
    with net.connect(OURS):
        token = net.user.deploy(project.TestERC20, "Dollar", "USD", 10**6 * units, 6)
        noop = net.user.deploy(project.NoopIsm)
    here = {
        "type": "collateral",
        "token": token.address,
        "owner": owner,
        "interchainSecurityModule": noop.address,
        "allowedRebalancers": [net.deployer.address],
        "tokenFee": {
            "type": "LinearFee",
            "owner": owner,
            "maxFee": 10 * units,
            "halfAmount": 100 * units,
        },
    }
    there = {"type": "synthetic", "owner": owner, "decimals": 18, "gas": 90_000}
    config = net.folder / "rich.yaml"
    config.write_text(yaml.safe_dump({OURS: here, THEIRS: there}))
    tokens = read_warp_config(config)
    plan = plan_route(tokens, net.registry, net.deployer.address, net.connect, RICH)
    route = read(WarpRoute, deploy_route(plan, net.deployer)[0])
    assert "No violations found" in cli("warp", "check", "--id", RICH)

    send = "warp", "send", "--id", RICH, "--timeout", "120", "--amount", str(20 * units)
    cli(*send, "--origin", OURS, "--destination", THEIRS)
    with net.connect(OURS):
        router = route.on(OURS).address_or_denom
        assert token.balanceOf(router) == 20 * units
        assert token.balanceOf(contract("HypERC20Collateral", router).feeRecipient()) == units
    assert balance(net, route, THEIRS) == 20 * 10**18
