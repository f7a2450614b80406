"""The router of interchain accounts that a core has: its config, its deployment, its changes."""

import json

import pytest
import yaml
from benchmarks.anvil import Chain

from ape_hyperlane.core.accounts import filled_in
from ape_hyperlane.plans.registry_view import RegistryView
from hyperlane.errors import ConfigError
from hyperlane.registry import ChainAddresses, CoreConfig
from hyperlane.registry.account_router import (
    COMMITMENT_URLS,
    InterchainAccountRouter,
    RemoteRouter,
)
from hyperlane.registry.fields import ZERO_ADDRESS

KEY = "interchainAccountRouter"
ONE, TWO, THREE = (f"0x{40 * digit}" for digit in "123")
VIEW = RegistryView(
    {"here": 1, "beta": 2, "gamma": 3},
    {"beta": ChainAddresses(mailbox=ONE, interchain_account_router=TWO)},
    "here",
)


def filled(before=None, **config):
    wanted = InterchainAccountRouter.model_validate({"owner": THREE, **config})
    return filled_in(wanted, before, VIEW, 1, ONE)


def words(isms):
    return {chain: f"0x{24 * '0'}{module[2:]}" for chain, module in isms.items()}


def test_remote_routers_are_written_by_domain_with_the_registrys_address():
    router = filled(remoteRouters={"beta": {}, "gamma": {"address": ONE}})
    assert router.remote_routers == {
        "2": RemoteRouter(address=TWO),
        "3": RemoteRouter(address=ONE),
    }
    assert router.isms == words({"beta": ZERO_ADDRESS, "gamma": ZERO_ADDRESS})
    assert (router.mailbox, router.owner) == (ONE, THREE)
    assert router.commitment_ism.owner == THREE
    assert router.commitment_ism.urls == COMMITMENT_URLS


def test_what_is_filled_in_is_filled_in_as_it_is():
    once = filled(
        remoteRouters={"beta": {}, "77": {"address": ONE}},
        interchainSecurityModule={"isms": {"2": THREE}},
    )
    assert once.isms == words({"beta": THREE, "77": ZERO_ADDRESS})
    assert filled_in(once, None, VIEW, 1, ONE) == once
    again = InterchainAccountRouter.model_validate(once.as_file())
    assert filled_in(again, None, VIEW, 1, ONE) == once


def test_enrolments_that_are_left_out_are_those_of_before():
    before = filled(remoteRouters={"beta": {}}, interchainSecurityModule={"isms": {"beta": ONE}})
    assert filled(before).remote_routers == before.remote_routers
    assert filled(before).isms == before.isms
    assert filled(before, remoteRouters={}).remote_routers == {}


def test_modules_are_not_left_out_with_the_enrolments():
    before = filled(remoteRouters={"beta": {}, "gamma": {"address": ONE}})
    wanted = filled(before, interchainSecurityModule={"isms": {"2": THREE}})
    assert wanted.remote_routers == before.remote_routers
    assert wanted.isms == words({"beta": THREE, "gamma": ZERO_ADDRESS})
    with pytest.raises(ConfigError, match=r"isms\.3: no router is enrolled there"):
        filled(filled(remoteRouters={}), interchainSecurityModule={"isms": {"gamma": THREE}})


def test_an_address_of_32_bytes_is_that_of_the_contract():
    word = f"0x{24 * '0'}{ONE[2:]}"
    router = filled(remoteRouters={"beta": {"address": word}})
    assert router.remote_routers["2"].address == ONE


def test_the_mailbox_of_the_core_that_a_file_was_read_from_does_not_bind_a_new_core():
    wanted = InterchainAccountRouter(owner=THREE, mailbox=TWO)
    assert filled_in(wanted, None, VIEW, 1, None).mailbox is None


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"mailbox": TWO}, f"{KEY}.mailbox: {TWO}, expected {ONE}, the Mailbox of this core"),
        ({"remoteRouters": {"here": {"address": ONE}}}, "remoteRouters.1: this chain itself"),
        ({"remoteRouters": {"gamma": {}}}, "remoteRouters.gamma.address: required, since the"),
        ({"remoteRouters": {"bta": {}}}, "remoteRouters.bta: not in the registry; did you mean"),
        (
            {"remoteRouters": {"beta": {}, "2": {}}},
            "remoteRouters.2: domain 2 appears twice",
        ),
        (
            {"remoteRouters": {"beta": {"address": f"0x{64 * '5'}"}}},
            "expected the address of an EVM contract",
        ),
        (
            {"remoteRouters": {"beta": {"address": ZERO_ADDRESS}}},
            "expected the address of an EVM contract",
        ),
        (
            {"remoteRouters": {}, "interchainSecurityModule": {"isms": {"beta": ONE}}},
            "isms.2: no router is enrolled there; name one in",
        ),
        (
            {
                "remoteRouters": {"beta": {"address": ONE}},
                "interchainSecurityModule": {"isms": {"beta": f"0x01{22 * '0'}{40 * '5'}"}},
            },
            "isms.2: 0x01",
        ),
    ],
)
def test_what_cannot_be_filled_in_is_refused(config, complaint):
    wanted = InterchainAccountRouter.model_validate(config)
    with pytest.raises(ConfigError) as refused:
        filled_in(wanted, None, VIEW, 1, ONE)
    assert complaint in str(refused.value)


def router_of(registry):
    return registry.addresses("alpha").interchain_account_router


def module_of(node, registry):
    return node.view(router_of(registry), "CCIP_READ_ISM()", "address")


