"""Files as other people publish them: loaded, checked, and planned with as they are."""

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import Create, CreateSet, Use
from ape_hyperlane.warp.ends import End, complete
from ape_hyperlane.warp.plan import ChainContext, Remote, plan_end
from ape_hyperlane.warp.routes import choose_route
from hyperlane.errors import ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import WarpRoute, find_route
from hyperlane.registry.fields import word
from hyperlane.registry.known import Contracts, Decimals, Domains
from hyperlane.registry.models import read
from hyperlane.registry.route_file import read_route_file
from hyperlane.registry.token_types import SYNTHETIC
from hyperlane.registry.warp import read_warp_config
from hyperlane.settings import RelayerSettings, load_settings

FOLDER = Path(__file__).parent / "public"
PUBLIC = Registry(FOLDER)
ROUTES = FOLDER / "deployments" / "warp_routes"
EVM = ("mainland", "rollup")
FOREIGN = {
    "svmland": "sealevel",
    "wasmland": "cosmos",
    "cairoland": "starknet",
    "aleoland": "aleo",
    "radixland": "radix",
    "tronland": "tron",
    "cosmosland": "cosmosnative",
}
DOMAINS = {
    "mainland": 9001,
    "rollup": 1000009002,
    "svmland": 1234567890,
    "wasmland": 1466987100,
    "cairoland": 1128483154,
    "aleoland": 1097622895,
    "radixland": 1633970781,
    "tronland": 728126428,
    "cosmosland": 875,
}
REFUSED = {
    "LSTX/lst-limits": "rollup: xERC20: ",
}
DEPLOYER = "0x" + 40 * "d"


ROUTERS = {
    "aleoland": "0x" + 64 * "3",
    "cairoland": "0x05ee8d2f3a8d5e9b7a1c3d5f7091b2d4f6a8c0e2f4061728394a5b6c7d8e9fa0",
    "cosmosland": "0x726f757465725f61707000000000000000000000000000010000000000000005",
    "radixland": "0x0000c0" + 58 * "4",
    "tronland": "0x" + 24 * "0" + 40 * "1",
    "wasmland": "0x" + 64 * "2",
}
"""Routers of LAND/all on chains of other protocols, as messages encode them."""


def named(pattern):
    return sorted(
        str(path.relative_to(ROUTES)).removesuffix(pattern[1:]) for path in ROUTES.rglob(pattern)
    )


def deploy_file(route):
    return ROUTES / f"{route}-deploy.yaml"


@pytest.mark.parametrize("chain", EVM)
def test_metadata_is_read_to_the_last_key(chain):
    content = yaml.safe_load((FOLDER / "chains" / chain / "metadata.yaml").read_text())
    assert PUBLIC.metadata(chain).as_file() == content


@pytest.mark.parametrize("chain", EVM)
def test_addresses_are_read_to_the_last_key(chain):
    content = yaml.safe_load((FOLDER / "chains" / chain / "addresses.yaml").read_text())
    assert PUBLIC.addresses(chain).as_file() == content


@pytest.mark.parametrize("chain", FOREIGN)
def test_a_chain_of_another_protocol_is_known_and_no_more(chain):
    assert Domains(PUBLIC)[chain] == DOMAINS[chain]
    assert Decimals(PUBLIC).of(chain) in (6, 9, 18)
    for use in (PUBLIC.metadata, PUBLIC.addresses):
        with pytest.raises(ConfigError, match=f"protocol: '{FOREIGN[chain]}'; this needs a chain"):
            use(chain)


def test_domains_are_found_beside_comments_and_other_than_chain_ids():
    assert dict(Domains(PUBLIC).items()) == DOMAINS


@pytest.mark.parametrize("route", sorted(set(named("*-deploy.yaml")) - REFUSED.keys()))
def test_a_deploy_file_is_taken_and_written_again_as_it_is(route, tmp_path):
    file = read_route_file(deploy_file(route), PUBLIC)
    again, ends = tmp_path / "again-deploy.yaml", {**file.tokens, **file.foreign}
    again.write_text(yaml.safe_dump({chain: end.as_file() for chain, end in ends.items()}))
    assert read_route_file(again, PUBLIC) == file


