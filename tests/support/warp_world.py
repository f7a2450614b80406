"""Two chains, and the warp command as its users run it."""

import contextlib
import json
import shutil
import threading
import time
from pathlib import Path

import pytest
import yaml
from benchmarks.anvil import Chain
from click.testing import CliRunner
from eth_utils import keccak
from web3 import HTTPProvider, Web3

from ape_hyperlane import cli
from ape_hyperlane.demo.processes import Processes, anvil, free_port
from hyperlane.registry import ChainAddresses, ChainMetadata, Registry
from hyperlane.registry.deployed_routes import route_paths
from hyperlane.registry.warp_token import WarpToken

CHAINS = {"alpha": 31337, "beta": 31338}
PUBLIC = Path(__file__).parents[1] / "registry" / "public" / "chains"
FOREIGN = tuple(
    sorted(path.name for path in PUBLIC.iterdir() if path.name not in ("mainland", "rollup"))
)
DISPATCH = keccak(text="Dispatch(address,uint32,bytes32,bytes)")


class World:
    """Two chains with a Mailbox each that believes everything, and a registry that knows them."""

    def __init__(self, processes, folder):
        self.registry = Registry(folder / "registry")
        for chain in FOREIGN:  # of other protocols, as in the public registry
            shutil.copytree(PUBLIC / chain, self.registry.chain_folder(chain))
        self.urls, self.chains, self.mailboxes = {}, {}, {}
        for name, domain in CHAINS.items():
            port = free_port()
            self.urls[name] = f"http://127.0.0.1:{port}"
            processes.start(name, anvil(port, domain))
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

    def forget_calls(self, route):
        """As if a run had been killed after each of a route's calls, and before it wrote that
        down."""
        for path in self.registry.folder.glob(f"chains/*/warp-{route.replace('/', '-')}.json"):
            content = json.loads(path.read_text())
            steps = content["steps"].items()
            content["steps"] = {name: step for name, step in steps if step["address"]}
            path.write_text(json.dumps(content))

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


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
def warp(world, tmp_path_factory):
    """`warp <command> …` in this process. A config is written down first."""
    path = tmp_path_factory.mktemp("warp") / "route-deploy.yaml"

    def warp(command, *options, config=None):
        if config is not None:
            path.write_text(config if isinstance(config, str) else yaml.safe_dump(config))
            options = ("--config", str(path), *options)
        account = () if command in ("check", "read") else ("--account", "test:0")
        arguments = [command, "--registry", str(world.registry.folder), *account, *options]
        result = CliRunner(mix_stderr=False).invoke(cli.warp, list(map(str, arguments)))
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    return warp


UNREAD = {
    *("initialSupply", "gas", "name", "symbol", "decimals", "contractVersion", "mailbox"),
    *("upgradeable", "ownerOverrides", "proxyAdmin"),
}
"""Keys of a deploy file that a router does not tell, or tells by others."""
DEFAULTS = {
    *("owner", "beneficiary", "oracleKey", "paused", "duration"),
    *("sender", "recipient", "warpRouter", "router", "chainSelector", "ism"),
}
"""Keys of modules that a file may omit and a contract tells."""


def assert_reads_as(found, written):
    """What was read is what the file says, besides what a contract cannot tell, or a file omit."""
    assert found.keys() == written.keys()
    for chain, token in written.items():
        ends = [WarpToken.model_validate(each) for each in (found[chain], token)]
        assert ends[0].upgradeable == ends[1].upgradeable
        if ends[1].admin and ends[1].admin.owner:
            assert ends[0].admin.owner == ends[1].admin.owner
        read, told = (end.as_file() for end in ends)
        names = {str(domain): name for name, domain in CHAINS.items()}
        _assert_within(_plain(told, names), _plain(read, names), chain, UNREAD)


def _plain(value, names):
    """Chains by name, addresses in lower case, limits as they refill."""
    if isinstance(value, dict):
        if "maxCapacity" in value:
            duration = value.get("duration", 86400)
            capacity = int(value["maxCapacity"]) // duration * duration
            value = {**value, "maxCapacity": str(capacity)}
        plain = {names.get(key, key.lower()): _plain(each, names) for key, each in value.items()}
        return plain
    if isinstance(value, list):
        return [_plain(each, names) for each in value]
    if isinstance(value, str) and value.startswith("0x" + 24 * "0"):
        value = f"0x{value[26:]}"
    return names.get(value.lower(), value.lower()) if isinstance(value, str) else value


NOTHING = ([], {}, "0x", "0x" + 16 * "0", False, 1)
"""What a file may say for what a contract does not list; the zero address as `_plain` has it."""


def _assert_within(told, read, path, ignored=frozenset()):
    if isinstance(told, dict) and isinstance(read, dict):
        told, read = (
            {key: each for key, each in value.items() if key not in map(str.lower, ignored)}
            for value in (told, read)
        )
        told = {key: each for key, each in told.items() if each not in NOTHING}
        read = {key: each for key, each in read.items() if each not in NOTHING}
        missing = (told.keys() - read.keys(), read.keys() - told.keys() - DEFAULTS_BELOW)
        assert missing == (set(), set()), (path, told, read)
        for key, each in told.items():
            _assert_within(each, read[key], f"{path}.{key}")
    elif isinstance(told, list) and isinstance(read, list) and len(told) == len(read):
        for index, (one, other) in enumerate(zip(told, read, strict=True)):
            _assert_within(one, other, f"{path}.{index}")
    else:
        assert read == told, path


DEFAULTS_BELOW = {key.lower() for key in DEFAULTS}


@pytest.fixture(scope="package")
def deployed(warp, world):
    """Deploys a route, which reads back as its file, and returns its routers by chain."""

    def deployed(route, config, *options):
        result = warp("deploy", "--route", route, "--json", *options, config=config)
        assert result.exit_code == 0, result.stderr
        routers = json.loads(result.stdout)
        written = yaml.safe_load(route_paths(world.registry.folder, route)[0].read_text())
        ours = {key: end for key, end in written.items() if "foreignDeployment" not in end}
        starts = [f"{chain}={router}" for chain, router in routers.items()]
        if not any(token["type"] == "collateralOft" for token in ours.values()):
            starts = starts[:1]  # the others are enrolled
        found = warp("read", *(option for start in starts for option in ("--router", start)))
        assert found.exit_code == 0, found.stderr
        read = yaml.safe_load(found.stdout)
        if foreign := written.keys() - ours.keys():
            # What others deployed is, for a router, one of its remote routers.
            assert all(end.pop("remoteRouters").keys() == foreign for end in read.values())
        assert_reads_as(read, ours)
        return routers

    return deployed
