"""`ape run warp`: routes from a file to tokens that arrive, on two real nodes."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from tests.support.warp_world import CHAINS

from ape_hyperlane.plans.steps import ADMIN_SLOT
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32

DOCS = Path(__file__).parents[3] / "docs" / "warp-routes.md"
ETHER = 10**18
ONE = "0x" + 40 * "1"


def test_a_route_is_deployed_enrolled_owned_and_written_down(world, deployed, warp):
    owner = world["alpha"].web3.eth.accounts[5]
    routers = deployed(
        "ETH/first",
        {
            "alpha": {"type": "native", "owner": owner},
            "beta": {"type": "synthetic", "owner": owner, "gas": 99_000},
        },
    )
    native = world["alpha"].at("HypNative", routers["alpha"]).functions
    synthetic = world["beta"].at("HypERC20", routers["beta"]).functions
    assert native.routers(CHAINS["beta"]).call() == word(routers["beta"])
    assert synthetic.routers(CHAINS["alpha"]).call() == word(routers["alpha"])
    assert native.destinationGas(CHAINS["beta"]).call() == 99_000
    assert synthetic.destinationGas(CHAINS["alpha"]).call() == 60_000
    assert native.owner().call() == synthetic.owner().call() == owner
    assert (synthetic.name().call(), synthetic.symbol().call()) == ("Ether", "ETH")
    assert synthetic.decimals().call() == 18
    assert native.mailbox().call() == world.mailboxes["alpha"].address

    path = world.registry.folder / "deployments" / "warp_routes" / "ETH" / "first-config.yaml"
    first, second = yaml.safe_load(path.read_text())["tokens"]
    wanted = yaml.safe_load(path.with_name("first-deploy.yaml").read_text())
    assert wanted["beta"] == {
        "type": "synthetic",
        "owner": owner,
        "gas": 99_000,
        "destinationGas": {str(CHAINS["alpha"]): "60000"},
        "name": "Ether",
        "symbol": "ETH",
        "decimals": 18,
    }
    assert first == {
        "chainName": "alpha",
        "standard": "EvmHypNative",
        "name": "Ether",
        "symbol": "ETH",
        "decimals": 18,
        "addressOrDenom": routers["alpha"],
        "connections": [{"token": f"ethereum|beta|{routers['beta']}"}],
    }
    assert (second["chainName"], second["standard"]) == ("beta", "EvmHypSynthetic")
    assert warp("check", "--route", "ETH/first").stdout == "ETH/first is as it was deployed\n"


def test_overrides_versions_and_routers_elsewhere_are_as_in_the_file(world, deployed, warp):
    remote = {"address": "0x" + 64 * "3"}
    routers = deployed(
        "ETH/overrides",
        {
            "alpha": {
                "type": "native",
                "ownerOverrides": {"proxyAdmin": ONE},
                "contractVersion": "12.1.0",
                "remoteRouters": {"5": remote, "6": remote},
                "destinationGas": {"6": "68000"},
            },
            "beta": {"type": "synthetic"},
        },
    )
    alpha = world["alpha"]
    router = alpha.at("HypNative", routers["alpha"]).functions
    admin = bytes(alpha.web3.eth.get_storage_at(routers["alpha"], ADMIN_SLOT)[-20:]).hex()
    assert alpha.at("ProxyAdmin", admin).functions.owner().call() == ONE
    assert router.PACKAGE_VERSION().call() == "12.1.0"
    assert "0x" + router.routers(5).call().hex() == remote["address"]
    assert [router.destinationGas(domain).call() for domain in (5, 6)] == [60_000, 68_000]
    assert warp("check", "--route", "ETH/overrides").exit_code == 0


def test_a_second_run_sends_nothing(world, deployed):
    config = {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}}
    routers = deployed("ETH/again", config)
    nonces = world.nonces()
    assert deployed("ETH/again", config) == routers
    assert world.nonces() == nonces


def test_what_was_said_for_good_is_not_changed_and_nothing_else_then(world, warp, deployed):
    config = {"alpha": {"type": "native"}, "beta": {"type": "synthetic", "symbol": "ONE"}}
    deployed("ETH/good", config)
    nonces = world.nonces()
    for change, complaint in (
        ({"symbol": "TWO"}, "beta: router.symbol() is ONE, expected TWO; this cannot be changed"),
        ({"decimals": 6}, "beta: "),
    ):
        end = {**config["beta"], "gas": 70_000, **change}
        refused = warp("deploy", "--route", "ETH/good", config={**config, "beta": end})
        assert refused.exit_code == 1
        assert complaint in refused.stderr
        assert "this cannot be changed, choose another" in refused.stderr
    assert world.nonces() == nonces


@pytest.mark.parametrize("command", ["check", "deploy"])
def test_a_router_is_not_deployed_again_when_its_journal_is_lost(world, warp, deployed, command):
    config = {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}}
    routers = deployed("ETH/lost", config)
    journal = world.registry.chain_folder("beta") / "warp-ETH-lost.json"
    content = journal.read_text()
    journal.unlink()
    nonces = world.nonces()
    refused = warp(command, "--route", "ETH/lost", config=config if command == "deploy" else None)
    assert refused.exit_code == 1
    assert f"the router on beta is {routers['beta']}, but {journal.name} is not" in refused.stderr
    assert world.nonces() == nonces
    journal.write_text(content)
    assert deployed("ETH/lost", config) == routers


def test_a_dry_run_shows_the_plan_and_leaves_no_trace(world, warp):
    nonces = world.nonces()
    result = warp(
        "deploy",
        "--dry-run",
        config={"alpha": {"type": "native"}, "beta": {"type": "synthetic", "symbol": "DRY"}},
    )
    assert result.exit_code == 0, result.stderr
    assert "create HypNative(1, 1, " in result.stdout
    assert "initialize(0, Ether, DRY, " in result.stdout
    assert world.nonces() == nonces
    assert not list(world.registry.folder.glob("chains/*/warp-*DRY*"))


def test_a_run_that_stopped_between_two_chains_is_resumed(world, warp, deployed):
    """The second chain refuses the deployer's transactions once: it has no ether."""
    config = {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}}
    beta = world["beta"]
    before = world.nonces()
    journal = world.registry.chain_folder("alpha") / "warp-ETH-resumed.json"
    provider = beta.web3.provider
    balance = beta.web3.eth.get_balance(beta.sender)
    provider.make_request("anvil_setBalance", [beta.sender, "0x0"])
    refused = warp("deploy", "--route", "ETH/resumed", config=config)
    assert refused.exit_code == 1
    assert f"account {beta.sender} has 0.000000 ether" in refused.stderr
    assert world.nonces() == before  # noticed before the first transaction on any chain
    provider.make_request("anvil_setBalance", [beta.sender, hex(balance)])

    routers = deployed("ETH/resumed", config)
    steps = json.loads(journal.read_text())
    last = list(steps["steps"])[-1]
    steps["steps"].pop(last)  # as if killed before it was sent or written down
    journal.write_text(json.dumps(steps))
    sent = world.nonces()
    assert deployed("ETH/resumed", config) == routers
    assert world.nonces() == sent


