"""Four chains whose account routers know each other, with agents: the first is where owners are."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import ape
from ape.api import AccountAPI
from ape.contracts import ContractContainer, ContractInstance
from ape_accounts.accounts import KeyfileAccount
from click.testing import CliRunner, Result
from eth_account import Account
from tests.support.package import ROOT

from ape_hyperlane.cli import cli
from ape_hyperlane.core.deploy import deploy_core, plan_deployment
from ape_hyperlane.demo.devnet import Devnet
from hyperlane.registry import CoreConfig

HUB, SPOKES = "ethereum", ("arbitrum", "base", "optimism")
ACCOUNT = "test:2"
"""The devnet's user."""
RECEIVER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
COIN = 10**18


@dataclass
class AccountChains:
    """The chains, and what tests do there."""

    net: Devnet

    @property
    def registry(self) -> str:
        return str(self.net.registry.folder)

    def run(self, *words: str) -> Result:
        """Runs `ape hyperlane …` on the registry."""
        return CliRunner().invoke(cli, [*words, "--registry", self.registry])

    def deploy(
        self, chain: str, contract: ContractContainer, *arguments: object
    ) -> ContractInstance:
        """Deploys a contract on a chain."""
        with self.net.connect(chain):
            return self.net.deployer.deploy(contract, *arguments)

    def balances(self, token: ContractInstance, *holders: str) -> list[int]:
        """Balances of a token on the first spoke."""
        with self.net.connect(SPOKES[0]):
            return [token.balanceOf(holder) for holder in holders]

    def sent(self, owner: AccountAPI) -> int:
        """Number of transactions that the owner has sent on the hub."""
        with self.net.connect(HUB):
            return int(owner.nonce)


@contextmanager
def account_chains(folder: Path) -> Iterator[AccountChains]:
    """Chains that are wired, with a relayer and the hub's validator as processes."""
    with Devnet(folder, (HUB, *SPOKES), validators=1) as net:
        net.start_chains()
        owner = net.deployer.address
        (validator,) = net.chains[HUB].validators
        for name in net.chains:
            remotes = [other for other in net.chains if other != name]
            config = CoreConfig.model_validate(
                {
                    "owner": owner,
                    "defaultIsm": {
                        "type": "messageIdMultisigIsm",
                        "validators": [validator.address],
                        "threshold": 1,
                    },
                    "defaultHook": {
                        "type": "interchainGasPaymaster",
                        "owner": owner,
                        "beneficiary": owner,
                        "overhead": dict.fromkeys(remotes, 80_000),
                        "oracleConfig": {
                            remote: {"gasPrice": 10**9, "tokenExchangeRate": 10**10}
                            for remote in remotes
                        },
                    },
                }
            )
            with net.connect(name):
                plan = plan_deployment(config, net.registry, name, owner)
                deploy_core(plan, net.registry, net.deployer)
        chains = AccountChains(net)
        wired = chains.run("wire", "--account", "test:0")
        assert wired.exit_code == 0, wired.output
        net.tick()
        others = [key for name in SPOKES for key in net.chains[name].validators]
        net.start_agents(without=others)
        yield chains


def locked_account(file: Path) -> KeyfileAccount:
    """A new account whose key is in this file, encrypted."""
    key = Account.create()
    content = Account.encrypt(key.key, "secret", kdf="scrypt", iterations=2)
    file.write_text(json.dumps({**content, "address": key.address}))
    return KeyfileAccount(keyfile_path=file)


class Page:
    """The page, typed by a reader whose account and contracts have other names and addresses."""

    def __init__(self, names: dict[str, str]) -> None:
        self.text = (ROOT / "docs" / "interchain-accounts.md").read_text()
        for shown, real in names.items():
            assert shown in self.text
            self.text = self.text.replace(shown, real)

    def blocks(self, language: str) -> list[str]:
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, re.M | re.S)


def run_as(owner, chains, contracts, scripts, monkeypatch):
    """Runs scripts one after another in the folder of the registry, with this account as `me` and
    these contracts as those of the project."""
    monkeypatch.chdir(chains.net.folder)
    monkeypatch.setattr(ape, "accounts", SimpleNamespace(load={"me": owner}.__getitem__))
    monkeypatch.setattr(ape, "project", SimpleNamespace(**contracts))
    names = {}
    for script in scripts:
        exec(script, names)
