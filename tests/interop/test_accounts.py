"""The reference's tool with our account routers, and we with those that it deploys."""

from functools import partial
from typing import Any

import pytest
import yaml
from ape.api import AccountAPI
from tests.interop.reference import OURS, THEIRS, Cli, check_core_by_them

from ape_hyperlane.core.deploy import check_core, deploy_core, plan_deployment
from ape_hyperlane.core.messages import await_delivery, contract, dispatched
from ape_hyperlane.demo.devnet import Devnet
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.reading.core import read_core
from ape_hyperlane.reading.source import Source
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32, to_checksum
from hyperlane.registry import CoreConfig, Registry
from hyperlane.registry.account_router import COMMITMENT_URLS, RemoteRouter
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.models import read

SIGNED = {"type": "messageIdMultisigIsm", "validators": ["0x" + 40 * "7"], "threshold": 1}


def core_of_their_key(net: Devnet, registry: Registry) -> CoreConfig:
    """Deploys a core on our chain, in a registry of its own, whose owner is the tool's key. It can
    be upgraded: the tool wants a proxy admin in the addresses."""
    for chain in (OURS, THEIRS):
        registry.write_metadata(net.registry.metadata(chain))
    registry.write_addresses(THEIRS, net.registry.addresses(THEIRS))
    config = CoreConfig.model_validate(
        {"owner": net.user.address, "upgradeable": True, "defaultIsm": SIGNED}
    )
    with net.connect(OURS):
        plan = plan_deployment(config, registry, OURS, net.deployer.address)
        deploy_core(plan, registry, net.deployer)
    return read(CoreConfig, registry.chain_folder(OURS) / "core-config.yaml")


def apply_core(cli: Cli, registry: Registry, content: dict[str, Any]) -> None:
    """Their tool changes our core."""
    path = registry.chain_folder(OURS) / "core-config.yaml"
    path.write_text(yaml.safe_dump(content))
    cli("core", "apply", "--chain", OURS, "--config", str(path), registry=registry.folder)


def test_their_tool_changes_our_core(net, cli, tmp_path):
    """By a file without an account router: with one, it plans before it has a signer, and can then
    create no contract, whoever deployed the core."""
    registry = Registry(tmp_path / "registry")
    wanted = core_of_their_key(net, registry).as_file()
    router = wanted.pop("interchainAccountRouter")
    wanted["defaultIsm"] |= {"validators": ["0x" + 40 * "8", "0x" + 40 * "9"], "threshold": 2}

    apply_core(cli, registry, wanted)

    path = registry.chain_folder(OURS) / "core-config.yaml"
    with net.connect(OURS):
        found = read_core(Source(registry), str(registry.addresses(OURS).mailbox))
    path.write_text(yaml.safe_dump({**wanted, "interchainAccountRouter": router}))
    assert CoreConfig.model_validate(found.content) == read(CoreConfig, path)


ROUTER = "InterchainAccountRouter"


def routers_of(net: Devnet, registry: Registry) -> tuple[str, str]:
    """The account routers: ours on our chain, theirs on their chain."""
    ours, theirs = (registry.addresses(chain) for chain in (OURS, THEIRS))
    return str(ours.interchain_account_router), str(theirs.interchain_account_router)


@pytest.fixture(scope="module")
def accounts(net: Devnet, cli: Cli, tmp_path_factory) -> Registry:
    """A core of ours whose account router their tool wired with their own."""
    registry = Registry(tmp_path_factory.mktemp("accounts"))
    wanted = core_of_their_key(net, registry).as_file()
    _, there = routers_of(net, registry)
    domain = registry.metadata(THEIRS).domain_id
    wanted["interchainAccountRouter"]["remoteRouters"] = {str(domain): {"address": there}}
    # So that it has nothing to create.
    apply_core(cli, registry, {**wanted, "deployQuotedCalls": False})
    return registry


def test_their_tool_wires_our_account_router_with_theirs(net, accounts):
    here, there = routers_of(net, accounts)
    domains = {chain: accounts.metadata(chain).domain_id for chain in (OURS, THEIRS)}
    for chain, router, other, remote in (
        (OURS, here, THEIRS, there),
        (THEIRS, there, OURS, here),
    ):
        with net.connect(chain):
            enrolled = contract(ROUTER, router).routers(domains[other])
            assert to_checksum(bytes(enrolled)[12:]) == remote
    with net.connect(OURS):
        assert check_core(accounts, OURS) == []


def test_their_tool_finds_our_wired_account_router_as_its_file_says(net, cli, accounts, tmp_path):
    with net.connect(OURS):
        plan = plan_deployment(None, accounts, OURS, net.deployer.address)
        assert Survey(plan.journal).pending(plan.steps) == []
        deploy_core(plan, accounts, net.deployer)  # writes the module of the new entry
    assert "No violations found" in check_core_by_them(cli, accounts)
    out = tmp_path / "read.yaml"
    arguments = ("core", "read", "--chain", OURS, "--config", str(out))
    cli(*arguments, registry=accounts.folder)
    found = CoreConfig.model_validate(yaml.safe_load(out.read_text())).interchain_account_router
    assert found.address == routers_of(net, accounts)[0]
    assert found.owner == net.user.address
    assert found.commitment_ism.urls == COMMITMENT_URLS
    assert list(found.remote_routers) == [str(accounts.metadata(THEIRS).domain_id)]