@pytest.mark.parametrize("route", REFUSED)
def test_a_deploy_file_is_refused_with_the_end_and_the_key(route):
    with pytest.raises(ConfigError, match=re.escape(f"{route}-deploy.yaml: {REFUSED[route]}")):
        read_warp_config(deploy_file(route))


def plan(path):
    """The steps of each end, with what the chains would say made up."""
    file = read_route_file(path, PUBLIC)
    tokens = file.tokens
    backing = {
        chain: End(token, "Dollar", "USDX", 18 if token.scale else 6, token.token)
        for chain, token in tokens.items()
        if token.type not in SYNTHETIC
    }
    planned = {}
    for chain, end in complete(tokens, backing).items():
        known = RegistryView(Domains(PUBLIC), Contracts(PUBLIC), chain)
        place = ChainContext(
            DEPLOYER, known.addresses[chain].mailbox, known.addresses[chain], known
        )
        routers = known.by_domain(end.token.remote_routers, "remoteRouters")
        others = {DOMAINS[other]: DEPLOYER for other in tokens if other != chain}
        cross = known.by_domain(end.token.cross_collateral_routers, "crossCollateralRouters")
        remotes = {
            **{domain: Remote(None, 1) for domain in cross},
            **{domain: Remote(word(each.address), 1) for domain, each in routers.items()},
            **{domain: Remote(word(each), 1) for domain, each in others.items()},
            **{DOMAINS[name]: Remote(each.router, each.gas) for name, each in file.foreign.items()},
        }
        planned[chain] = plan_end(end, place, remotes)
    return planned


@pytest.mark.parametrize("route", sorted(set(named("*-deploy.yaml")) - REFUSED.keys()))
def test_a_route_is_planned_by_its_file_as_it_is(route):
    for chain, steps in plan(deploy_file(route)).items():
        assert {step.name for step in steps} >= {"router", "transferOwnership of router"}, chain


@pytest.mark.parametrize("route", ["USDX/svmland", "LAND/all"])
def test_ends_on_chains_of_other_protocols_are_enrolled_on_the_others(route):
    foreign = read_route_file(deploy_file(route), PUBLIC).foreign
    for chain, steps in plan(deploy_file(route)).items():
        (enrolled,) = (step for step in steps if step.name.startswith("enrollRemoteRouters"))
        routers = dict(zip(*enrolled.arguments, strict=True))
        other = {"mainland": "rollup", "rollup": "mainland"}[chain]
        assert set(routers) == {DOMAINS[name] for name in (*foreign, other)}
        for name, end in foreign.items():
            assert routers[DOMAINS[name]] == end.router
            if name in ROUTERS:
                assert end.router == word(ROUTERS[name]), name


def test_the_router_of_an_end_that_names_none_is_in_the_config_beside_it(tmp_path):
    lonely = tmp_path / "all-deploy.yaml"
    lonely.write_text(deploy_file("LAND/all").read_text())
    with pytest.raises(ConfigError, match="cosmosland: foreignDeployment: required, but missing"):
        read_route_file(lonely, PUBLIC)


@pytest.mark.parametrize(
    "router",
    [
        "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdW",
        "wasm1yg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3qa7a8fn",
        "0x" + 65 * "1",
        "nothing",
        "0",
    ],
    ids=["tron checksum", "bech32 checksum", "too long", "text", "zero"],
)
def test_a_router_that_cannot_be_encoded_is_named(router, tmp_path):
    path = tmp_path / "mine-deploy.yaml"
    ends = {"mainland": {"type": "native"}, "tronland": {"foreignDeployment": router}}
    path.write_text(yaml.safe_dump(ends))
    with pytest.raises(ConfigError, match=f"tronland: foreignDeployment: '{router}', expected"):
        read_route_file(path, PUBLIC)