@pytest.mark.parametrize(
    ("decimals", "config", "scales"),
    [
        (6, {}, ((1, 1), (1, 1))),
        (6, {"decimals": 18}, ((10**12, 1), (1, 1))),
        (18, {"decimals": 6}, ((1, 1), (10**12, 1))),
        (18, {"decimals": 6, "scale": 1}, ((1, 10**12), (1, 1))),
    ],
)
def test_amounts_mean_the_same_whatever_the_decimals(
    world, deployed, token, decimals, config, scales
):
    erc20 = token(decimals)
    routers = deployed(
        f"TEST/{erc20.address[2:10].lower()}",
        {
            "alpha": {"type": "collateral", "token": erc20.address},
            "beta": {"type": "synthetic", **config},
        },
    )
    ends = (
        world["alpha"].at("HypERC20Collateral", routers["alpha"]).functions,
        world["beta"].at("HypERC20", routers["beta"]).functions,
    )
    found = tuple((e.scaleNumerator().call(), e.scaleDenominator().call()) for e in ends)
    assert found == scales
    assert ends[1].decimals().call() == config.get("decimals", decimals)
    route = erc20.address[2:10].lower()
    path = world.registry.folder / f"deployments/warp_routes/TEST/{route}-config.yaml"
    written = [token.get("scale", 1) for token in yaml.safe_load(path.read_text())["tokens"]]
    assert written == [n if d == 1 else {"numerator": n, "denominator": d} for n, d in scales]


