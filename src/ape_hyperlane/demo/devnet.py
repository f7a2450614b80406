"""Local chains with cores and agents, for demos and tests.

All files of a devnet are in one folder: registry, databases of agents, checkpoints, logs. Its keys
are those of the public development mnemonic, so it must only be reachable by loopback.
"""

import contextlib
import json
import shlex
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ape
from ape.api import AccountAPI
from eth_account import Account
from eth_account.signers.local import LocalAccount

from ape_hyperlane.core.deploy import deploy_core, plan_deployment
from ape_hyperlane.demo.processes import Processes, anvil, free_port
from hyperlane.files import write_atomic
from hyperlane.registry import ChainMetadata, CoreConfig, Registry
from hyperlane.registry.chains import ETHER, Blocks, RpcUrl

MNEMONIC = "test test test test test test test test test test test junk"
"""The mnemonic of every development node; its keys are public."""

EXPLORER = ("fastapi", "jinja2", "uvicorn")
"""Packages that serving the explorer needs."""

DEPLOYER, RELAYER, USER, FIRST_VALIDATOR = 0, 1, 2, 3
"""Indices of development accounts; validators have the following ones."""


def development_key(index: int) -> LocalAccount:
    """The development account with this index."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account


@dataclass(frozen=True, slots=True)
class LocalChain:
    """An anvil chain and its validators."""

    name: str
    chain_id: int
    port: int
    validators: tuple[LocalAccount, ...]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Stop:
    """A pause that a guardian's key can begin."""

    chain: str
    contract: str
    key: LocalAccount
    recipients: tuple[str, ...]
    """Recipients whose forged messages make the guardian pause. Without a list, anybody could cause
    a pause, by a forged message to a contract of its own."""

    @property
    def settings(self) -> dict[str, Any]:
        """Entry of `stops` in the watchtower's settings."""
        return {
            "chain": self.chain,
            "kind": "pause",
            "contract": self.contract,
            "signer": hex_key(self.key),
            "recipients": list(self.recipients),
        }


