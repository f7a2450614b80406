"""`ape run warp`: routes from a file to tokens that arrive, on two real nodes."""

import contextlib
import json
import threading
import time

import pytest
import yaml
from benchmarks.anvil import Chain
from click.testing import CliRunner
from eth_utils import keccak
from web3 import HTTPProvider, Web3

from ape_hyperlane import cli
from ape_hyperlane.processes import Processes, free_port
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32
from hyperlane.registry import ChainAddresses, ChainMetadata, Registry

CHAINS = {"alpha": 31337, "beta": 31338}
ETHER = 10**18
DISPATCH = keccak(text="Dispatch(address,uint32,bytes32,bytes)")
ONE = "0x" + 40 * "1"


class World:
    """Two chains with a Mailbox each that believes everything, and a registry that knows them."""

    def __init__(self, processes, folder):
        self.registry = Registry(folder / "registry")
        self.urls, self.chains, self.mailboxes = {}, {}, {}
        for name, domain in CHAINS.items():
            port = free_port()
            self.urls[name] = f"http://127.0.0.1:{port}"
            processes.start(name, ["anvil", "--port", str(port), "--chain-id", str(domain)])
            web3 = Web3(HTTPProvider(self.urls[name]))
            processes.wait_until(web3.is_connected, "anvil answers", 30)
            self.chains[name] = Chain(web3)
            self._deploy(name, domain)

    def _deploy(self, name, domain):
        chain = self.chains[name]
        mailbox = chain.deploy("Mailbox", domain)
        noop, hook = chain.deploy("NoopIsm"), chain.deploy("PausableHook")
        chain.send(
            mailbox.functions.initialize(chain.sender, noop.address, hook.address, hook.address)
        )
        self.mailboxes[name] = mailbox
        self.registry.write_metadata(
            ChainMetadata(
                name=name, chain_id=domain, domain_id=domain, rpc_urls=[{"http": self.urls[name]}]
            )
        )
        self.registry.write_addresses(name, ChainAddresses(mailbox=mailbox.address))

    def __getitem__(self, name):
        return self.chains[name]

    def nonces(self):
        return {
            name: chain.web3.eth.get_transaction_count(chain.sender)
            for name, chain in self.chains.items()
        }

    def deliver(self):
        """Delivers whatever was dispatched and has not arrived."""
        for origin, chain in self.chains.items():
            logs = chain.web3.eth.get_logs(
                {"address": self.mailboxes[origin].address, "fromBlock": 0, "topics": [DISPATCH]}
            )
            for log in logs:
                event = self.mailboxes[origin].events.Dispatch().process_log(log)
                message = event["args"]["message"]
                target = next(n for n, d in CHAINS.items() if d == event["args"]["destination"])
                mailbox = self.mailboxes[target]
                if not mailbox.functions.delivered(keccak(message)).call():
                    self.chains[target].send(mailbox.functions.process(b"", message))

    @contextlib.contextmanager
    def relaying(self):
        stopped = threading.Event()

        def loop():
            while not stopped.is_set():
                self.deliver()
                time.sleep(0.2)

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    with Processes(folder / "logs") as processes:
        yield World(processes, folder)


@pytest.fixture
def token(world):
    """An ERC-20 on alpha of which the first account has plenty."""

    def token(decimals=18, symbol="TEST"):
        chain = world["alpha"]
        return chain.deploy("TestERC20", symbol, symbol, 10**6 * 10**decimals, decimals)

    return token


@pytest.fixture
def warp(world, tmp_path):
    """`warp <command> …` in this process. A config is written down first."""

    def warp(command, *options, config=None):
        if config is not None:
            path = tmp_path / "route-deploy.yaml"
            path.write_text(config if isinstance(config, str) else yaml.safe_dump(config))
            options = ("--config", str(path), *options)
        account = () if command == "check" else ("--account", "test:0")
        arguments = [command, "--registry", str(world.registry.folder), *account, *options]
        result = CliRunner(mix_stderr=False).invoke(cli.warp, list(map(str, arguments)))
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    return warp


@pytest.fixture
def deployed(warp):
    """Deploys a route and returns its routers by chain."""

    def deployed(route, config, *options):
        result = warp("deploy", "--route", route, "--json", *options, config=config)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return deployed


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


def test_a_second_run_sends_nothing(world, deployed):
    config = {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}}
    routers = deployed("ETH/again", config)
    nonces = world.nonces()
    assert deployed("ETH/again", config) == routers
    assert world.nonces() == nonces


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

    found = warp("check", "--route", "ETH/drift")
    assert found.exit_code == 1
    assert sorted(line.partition(" is ")[0] for line in found.stdout.splitlines()) == [
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


def test_fees_by_amount_and_destination_are_deployed(deployed, warp, token):
    fee = {"type": "RoutingFee", "feeContracts": {"beta": {"type": "LinearFee", "bps": 5}}}
    curve = {"type": "ProgressiveFee", "maxFee": 100, "halfAmount": 1000}
    deployed(
        "TEST/fee",
        {
            "alpha": {"type": "collateral", "token": token().address, "tokenFee": fee},
            "beta": {"type": "synthetic", "tokenFee": curve},
        },
    )
    assert warp("check", "--route", "TEST/fee").exit_code == 0


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"alpha": {"type": "native"}}, "alpha: alone; expected another chain"),
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
            "alpha: tokenFee: bps: expected that, or maxFee and halfAmount",
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
            "alpha.destinationGas.bta: not in the registry; did you mean 'beta'?",
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