def test_tokens_go_there_and_back(world, deployed, warp, token):
    erc20 = token(6, "USDX")
    routers = deployed(
        "USDX/trip",
        {
            "alpha": {"type": "collateral", "token": erc20.address},
            "beta": {"type": "synthetic", "decimals": 18},
        },
    )
    receiver = world["beta"].web3.eth.accounts[7]
    with world.relaying():
        there = warp(
            *("send", "--route", "USDX/trip", "--origin", "alpha", "--to", "beta"),
            *("--amount", "12.5", "--recipient", receiver),
        )
        assert there.exit_code == 0, there.stderr
        assert f"{receiver} on beta: 0.000000000000000000 USDX, now 12.5" in there.stdout
        synthetic = world["beta"].at("HypERC20", routers["beta"]).functions
        assert synthetic.balanceOf(receiver).call() == 125 * 10**17
        assert erc20.functions.balanceOf(routers["alpha"]).call() == 12_500_000
        assert erc20.functions.allowance(world["alpha"].sender, routers["alpha"]).call() == 0
        back = warp(
            *("send", "--route", "USDX/trip", "--origin", "beta", "--to", "alpha"),
            *("--amount", "2.5", "--recipient", ONE, "--account", "test:7"),
        )
        assert back.exit_code == 0, back.stderr
    assert erc20.functions.balanceOf(ONE).call() == 2_500_000
    assert synthetic.totalSupply().call() == 10 * ETHER


def test_what_the_docs_tell_a_newcomer_to_do_works(world, warp, tmp_path):
    text = DOCS.read_text()
    config, commands, output = (
        re.search(rf"```{language}\n((?:(?!```).)*{content}.*?)```", text, re.S)[1]
        for language, content in (
            ("yaml", "# route-deploy.yaml"),
            ("sh", "ape run warp"),
            ("", "on beta: 0.0"),
        )
    )
    path = tmp_path / "route-deploy.yaml"
    path.write_text(config)
    with world.relaying():
        for line in commands.splitlines():
            program, *words = shlex.split(line.replace(path.name, str(path)))
            assert (program, words[:2]) == ("ape", ["run", "warp"])
            at = words.index("--registry")
            result = warp(words[2], *words[3:at], *words[at + 2 :])
            assert result.exit_code == 0, result.stderr
            if words[2] == "send":
                assert output.strip() == result.stdout.splitlines()[-1]
    assert result.stdout == "aETH/mine is as it was deployed\n"


def test_what_somebody_changed_is_named_field_by_field_and_repaired(world, deployed, warp):
    config = {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}}
    routers = deployed("ETH/drift", config)
    router = world["beta"].at("HypERC20", routers["beta"])
    functions = router.functions
    for call in (
        functions.enrollRemoteRouter(CHAINS["alpha"], b"\1" * 32),
        functions.enrollRemoteRouter(5, b"\1" * 32),
        functions.setDestinationGas(CHAINS["alpha"], 1),
    ):
        world["beta"].send(call)
    native = world["alpha"].at("HypNative", routers["alpha"]).functions
    world["alpha"].send(native.addRebalancer(ONE))
    world["alpha"].send(native.addBridge(CHAINS["beta"], ONE))

    found = warp("check", "--route", "ETH/drift")
    assert found.exit_code == 1
    assert sorted(line.partition(" is ")[0] for line in found.stdout.splitlines()) == [
        "alpha: router.allowedBridges(31338)",
        "alpha: router.allowedRebalancers()",
        "beta: router.destinationGas(31337)",
        "beta: router.domains()",
        "beta: router.routers(31337)",
    ]
    deployed("ETH/drift", config)
    assert warp("check", "--route", "ETH/drift").exit_code == 0
    assert functions.domains().call() == [CHAINS["alpha"]]


