"""Stake behind the validators of a deployed core, and modules made of it."""

import json

import pytest
import yaml
from benchmarks.anvil import Chain
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests.support.signing import validator

from ape_hyperlane import cli
from ape_hyperlane.staking import command
from ape_hyperlane.staking.modules import module_from_stake, weights
from ape_hyperlane.staking.operators import possession
from hyperlane.errors import ConfigError
from hyperlane.registry.isms import TOTAL_WEIGHT

TREASURY = "0x" + 40 * "7"
SUPPLY = 10**6 * 10**18


@pytest.fixture
def chain(node):
    return Chain(node.web3)


@pytest.fixture
def token(chain):
    return chain.deploy("TestERC20", "Stake", "STK", SUPPLY, 18)


@pytest.fixture
def config(token, tmp_path):
    def config(**changes):
        path = tmp_path / "staking.yaml"
        content = {
            "token": token.address,
            "treasury": TREASURY,
            "minimumStake": 1_000,
            "challengeBond": 100,
            **changes,
        }
        path.write_text(yaml.safe_dump(content))
        return path

    return config


@pytest.fixture
def staking(deploy, options):
    """The command, on a core."""
    assert deploy().exit_code == 0

    def staking(*more):
        return CliRunner(mix_stderr=False).invoke(cli.staking, ["deploy", *options(*more)])

    return staking


@pytest.fixture
def from_stake(node, registry):
    def from_stake(*more):
        options = ("--network", node.url, "--chain", "alpha", "--registry", str(registry.folder))
        return CliRunner(mix_stderr=False).invoke(cli.ism, ["from-stake", *options, *more])

    return from_stake


@pytest.fixture
def stake(chain, node, token, registry):
    """Makes development account `number` an operator with its own key and so much stake."""

    def stake(number, amount):
        operator, key = node.web3.eth.accounts[number], validator(number)
        manager = chain.at("StakingManager", registry.addresses("alpha").staking_manager)
        proof = possession(node.web3.eth.chain_id, manager.address, operator, key)
        chain.send(token.functions.transfer(operator, amount))
        for call in (
            manager.functions.register(key.address, 0, proof),
            token.functions.approve(manager.address, amount),
            manager.functions.stake(operator, amount),
        ):
            node.web3.eth.wait_for_transaction_receipt(call.transact({"from": operator}))
        return key.address

    return stake


def test_staking_is_deployed_wired_owned_and_written_down(staking, config, node, registry, token):
    sent = node.nonce()
    plan = staking("--config", config(owner=node.other), "--dry-run")
    assert "create StakingManager(" in plan.stdout
    assert node.nonce() == sent

    result = staking("--config", config(owner=node.other), "--json")
    assert result.exit_code == 0, result.stderr

    addresses = registry.addresses("alpha")
    manager = addresses.staking_manager
    assert json.loads(result.stdout)["stakingManager"] == manager
    assert node.view(manager, "token()", "address") == token.address
    assert node.view(manager, "treasury()", "address") == TREASURY
    assert node.view(manager, "owner()", "address") == node.other
    slasher, challenges = addresses.checkpoint_slasher, addresses.censorship_challenges
    assert node.view(slasher, "manager()", "address") == manager
    assert node.view(slasher, "fraudProofs()", "address") == addresses.checkpoint_fraud_proofs
    assert node.view(challenges, "manager()", "address") == manager
    hook = node.view(challenges, "merkleTreeHook()", "address")
    assert hook == addresses.merkle_tree_hook
    grace = "(uint48,uint48,uint48,uint48,uint16,uint16,uint16,uint128,uint128)"
    assert node.view(manager, "parameters()", grace)[2] == 3_600