def test_contracts_that_files_and_registry_name_are_used_and_others_made():
    steps = {step.name: step for step in plan(deploy_file("NATV/rollup"))["mainland"]}
    known = PUBLIC.addresses("mainland").as_file()
    assert steps["ccipHook"] == Use(
        "ccipHook", known["ccipHook_rollup"], steps["ccipHook"].readings
    )
    assert isinstance(steps["tokenFee"], Use)
    lst = {step.name: step for step in plan(deploy_file("LSTX/lst-prod"))["rollup"]}
    factory = "staticAggregationIsmFactory"
    assert lst[factory] == Use(factory, PUBLIC.addresses("rollup").as_file()[factory])
    assert isinstance(lst["protocolFee"], Create)
    assert isinstance(lst["interchainSecurityModule"], CreateSet)


@pytest.mark.parametrize("route", named("*-config.yaml"))
def test_a_deployed_route_is_read_to_the_last_key(route):
    content = yaml.safe_load((ROUTES / f"{route}-config.yaml").read_text())
    found = read(WarpRoute, ROUTES / f"{route}-config.yaml")
    assert found.as_file().keys() == content.keys()
    for token, said in zip(found.as_file()["tokens"], content["tokens"], strict=True):
        assert token.keys() == said.keys()
        assert str(token["addressOrDenom"]).lower() == str(said["addressOrDenom"]).lower()
    assert find_route(FOLDER, route, "-config.yaml") == route


def test_ends_are_sent_from_or_named():
    route = read(WarpRoute, ROUTES / "USDX/svmland-config.yaml")
    assert {route.on(chain).chain_name for chain in EVM} == set(EVM)
    with pytest.raises(ConfigError, match="the route's token on svmland is a SealevelHypSynthetic"):
        route.on("svmland")
    scale = read(WarpRoute, ROUTES / "CROSS/all-config.yaml").on("rollup").scale
    assert scale == Fraction(1, 10**12)


def test_of_several_tokens_on_a_chain_none_is_taken_by_chance(tmp_path):
    path = ROUTES / "CROSS/all-config.yaml"
    with pytest.raises(ConfigError) as refused:
        read(WarpRoute, path).on("mainland")
    assert re.search(
        r"several tokens on mainland: USDX at 0x\w+, USD\u20ae0 at", str(refused.value)
    )
    content = yaml.safe_load(path.read_text())
    (meant,) = (each for each in content["tokens"] if each["symbol"] == "USD\u20ae0")
    others = (each for each in content["tokens"] if each["chainName"] != "mainland")
    copied = tmp_path / "mine-config.yaml"
    copied.write_text(yaml.safe_dump({"tokens": [meant, *others]}))
    assert read(WarpRoute, copied).on("mainland").symbol == "USD\u20ae0"


def test_a_second_route_of_a_public_one_is_not_planned_without_a_word():
    tokens = read_warp_config(deploy_file("WBTX/mainland-rollup"))
    with pytest.raises(ConfigError, match="all ends of WBTX/mainland-rollup, which is deployed"):
        choose_route(PUBLIC, tokens, None, "OTHER")


def settings(relayed):
    overrides = ["--relayChains", relayed, "--defaultSigner.key", "0x" + "ab" * 32]
    return load_settings(RelayerSettings, [FOLDER / "agent-config.json"], {}, overrides)


def test_a_relayer_runs_on_a_public_agent_config():
    found = settings(",".join(EVM))
    content = json.loads((FOLDER / "agent-config.json").read_text())["chains"]
    for name in EVM:
        chain, said = found.chains[name], content[name]
        assert (chain.domain_id, chain.chain_id) == (said["domainId"], said["chainId"])
        assert "0x" + chain.mailbox.hex() == said["mailbox"].lower()
        assert len(chain.rpc_urls) == len(said["rpcUrls"])
    assert found.chains["rollup"].index.chunk == 1000


@pytest.mark.parametrize("chain", FOREIGN)
def test_an_agent_for_a_chain_of_another_protocol_is_refused_in_one_line(chain):
    with pytest.raises(ConfigError, match=rf"{chain}.*{FOREIGN[chain]}") as refused:
        settings(f"mainland,{chain}")
    assert "\n" not in str(refused.value)