def test_module_hook_and_limits_are_deployed_for_the_router(world, deployed):
    routers = deployed(
        "ETH/guarded",
        {
            "alpha": {
                "type": "native",
                "hook": {"type": "rateLimitedHook", "maxCapacity": str(10**20)},
                "proxyAdmin": {"owner": ONE},
            },
            "beta": {
                "type": "synthetic",
                "interchainSecurityModule": {
                    "type": "staticAggregationIsm",
                    "threshold": 2,
                    "modules": [
                        {"type": "rateLimitedIsm", "maxCapacity": str(10**20)},
                        {"type": "messageIdMultisigIsm", "validators": [ONE], "threshold": 1},
                    ],
                },
            },
        },
    )
    alpha, beta = world["alpha"], world["beta"]
    hook = alpha.at("HypNative", routers["alpha"]).functions.hook().call()
    assert alpha.at("RateLimitedHook", hook).functions.sender().call() == routers["alpha"]
    module = beta.at("HypERC20", routers["beta"]).functions.interchainSecurityModule().call()
    modules, threshold = (
        beta.at("StaticAggregationIsm", module).functions.modulesAndThreshold(b"").call()
    )
    assert threshold == 2
    limit = beta.at("RateLimitedIsm", modules[0]).functions
    assert limit.recipient().call() == routers["beta"]


def test_a_limit_on_the_net_flow_is_hook_and_module_of_the_router(world, deployed, warp):
    flow = {"type": "netFlowRateLimitedHookIsm", "thresholdBps": 1000, "duration": 3600}
    modules = [flow, {"type": "testIsm"}]
    routers = deployed(
        "ETH/flow",
        {
            "alpha": {
                "type": "native",
                "hook": flow,
                "interchainSecurityModule": {
                    "type": "staticAggregationIsm",
                    "threshold": 2,
                    "modules": modules,
                },
            },
            "beta": {"type": "synthetic"},
        },
    )
    alpha = world["alpha"]
    router = alpha.at("HypNative", routers["alpha"]).functions
    limit = alpha.at("NetFlowRateLimitedHookIsm", router.hook().call())
    assert limit.functions.warpRouter().call() == routers["alpha"]
    module = alpha.at("StaticAggregationIsm", router.interchainSecurityModule().call())
    assert module.functions.modulesAndThreshold(b"").call()[0][0] == limit.address
    assert warp("check", "--route", "ETH/flow").exit_code == 0


def test_a_vault_earns_for_holders_on_the_other_side(world, deployed, warp, token):
    vault = world["alpha"].deploy("TestVault", token(6).address).address
    deployed(
        "TEST/vault",
        {
            "alpha": {"type": "collateralVaultRebase", "token": vault},
            "beta": {"type": "syntheticRebase"},
        },
    )
    assert warp("check", "--route", "TEST/vault").exit_code == 0
    path = world.registry.folder / "deployments/warp_routes/TEST/vault-deploy.yaml"
    assert yaml.safe_load(path.read_text())["beta"] == {
        "type": "syntheticRebase",
        "owner": world["beta"].sender,
        "collateralChainName": "alpha",
        "destinationGas": {str(CHAINS["alpha"]): "250000"},
        "name": "TEST",
        "symbol": "TEST",
        "decimals": 6,
    }


def test_nfts_that_are_nowhere_yet_are_minted_on_one_chain(deployed, warp):
    named = {"name": "Cats", "symbol": "CAT"}
    deployed(
        "CAT/nft",
        {
            "alpha": {"type": "syntheticUri", "initialSupply": 3, **named},
            "beta": {"type": "syntheticUri", **named},
        },
    )
    assert warp("check", "--route", "CAT/nft").exit_code == 0