def test_a_run_that_was_killed_is_completed_and_another_one_sends_nothing(
    staking, config, node, registry, monkeypatch
):
    sent = node.nonce()

    class Killed:
        def __init__(self, *_):
            pass

        def __call__(self, *_):
            raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(command, "ReportProgress", Killed)
        assert isinstance(staking("--config", config()).exception, RuntimeError)
    assert node.nonce() == sent + 1
    assert registry.addresses("alpha").staking_manager is None

    assert "1 transactions sent" in staking().stdout
    files = {path: path.read_bytes() for path in registry.folder.rglob("*.*")}
    assert "0 transactions sent" in staking("--config", config()).stdout
    assert {path: path.read_bytes() for path in registry.folder.rglob("*.*")} == files

    refused = staking("--config", config(minimumStake=1_001))
    assert refused.exit_code == 1
    assert "this cannot be changed" in refused.stderr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unbondingPeriod": 3_600}, "unbondingPeriod: 3600"),
        ({"token": TREASURY}, f"{TREASURY}: no contract on alpha"),
        ({"tresury": TREASURY}, "did you mean 'treasury'"),
    ],
)
def test_a_config_that_cannot_be_is_refused(staking, config, node, changes, message):
    sent = node.nonce()
    result = staking("--config", config(**changes))
    assert result.exit_code == 1
    assert message in result.stderr
    assert node.nonce() == sent


def test_the_active_set_becomes_a_module_that_another_chain_deploys(
    staking, config, stake, from_stake, node, registry, tmp_path
):
    assert "stakingManager: required, but missing" in from_stake().stderr
    staking("--config", config())
    assert "the active set is empty" in from_stake().stderr
    keys = {stake(number, amount) for number, amount in ((3, 50_000), (4, 30_000), (5, 20_000))}
    small = stake(6, 999)

    result = from_stake("--percent", "66")
    assert result.exit_code == 0, result.stderr
    written = tmp_path / "ism.yaml"
    assert from_stake("--percent", "66", "--out", str(written)).stdout == ""
    assert written.read_text() == result.stdout
    module = yaml.safe_load(result.stdout)
    assert module["thresholdWeight"] == 6_600_000_001
    listed = [each["signingAddress"] for each in module["validators"]]
    assert set(listed) == keys
    assert small not in listed
    assert listed == sorted(listed)
    assert sorted(each["weight"] for each in module["validators"]) == [
        2_000_000_000,
        3_000_000_000,
        5_000_000_000,
    ]

    core = tmp_path / "beta.yaml"
    core.write_text(yaml.safe_dump({"defaultIsm": module}))
    options = ["--network", node.url, "--chain", "beta", "--registry", str(registry.folder)]
    deployed = CliRunner(mix_stderr=False).invoke(cli.deploy, [*options, "--config", str(core)])
    assert deployed.exit_code == 0, deployed.stderr
    made = registry.addresses("beta").interchain_security_module
    data = "0xec29dbde" + f"{32:064x}" + f"{0:064x}"
    answer = node.web3.eth.call({"to": made, "data": data})
    assert int.from_bytes(answer[32:64]) == 6_600_000_001


def test_only_a_staking_manager_on_its_own_chain_is_read(deploy, from_stake, node, registry):
    assert deploy().exit_code == 0
    core = registry.addresses("alpha")
    silent = "0x" + 40 * "8"
    node.rpc("anvil_setCode", silent, "0x00")  # stops, whatever it is asked
    for address in (TREASURY, core.mailbox, silent):
        registry.write_addresses("alpha", core.model_copy(update={"staking_manager": address}))
        refused = from_stake()
        assert refused.exit_code == 1
        assert f"stakingManager: {address} is no StakingManager" in refused.stderr

    for percent in ("-1", "100"):
        assert "is not in the range 0<=x<=99" in from_stake("--percent", percent).stderr

    path = registry.chain_folder("alpha") / "metadata.yaml"
    path.write_text(path.read_text().replace("chainId: 31337", "chainId: 31338"))
    assert "chainId is 31338, but the node answers 31337" in from_stake().stderr


@given(st.lists(st.integers(1, 2**96), min_size=1, max_size=20))
def test_weights_are_in_proportion_and_add_up(stakes):
    found = weights(stakes)
    assert sum(found) == TOTAL_WEIGHT
    for weight, stake in zip(found, stakes, strict=True):
        assert abs(weight - stake * TOTAL_WEIGHT / sum(stakes)) < 1.001


def test_dust_beside_a_giant_is_left_out():
    module = module_from_stake(
        [("0x" + 40 * "1", 10**30), ("0x" + 40 * "2", 1)], "weightedMerkleRootMultisigIsm", 50
    )
    assert [each.weight for each in module.validators] == [TOTAL_WEIGHT]


def test_nobody_makes_no_module():
    with pytest.raises(ConfigError, match="the active set is empty"):
        module_from_stake([], "weightedMerkleRootMultisigIsm", 50)
