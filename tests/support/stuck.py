"""Two chains, their registry and validators as processes: for messages that do not arrive."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from tests.support.devnet import Devnet, devnet, free_port, key
from tests.support.processes import Agents, wait_until

from ape_hyperlane import cli
from hyperlane.protocol.message import Message
from hyperlane.registry import ChainAddresses, ChainMetadata, Registry

VALIDATORS = (1, 2)
"""Development accounts that sign for alpha."""
GAS_PRICE = 10**9


@dataclass
class World:
    """A message's surroundings."""

    alpha: Devnet
    beta: Devnet
    folder: Path
    agents: Agents
    registry: Registry
    paymaster: Any
    multisig: Any
    recipient: Any

    def run(self, *words: object, chains: Registry | None = None) -> Result:
        """A command as its user gives it, without `ape hyperlane`; only one line may come out of
        an error."""
        where = ("--registry", str((chains or self.registry).folder))
        arguments = [str(word) for word in words]
        if "--registry" not in arguments:
            arguments += where
        result = CliRunner(mix_stderr=False).invoke(cli.cli, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    def status(self, message: Message, *options: str) -> dict[str, Any]:
        """The JSON of `status`."""
        result = self.run("status", "0x" + message.id.hex(), "--json", *options)
        assert result.exit_code == 0, result.stderr
        (line,) = result.stdout.splitlines()
        found: dict[str, Any] = json.loads(line)
        return found

    def dispatch(self, recipient: Any = None, body: bytes = b"hello", *, gas: int = 0) -> Message:
        """A message, and a payment for so much gas if any."""
        message = self.alpha.dispatch(7331, (recipient or self.recipient).address, body)
        if gas:
            self.pay(message, gas)
        return message

    def pay(self, message: Message, gas: int) -> None:
        """A payment for a message that was sent before."""
        payer = self.alpha.w3.eth.default_account
        call = self.paymaster.functions.payForGas(message.id, 7331, gas, payer)
        self.alpha.wait(call.transact({"value": gas * GAS_PRICE}))

    def start_validator(self, index: int) -> None:
        """Starts one, or starts it again after `agents.kill`."""
        name = f"validator-{index}"
        if name in self.agents.running:
            self.agents.again(name)
            return
        self.agents.start(
            name,
            "validator",
            {
                "chains": {"alpha": self.alpha.settings()},
                "originChainName": "alpha",
                "validator": {"type": "hexKey", "key": key(index).key.hex()},
                "checkpointSyncer": {"type": "localStorage", "path": str(self.storage(index))},
                "db": str(self.folder / f"db-v{index}"),
                "interval": 0.1,
                "metricsPort": 0,
            },
        )

    def start_relayer(self, port: int = 0) -> str:
        """Starts a relayer that wants half the gas to be paid for; the URL of its pages, on a free
        port if none is given."""
        port = port or free_port()
        chains = {chain.name: chain.settings() for chain in (self.alpha, self.beta)}
        chains["alpha"]["interchainGasPaymaster"] = self.paymaster.address
        self.agents.start(
            "relayer",
            "relayer",
            {
                "chains": chains,
                "relayChains": "alpha,beta",
                "defaultSigner": {"key": key(9).key.hex()},
                "allowLocalCheckpointSyncers": True,
                "gasPaymentEnforcement": [{"type": "onChainFeeQuoting"}],
                "db": str(self.folder / "db-relayer"),
                "metricsPort": port,
            },
        )
        return f"http://127.0.0.1:{port}"

    def router(self) -> Any:
        """A recipient that refuses all messages, as no router is enrolled for any domain."""
        made = self.beta.deploy("TestGasRouter", self.beta.contracts["mailbox"].address)
        owner = self.beta.w3.eth.default_account
        none = "0x" + "00" * 20
        self.beta.send(made.functions.initialize(none, self.multisig.address, owner))
        return made

    def storage(self, index: int) -> Path:
        """Where a validator publishes."""
        return self.folder / f"v{index}"

    def signed(self, message: Message, *validators: int) -> None:
        """Wait until some validators have signed a message, and anybody can find that."""
        hook = self.alpha.contracts["merkleTreeHook"]
        leaves = hook.events.InsertedIntoTree().get_logs(from_block=0)
        (leaf,) = [
            each["args"]["index"] for each in leaves if each["args"]["messageId"] == message.id
        ]
        announce = self.alpha.contracts["validatorAnnounce"].functions
        keys = [key(each).address for each in validators]

        def done() -> bool:
            return all(
                (self.storage(each) / f"{leaf}_with_id.json").exists() for each in validators
            ) and all(announce.getAnnouncedStorageLocations(keys).call())

        wait_until(done)


@contextmanager
def stuck(folder: Path) -> Iterator[World]:
    """The chains with cores, and two validators of alpha that both have to sign."""
    with ExitStack() as stack:
        alpha = stack.enter_context(devnet("alpha", 1337))
        beta = stack.enter_context(devnet("beta", 7331))
        agents = Agents(folder, stack)
        paymaster = alpha.deploy("InterchainGasPaymaster")
        owner = alpha.w3.eth.default_account
        alpha.send(paymaster.functions.initialize(owner, owner))
        alpha.send(paymaster.functions.setRemoteGasData((7331, 10**10, GAS_PRICE)))
        alpha.send(paymaster.functions.setDestinationGasConfigs([(7331, (paymaster.address, 0))]))
        registry = Registry(folder / "registry")
        multisig = beta.message_id_multisig([key(index).address for index in VALIDATORS], 2)
        recipient = beta.recipient(multisig)
        for chain in (alpha, beta):
            write_chain(registry, chain)
        world = World(alpha, beta, folder, agents, registry, paymaster, multisig, recipient)
        addresses = registry.addresses("alpha")
        registry.write_addresses(
            "alpha", addresses.model_copy(update={"interchain_gas_paymaster": paymaster.address})
        )
        registry.write_addresses(
            "beta",
            registry.addresses("beta").model_copy(update={"test_recipient": recipient.address}),
        )
        for index in VALIDATORS:
            world.start_validator(index)
        yield world


def write_chain(registry: Registry, chain: Devnet, url: str = "", reorg_period: int = 0) -> None:
    """A chain's files."""
    registry.write_metadata(
        ChainMetadata.model_validate(
            {
                "name": chain.name,
                "chainId": chain.chain_id,
                "domainId": chain.chain_id,
                "rpcUrls": [{"http": url or chain.url}],
                "blocks": {"reorgPeriod": reorg_period},
            }
        )
    )
    registry.write_addresses(
        chain.name,
        ChainAddresses.model_validate(
            {name: contract.address for name, contract in chain.contracts.items() if name in _FILED}
        ),
    )


_FILED = ("mailbox", "merkleTreeHook", "validatorAnnounce")