class Devnet:
    """Local chains with cores and agents. A context manager: its exit ends all processes."""

    def __init__(
        self, folder: Path, names: Sequence[str] = ("alpha", "beta"), validators: int = 2
    ) -> None:
        self.folder = folder
        self.registry = Registry(folder / "registry")
        self.processes = Processes(folder / "logs")
        self.pages: dict[str, str] = {}
        """URL of each agent's metrics, and of the relayer's pages."""
        self.chains = {
            name: LocalChain(
                name,
                chain_id=31337 + position,
                port=free_port(),
                validators=tuple(
                    development_key(FIRST_VALIDATOR + position * validators + index)
                    for index in range(validators)
                ),
            )
            for position, name in enumerate(names)
        }

    def __enter__(self) -> "Devnet":
        return self

    def __exit__(self, *_: object) -> None:
        self.processes.close()

    @property
    def deployer(self) -> AccountAPI:
        return ape.accounts.test_accounts[DEPLOYER]

    @property
    def user(self) -> AccountAPI:
        return ape.accounts.test_accounts[USER]

    @contextlib.contextmanager
    def connect(self, name: str) -> Iterator[None]:
        """Connects ape to a chain for the duration of a `with` block."""
        with ape.networks.parse_network_choice(self.chains[name].url):
            yield

    def start_chains(self) -> None:
        """Starts the chains, which mine a block per transaction, and writes their metadata."""
        for chain in self.chains.values():
            command = anvil(chain.port, chain.chain_id, "--accounts", "20")
            self.processes.start(chain.name, command)
            self.registry.write_metadata(
                ChainMetadata(
                    name=chain.name,
                    chain_id=chain.chain_id,
                    domain_id=chain.chain_id,
                    display_name=chain.name.capitalize(),
                    rpc_urls=[RpcUrl(http=chain.url)],
                    native_token=ETHER,
                    blocks=Blocks(confirmations=1, reorg_period=1, estimate_block_time=1),
                    is_testnet=True,
                )
            )
        for chain in self.chains.values():
            self.processes.wait_until(
                partial(answers, chain.url), f"{chain.name} answers", seconds=30
            )

    def tick(self, seconds: int = 1, chains: Sequence[str] = ()) -> None:
        """Switches some chains, or all, to mining a block every `seconds`, as real ones do."""
        for name in chains or self.chains:
            call(self.chains[name].url, "evm_setIntervalMining", seconds)

    def deploy_core(self, name: str, threshold: int) -> int:
        """Deploys a core whose default module requires the signatures of `threshold` validators of
        the other chain. Returns the number of transactions."""
        config = self.core_config(name, threshold)
        with self.connect(name):
            plan = plan_deployment(config, self.registry, name, self.deployer.address)
            return deploy_core(plan, self.registry, self.deployer).transactions

    def core_config(self, name: str, threshold: int) -> CoreConfig:
        """Config of a core on one of two chains, whose default module is a multisig of the other
        chain's validators."""
        (remote,) = (chain for chain in self.chains.values() if chain.name != name)
        owner = self.deployer.address
        return CoreConfig.model_validate(
            {
                "owner": owner,
                "defaultIsm": {
                    "type": "messageIdMultisigIsm",
                    "validators": [key.address for key in remote.validators],
                    "threshold": threshold,
                },
                "requiredHook": {"type": "merkleTreeHook"},
                "defaultHook": {
                    "type": "interchainGasPaymaster",
                    "owner": owner,
                    "beneficiary": owner,
                    "overhead": {remote.name: 80_000},
                    "oracleConfig": {remote.name: {"gasPrice": 10**9, "tokenExchangeRate": 10**10}},
                },
            }
        )

    def start_agents(
        self, without: Sequence[LocalAccount] = (), rpcs: Mapping[LocalAccount, str] | None = None
    ) -> None:
        """Starts one relayer, and all validators but those whose keys are in `without`. `rpcs`: by
        key, the URL at which a validator reads its chain instead of the chain's own."""
        for chain in self.chains.values():
            for index, key in enumerate(chain.validators):
                if key not in without:
                    name = f"validator-{chain.name}-{index}"
                    self.start_validator(chain.name, name, key, (rpcs or {}).get(key))
        self._start_agent(
            "relayer",
            "relayer",
            {
                **self.registry.agent_config(self.chains),
                "relayChains": ",".join(self.chains),
                "allowLocalCheckpointSyncers": True,
                "defaultSigner": hex_key(development_key(RELAYER)),
            },
        )

    def start_validator(
        self, chain: str, name: str, key: LocalAccount, rpc: str | None = None
    ) -> None:
        """Starts a validator of a chain. It reads the chain at `rpc`, by default the chain's own
        URL."""
        config = self.registry.agent_config([chain])
        if rpc is not None:
            config["chains"][chain]["rpcUrls"] = [{"http": rpc}]
        self._start_agent(
            "validator",
            name,
            {
                **config,
                "originChainName": chain,
                "validator": hex_key(key),
                "checkpointSyncer": {
                    "type": "localStorage",
                    "path": str(self.checkpoints(name)),
                },
                "interval": 1,
            },
        )

    def checkpoints(self, name: str) -> Path:
        """The folder that a validator publishes its signatures in."""
        return self.folder / "checkpoints" / name

    def start_explorer(self) -> str | None:
        """Starts a scraper that shows all messages; returns the address of its pages, or None if
        the packages that it needs are not installed."""
        if not all(map(find_spec, EXPLORER)):
            return None
        port = free_port()
        self._start_agent(
            "scraper",
            "explorer",
            {
                **self.registry.agent_config(self.chains),
                "chainsToScrape": ",".join(self.chains),
                "allowLocalCheckpointSyncers": True,
                "registry": str(self.registry.folder),
                "relayers": self.pages["relayer"],
                "explorerPort": port,
                "interval": 1,
            },
        )
        return f"http://127.0.0.1:{port}"

    def start_watchtower(
        self, name: str, staking_manager: str, key: LocalAccount, stops: Sequence[Stop] = ()
    ) -> None:
        """Starts a watchtower for one chain, with `key` as its signer. With `stops`, it guards
        deliveries on their chains instead of reading what validators publish."""
        guarded = sorted({stop.chain for stop in stops})
        config = self.registry.agent_config(sorted({name, *guarded}))
        config["chains"][name]["stakingManager"] = staking_manager
        if stops:
            config["watchDeliveries"] = ",".join(guarded)
            config["stops"] = [stop.settings for stop in stops]
        self._start_agent(
            "watchtower",
            "watchtower",
            {
                **config,
                "watchChains": name,
                "allowLocalCheckpointSyncers": not stops,
                "defaultSigner": hex_key(key),
                "interval": 1,
            },
        )

    def _start_agent(self, kind: str, name: str, config: dict[str, Any]) -> None:
        path = self.folder / "config" / f"{name}.json"
        port = free_port()
        self.pages[name] = f"http://127.0.0.1:{port}"
        content = {
            **config,
            "db": str(self.folder / "db" / name),
            "metricsPort": port,
            "log": {"format": "json", "level": "info"},
        }
        write_atomic(path, json.dumps(content, indent=2))
        path.chmod(0o600)  # it holds a key
        self.processes.start(name, ["hyperlane-agent", kind, "--config", str(path)])


def send_command(net: Devnet) -> str:
    """Command line that sends a message from the first chain to the second."""
    origin, destination = net.chains
    registry = shlex.quote(str(net.registry.folder))
    return (
        f"ape hyperlane send --registry {registry} --origin {origin} --to {destination}"
        " --body hello"
    )


def hex_key(key: LocalAccount) -> dict[str, str]:
    """A signer in the agents' settings. It contains the key: for development keys only."""
    return {"type": "hexKey", "key": "0x" + bytes(key.key).hex()}


def call(url: str, method: str, *parameters: object) -> Any:
    """Result of a JSON-RPC call. OSError or ValueError on failure."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
    request = urllib.request.Request(  # noqa: S310
        url, body.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=2) as response:  # noqa: S310
        answer = json.load(response)
    if "result" not in answer:
        raise ValueError(f"{method}: {answer.get('error')}")
    return answer["result"]


def answers(url: str) -> bool:
    """True if a JSON-RPC node answers at the URL."""
    try:
        return bool(call(url, "eth_chainId"))
    except (OSError, ValueError):
        return False