def test_a_core_comes_with_a_router_of_its_mailbox(deploy, check, node, registry):
    assert deploy().exit_code == 0
    router, module = router_of(registry), module_of(node, registry)
    assert node.view(router, "mailbox()", "address") == registry.addresses("alpha").mailbox
    assert node.view(router, "owner()", "address") == node.deployer
    assert node.view(router, "hook()", "address") == ZERO_ADDRESS
    assert node.view(router, "interchainSecurityModule()", "address") == router
    assert node.view(router, "COMMIT_TX_GAS_USAGE()", "uint256") == 100_000
    assert node.view(module, "urls()", "string[]") == COMMITMENT_URLS
    assert node.view(module, "owner()", "address") == node.deployer
    assert check().exit_code == 0


def test_owner_hook_and_urls_change_in_place(deploy, check, node, registry, config):
    assert deploy().exit_code == 0
    router, sent = router_of(registry), node.nonce()
    wanted = yaml.safe_dump(
        {
            KEY: {
                "owner": node.other,
                "hook": registry.addresses("alpha").interchain_gas_paymaster,
                "commitmentIsm": {"urls": ["https://one", "https://two"], "owner": node.third},
            }
        }
    )

    result = deploy("--config", config(wanted))

    assert result.exit_code == 0, result.stderr
    assert node.nonce() == sent + 4
    assert router_of(registry) == router
    module = module_of(node, registry)
    assert node.view(router, "owner()", "address") == node.other
    paymaster = registry.addresses("alpha").interchain_gas_paymaster
    assert node.view(router, "hook()", "address") == paymaster
    assert node.view(module, "urls()", "string[]") == ("https://one", "https://two")
    assert node.view(module, "owner()", "address") == node.third
    assert check().exit_code == 0
    assert "0 transactions sent" in deploy().stdout


def test_another_url_and_another_owner_of_the_module_are_differences(deploy, check, node, registry):
    assert deploy().exit_code == 0
    Chain(node.web3).at("CommitmentReadIsm", module_of(node, registry)).functions.setUrls(
        ["https://elsewhere"]
    ).transact({"from": node.deployer})
    result = check()
    assert result.exit_code == 1
    assert "commitmentReadIsm.urls() is [https://elsewhere], expected [http://" in result.stdout
    assert deploy().exit_code == 0
    assert check().exit_code == 0


def test_a_router_without_commitments(deploy, check, node, registry, config):
    result = deploy("--config", config(f"{KEY}: {{routerType: minimal}}"))
    assert result.exit_code == 0, result.stderr
    runtime = node.web3.eth.get_code(router_of(registry))
    minimal = Chain(node.web3).artifacts["MinimalInterchainAccountRouter"]
    assert len(runtime) == len(bytes.fromhex(minimal["runtimeBytecode"]["bytecode"][2:]))
    assert check().exit_code == 0


def test_a_core_that_was_deployed_without_stays_without_until_a_config_names_one(
    deploy, check, node, registry, config
):
    assert deploy("--config", config(f"{KEY}:")).exit_code == 0
    assert router_of(registry) is None
    sent = node.nonce()
    assert "0 transactions sent" in deploy().stdout
    assert check().exit_code == 0

    assert deploy("--config", config(f"{KEY}: {{}}")).exit_code == 0
    assert node.nonce() == sent + 1
    assert router_of(registry) is not None


def test_an_existing_router_is_used_and_looked_after(deploy, check, node, registry, config):
    assert deploy("--config", config(f"{KEY}:")).exit_code == 0
    chain, mailbox = Chain(node.web3), registry.addresses("alpha").mailbox
    existing = chain.deploy(
        "InterchainAccountRouter", mailbox, ZERO_ADDRESS, chain.sender, 60_000, ["https://old"]
    ).address
    sent = node.nonce()

    result = deploy("--config", config(f"{KEY}: {{address: '{existing}'}}"))

    assert result.exit_code == 0, result.stderr
    assert router_of(registry) == existing
    assert node.nonce() == sent + 1
    assert node.view(module_of(node, registry), "urls()", "string[]") == COMMITMENT_URLS
    assert check().exit_code == 0


def test_another_contract_as_existing_router_is_refused(deploy, node, registry, config):
    assert deploy("--config", config(f"{KEY}:")).exit_code == 0
    other, sent = registry.addresses("alpha").test_recipient, node.nonce()
    result = deploy("--config", config(f"{KEY}: {{address: '{other}'}}"))
    assert result.exit_code == 1
    assert f"{other}: no CCIP_READ_ISM(); expected InterchainAccountRouter" in result.stderr
    assert node.nonce() == sent


def test_what_is_read_with_its_router_deploys_the_same_core(
    deploy, read, node, registry, config, tmp_path
):
    assert deploy().exit_code == 0
    out = tmp_path / "read.yaml"
    assert read(registry.addresses("alpha").mailbox, "--out", out).exit_code == 0
    content = yaml.safe_load(out.read_text())
    written = registry.chain_folder("alpha") / "core-config.yaml"
    assert content == yaml.safe_load(written.read_text())
    sent = node.nonce()
    assert deploy("--config", out).exit_code == 0
    assert node.nonce() == sent


def test_the_journal_does_not_bind_a_router_to_its_first_urls(deploy, registry):
    assert deploy().exit_code == 0
    journal = json.loads((registry.chain_folder("alpha") / "deployment.json").read_text())
    what = journal["steps"][KEY]["what"]
    assert what.endswith(", 100000, any)")
    assert "http" not in what


def test_the_reference_needs_the_core_config_to_name_mailbox_and_owner(deploy, registry):
    assert deploy().exit_code == 0
    written = yaml.safe_load((registry.chain_folder("alpha") / "core-config.yaml").read_text())
    assert written[KEY]["mailbox"] == registry.addresses("alpha").mailbox
    assert {"owner", "hook", "interchainSecurityModule", "remoteRouters"} <= written[KEY].keys()
    assert CoreConfig.model_validate(written).interchain_account_router.mailbox is not None