def test_fees_by_amount_and_destination_are_deployed(world, deployed, warp, token):
    by_chain = {
        "beta": {"type": "LinearFee", "bps": 5},
        "5": {"type": "OffchainQuotedLinearFee", "bps": 5, "quoteSigners": [ONE]},
        "6": {"type": "LinearFee", "bps": 5, "owner": "0x" + 40 * "2"},
    }
    fee = {"type": "RoutingFee", "owner": ONE, "feeContracts": by_chain}
    curve = {"type": "ProgressiveFee", "maxFee": 100, "halfAmount": 1000}
    routers = deployed(
        "TEST/fee",
        {
            "alpha": {"type": "collateral", "token": token().address, "tokenFee": fee},
            "beta": {"type": "synthetic", "tokenFee": curve},
        },
    )
    assert warp("check", "--route", "TEST/fee").exit_code == 0
    alpha = world["alpha"]
    recipient = alpha.at("HypERC20Collateral", routers["alpha"]).functions.feeRecipient().call()
    fees = alpha.at("RoutingFee", recipient).functions
    assert fees.owner().call() == ONE
    owners = [
        alpha.at("LinearFee", fees.feeContracts(domain).call()).functions.owner().call()
        for domain in (CHAINS["beta"], 5, 6)
    ]
    assert owners == [ONE, ONE, "0x" + 40 * "2"]


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"alpha": {"type": "native"}}, "alpha: the only chain; expected another one"),
        ({"alpha": {"type": "synthetic"}, "beta": {"type": "synthetic"}}, "nothing but synthetic"),
        ({"alpha": {"type": "nativ"}, "beta": {"type": "synthetic"}}, "alpha: type: 'nativ'"),
        ({"alpha": {"type": "native", "ownr": 1}}, "alpha: unknown key 'ownr'; did you mean"),
        ({"alpha": {"type": "collateral"}}, "alpha: token: required for type collateral"),
        ({"alpha": {"type": "native", "token": ONE}}, "alpha: token: type native has none"),
        (
            {"alpha": {"type": "collateral", "token": ONE}, "beta": {"type": "synthetic"}},
            f"alpha.token: {ONE}: no contract on alpha; expected one",
        ),
        ({"alpha": {"type": "native"}, "gamma": {"type": "synthetic"}}, "no chain 'gamma'"),
        (
            {"alpha": {"type": "native", "decimals": 6}, "beta": {"type": "synthetic"}},
            "alpha.decimals: 6, but the token has 18",
        ),
        (
            {
                "alpha": {"type": "native", "scale": 10},
                "beta": {"type": "synthetic", "scale": {"numerator": 1, "denominator": 1}},
            },
            "beta.scale: a whole token would be 1000000000000000000 message units, but 1000000000",
        ),
        (
            {"alpha": {"type": "native", "scale": 0}, "beta": {"type": "synthetic"}},
            "alpha: scale: 0, expected more than 0",
        ),
        (
            {
                "alpha": {"type": "native", "tokenFee": {"type": "LinearFee"}},
                "beta": {"type": "synthetic"},
            },
            "alpha: tokenFee: bps: required, or maxFee and halfAmount",
        ),
        (
            {"alpha": {"type": "native", "hook": ONE}, "beta": {"type": "synthetic"}},
            f"{ONE}: no contract on alpha; expected one",
        ),
        (
            {
                "alpha": {"type": "native", "destinationGas": {"bta": 1}},
                "beta": {"type": "synthetic"},
            },
            "alpha: destinationGas.bta: not in the registry; did you mean 'beta'?",
        ),
    ],
)
def test_routes_that_cannot_be_are_refused_in_one_line(world, warp, config, complaint):
    nonces = world.nonces()
    result = warp("deploy", "--route", "BAD/route", config=config)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert complaint in line
    assert world.nonces() == nonces


def word(address):
    return address_to_bytes32(address_from_hex(address))


def test_gas_that_does_not_cover_a_delivery_is_a_risk(world, deployed, warp):
    config = {
        "alpha": {"type": "native", "destinationGas": {"beta": 30_000}},
        "beta": {"type": "synthetic", "destinationGas": {"alpha": 60_000}},
    }
    routers = deployed("ETH/gas", config)
    chain = world["alpha"]
    chain.web3.eth.send_transaction(
        {"from": chain.sender, "to": routers["alpha"], "value": 1, "gas": 100_000}
    )
    risks = [
        line.removeprefix("risk: ")
        for line in warp("check", "--route", "ETH/gas").stderr.splitlines()
        if "destinationGas" in line
    ]
    assert len(risks) == 2
    to_alpha, to_beta = sorted(risks, reverse=True)
    assert re.fullmatch(
        r"beta\.destinationGas\.alpha: 60,000 gas is paid for deliveries that take [345]\d,\d{3},"
        r" and 1[234]\d,\d{3} once new storage is repriced as announced for Ethereum: set .* before"
        r" that, where alpha takes part in it",
        to_alpha,
    )
    assert re.fullmatch(
        r"alpha\.destinationGas\.beta: 30,000 gas is paid for deliveries that take [567]\d,\d{3}:"
        r" set \d+,\d{3} or more",
        to_beta,
    )