@pytest.mark.parametrize(("origin", "destination"), [(OURS, THEIRS), (THEIRS, OURS)])
def test_their_tool_deploys_the_accounts_that_both_routers_predict(
    net, cli, accounts, origin, destination
):
    """Accounts on the chain of one kind of router for owners on the chain of the other."""
    owner = net.deployer.address
    asked = ("--origin", origin, "--chains", destination, "--owner", owner)
    said = cli("ica", "deploy", *asked, registry=accounts.folder)

    routers = dict(zip((OURS, THEIRS), routers_of(net, accounts), strict=True))
    domain = accounts.metadata(origin).domain_id
    sender = address_to_bytes32(address_from_hex(owner, ""))
    enrolled = address_to_bytes32(address_from_hex(routers[origin], ""))
    with net.connect(destination):
        router = contract(ROUTER, routers[destination])
        account = str(
            router.getLocalInterchainAccount(domain, sender, enrolled, ZERO_ADDRESS, bytes(32))
        )
        assert account in said
        owned = contract("OwnableMulticall", account)
        assert owned.owner() == routers[destination]
    assert "exists" in cli("ica", "deploy", *asked, registry=accounts.folder)


def test_we_read_and_enrol_the_account_router_that_their_tool_deployed(net, cli, tmp_path):
    with net.connect(THEIRS):
        core = read_core(Source(net.registry), str(net.registry.addresses(THEIRS).mailbox))
    found = CoreConfig.model_validate(core.content).interchain_account_router
    assert found is not None
    assert found.owner == net.user.address
    assert found.commitment_ism.urls == ("https://commitment-read-ism.hyperlane.xyz",)
    registry = Registry(tmp_path / "registry")
    core_of_their_key(net, registry)
    enrol_theirs(net, registry, net.user)
    here, there = routers_of(net, registry)
    domain = registry.metadata(THEIRS).domain_id
    with net.connect(OURS):
        assert to_checksum(bytes(contract(ROUTER, here).routers(domain))[12:]) == there
        assert check_core(registry, OURS) == []


def enrol_theirs(net: Devnet, registry: Registry, owner: AccountAPI) -> None:
    """Our tool enrols their router with ours."""
    config = read(CoreConfig, registry.chain_folder(OURS) / "core-config.yaml")
    router = config.interchain_account_router.model_copy(
        update={"remote_routers": {THEIRS: RemoteRouter()}}
    )
    config = config.model_copy(update={"interchain_account_router": router})
    with net.connect(OURS):
        plan = plan_deployment(config, registry, OURS, owner.address)
        deploy_core(plan, registry, owner)


@pytest.mark.parametrize(("origin", "destination"), [(OURS, THEIRS), (THEIRS, OURS)])
def test_an_account_acts_over_routers_of_both_kinds(net, accounts, project, origin, destination):
    """By our agents: a token moves on the chain of one router as an owner on the other says. Both
    routers quote for domains with a router only; theirs has one by `accounts`."""
    enrol_theirs(net, net.registry, net.deployer)
    routers = dict(zip((OURS, THEIRS), routers_of(net, net.registry), strict=True))
    domains = {chain: net.registry.metadata(chain).domain_id for chain in (OURS, THEIRS)}
    sender = address_to_bytes32(address_from_hex(net.user.address, ""))
    enrolled = address_to_bytes32(address_from_hex(routers[origin], ""))
    with net.connect(destination):
        account = contract(ROUTER, routers[destination]).getLocalInterchainAccount(
            domains[origin], sender, enrolled, ZERO_ADDRESS, bytes(32)
        )
        token = net.user.deploy(project.TestERC20, "Dollar", "USD", 100, 18)
        token.transfer(account, 100, sender=net.user)
        data = token.transfer.encode_input(net.deployer.address, 7)
    with net.connect(origin):
        mailbox = contract("Mailbox", net.registry.addresses(origin).mailbox)
        router = contract(ROUTER, routers[origin])
        gas = (1).to_bytes(2) + bytes(32) + (300_000).to_bytes(32) + bytes(20)
        fee = router.quoteGasPayment(domains[destination], 300_000)
        target = address_to_bytes32(address_from_hex(str(token.address), ""))
        calls = [(target, 0, data)]
        remote = address_to_bytes32(address_from_hex(routers[destination], ""))
        arguments = (domains[destination], remote, bytes(32), calls, gas)
        receipt = router.callRemoteWithOverrides(*arguments, value=fee, sender=net.user)
        sent = dispatched(mailbox, receipt)
    addresses = net.registry.addresses(destination)
    connect = partial(net.connect, destination)
    await_delivery(sent, addresses, connect, net.processes.check, seconds=120)
    with net.connect(destination):
        assert token.balanceOf(net.deployer.address) == 7
