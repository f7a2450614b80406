"""Pauses that guardians can begin: planned, begun, confirmed and ended."""

import json

import pytest
import yaml
from benchmarks.anvil import Chain
from click.testing import CliRunner
from eth_abi import decode
from eth_utils import keccak
from web3.exceptions import ContractCustomError

from ape_hyperlane import cli

HOURS = 6 * 3600
NEVER = 2**48 - 1
THIEF = "0x" + 40 * "7"


@pytest.fixture
def chain(node):
    return Chain(node.web3)


@pytest.fixture
def owner_does(node, registry, tmp_path):
    """Runs `pause`, `unpause` or `rearm`, by default with the deployer's account."""

    def run(command, *contracts, account="test:0"):
        arguments = [
            *("--network", node.url, "--account", account, "--chain", "alpha"),
            *("--registry", str(registry.folder), "--proposals", str(tmp_path / "proposals")),
            *map(str, contracts),
        ]
        result = CliRunner(mix_stderr=False).invoke(cli.cli, [command, *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    return run


def core(guardians, pause=HOURS, **more):
    guarded = {"guardians": guardians, "guardianPause": pause, **more}
    return {
        "defaultIsm": {
            "type": "staticAggregationIsm",
            "threshold": 2,
            "modules": [{"type": "guardedPausableIsm", **guarded}, {"type": "trustedRelayerIsm"}],
        },
        "requiredHook": {
            "type": "aggregationHook",
            "hooks": [{"type": "merkleTreeHook"}, {"type": "guardedPausableHook", **guarded}],
        },
    }


@pytest.fixture
def deployed(deploy, config, registry):
    """Deploys the core of a config and returns module and hook."""

    def deployed(content):
        result = deploy("--config", config(yaml.safe_dump(content)))
        assert result.exit_code == 0, result.stderr
        journal = json.loads((registry.chain_folder("alpha") / "deployment.json").read_text())
        names = ("interchainSecurityModule.0", "guardedPausableHook")
        return [journal["steps"][name]["address"] for name in names]

    return deployed


def guardians_of(node, contract):
    listed = node.view(contract, "guardians()", "address[]")
    return [node.web3.to_checksum_address(each) for each in listed]


def pause_as(chain, guardian, contract):
    chain.at("GuardedPausableIsm", contract).functions.pause().transact({"from": guardian})


def test_guardians_and_their_time_are_changed_in_place(deployed, check, node):
    before = deployed(core([node.other, THIEF]))
    after = deployed(core([node.other, node.third], pause=3600))
    assert after == before
    for contract in after:
        assert guardians_of(node, contract) == [node.other, node.third]
        assert node.view(contract, "guardianPause()", "uint32") == 3600
        assert node.view(contract, "owner()", "address") == node.deployer
    assert check().exit_code == 0


def test_no_plan_ends_a_guardians_pause_and_check_names_it(
    deployed, deploy, check, read, chain, node, registry
):
    module, _ = deployed(core([node.other]))
    pause_as(chain, node.other, module)

    found = check()
    assert found.exit_code == 1
    assert "interchainSecurityModule.0: paused by a guardian until 20" in found.stdout
    again = deploy()
    assert again.exit_code == 0, again.stderr
    assert node.view(module, "paused()", "bool")
    seen = read(registry.addresses("alpha").mailbox)
    assert f"{module}: paused by a guardian until 20" in seen.stdout + seen.stderr
    assert yaml.safe_load(seen.stdout)["defaultIsm"]["modules"][0]["paused"] is False


def test_a_pause_in_the_config_confirms_a_guardians_and_its_absence_ends_it(deployed, chain, node):
    contracts = deployed(core([node.other]))
    for contract in contracts:
        pause_as(chain, node.other, contract)
    deployed(core([node.other], paused=True))
    assert [node.view(each, "pausedUntil()", "uint48") for each in contracts] == [NEVER, NEVER]
    deployed(core([node.other]))
    assert not any(node.view(each, "paused()", "bool") for each in contracts)


def test_owner_confirms_ends_and_rearms(deployed, owner_does, check, chain, node):
    contracts = deployed(core([node.other]))
    pause_as(chain, node.other, contracts[0])

    confirmed = owner_does("pause", *contracts)
    assert confirmed.exit_code == 0, confirmed.stderr
    assert confirmed.stdout.count("stopped until its owner unpauses") == 2
    assert [node.view(each, "pausedForGood()", "bool") for each in contracts] == [True, True]
    assert "interchainSecurityModule.0.pausedForGood() is True" in check().stdout
    again = owner_does("pause", *contracts)
    assert again.stdout.count("nothing to do: stopped until its owner unpauses") == 2

    ended = owner_does("unpause", *contracts)
    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout.count(": messages pass") == 2
    assert check().exit_code == 0

    pause_as(chain, node.other, contracts[0])
    armed = "canPause(address)", "bool", int(node.other, 16)
    assert not node.view(contracts[0], *armed)
    rearmed = owner_does("rearm", contracts[0])
    assert "rearm in 0x" in rearmed.stdout
    assert "stopped by a guardian until 20" in rearmed.stdout
    assert node.view(contracts[0], *armed)


def test_a_guardian_pauses_and_can_do_no_more(deployed, owner_does, node):
    (module, _) = deployed(core([node.other]))
    paused = owner_does("pause", module, account="test:1")
    assert "stopped by a guardian until 20" in paused.stdout
    for command in ("pause", "unpause", "rearm"):
        sent = node.nonce(node.other)
        refused = owner_does(command, module, account="test:1")
        assert refused.exit_code == 1
        expected = f"nothing was sent: 1 of the changes are for {node.deployer}, a key, to make:"
        assert f"{expected} {command}: call {module}.{command}()" in refused.stderr
        assert node.nonce(node.other) == sent


def test_for_a_timelock_the_calls_are_written(owner_does, chain, node, tmp_path):
    timelock = chain.deploy("TestTimelock", 60, [node.other]).address
    guarded = chain.deploy("GuardedPausableHook", timelock, [node.deployer], HOURS).address
    plain = chain.deploy("PausableIsm", timelock).address

    assert "stopped by a guardian until" in owner_does("pause", guarded).stdout
    written = owner_does("pause", guarded, plain)

    assert written.exit_code == 0, written.stderr
    (path,) = (tmp_path / "proposals").iterdir()
    calls = json.loads(path.read_text())["calls"]
    assert [(call["to"], call["data"]) for call in calls] == [
        (guarded, "0x8456cb59"),
        (plain, "0x8456cb59"),
    ]
    assert not node.view(plain, "paused()", "bool")


def test_contracts_without_pauses_or_guardians_are_refused(owner_does, chain, node):
    plain = chain.deploy("PausableIsm", node.deployer).address
    other = chain.deploy("NoopIsm").address
    sent = node.nonce()
    for command, contract, said in (
        ("pause", other, f"{other}: not a contract that can be paused; expected a pausable hook"),
        ("pause", THIEF, f"{THIEF}: not a contract that can be paused"),
        ("rearm", plain, f"{plain}: has no guardians that could be rearmed"),
        ("pause", "0x12", "CONTRACTS: "),
    ):
        result = owner_does(command, plain, contract)
        assert result.exit_code == 1
        assert said in result.stderr
    assert node.nonce() == sent
    assert "messages pass" in owner_does("unpause", plain).stdout


def test_a_blacklist_whose_key_was_stolen_is_replaced_by_moving_it(
    deployed, check, read, chain, node, registry
):
    content = core([node.other])
    modules = content["defaultIsm"]["modules"]
    modules.insert(1, {"type": "blacklistIsm", "owner": node.other})
    content["defaultIsm"]["threshold"] = 3
    guard, _ = deployed(content)
    chain.at("BlacklistIsm", module_of(node, registry, 1)).functions.blacklist(
        [b"\1" * 32]
    ).transact({"from": node.other})

    del modules[1]
    modules.append({"type": "blacklistIsm", "owner": node.third})
    assert deployed(content)[0] == guard

    assert check().exit_code == 0
    assert module_of(node, registry, 0) == guard
    found = yaml.safe_load(read(registry.addresses("alpha").mailbox).stdout)
    assert found["defaultIsm"]["modules"][2] == {
        "type": "blacklistIsm",
        "owner": node.third,
        "blacklistedIds": [],
    }


def module_of(node, registry, index: int) -> str:
    """A module of the aggregation that is the default module."""
    aggregation = node.view(registry.addresses("alpha").mailbox, "defaultIsm()", "address")
    answer = node.web3.eth.call(
        {"to": aggregation, "data": keccak(text="modulesAndThreshold(bytes)")[:4] + EMPTY}
    )
    modules, _ = decode(["address[]", "uint8"], answer)
    return node.web3.to_checksum_address(modules[index])


EMPTY = (32).to_bytes(32) + bytes(32)
"""Empty bytes as an argument."""


@pytest.fixture
def init(node, registry, tmp_path):
    """Runs `init --guarded` and returns the config's path, and what it said."""

    def init(*more, typed=None):
        path = tmp_path / "first.yaml"
        arguments = [
            *("init", "--registry", str(registry.folder), "--rpc", node.url, "--name", "alpha"),
            *("--config", str(path), "--guarded", *more),
        ]
        result = CliRunner(mix_stderr=False).invoke(cli.cli, arguments, input=typed)
        assert result.exit_code == 0, result.stderr
        return path, result.stdout

    return init


@pytest.mark.parametrize("with_validators", [False, True])
def test_what_init_writes_is_deployed_and_read_back(
    init, deploy, check, read, chain, node, registry, with_validators
):
    guardians = [node.other, node.third]
    validators = ["--validators", ",".join(guardians)] if with_validators else []
    path, said = init("--guardians", ",".join(guardians), "--no-interactive", *validators)
    assert "fill in" not in said

    result = deploy("--config", path)

    assert result.exit_code == 0, result.stderr
    assert check().exit_code == 0
    content = yaml.safe_load(read(registry.addresses("alpha").mailbox).stdout)
    first, second = content["defaultIsm"]["modules"]
    assert content["defaultIsm"]["threshold"] == 2
    assert second["type"] == ("messageIdMultisigIsm" if with_validators else "trustedRelayerIsm")
    tree, hook = content["requiredHook"]["hooks"]
    assert tree == {"type": "merkleTreeHook"}
    for found, kind in ((first, "guardedPausableIsm"), (hook, "guardedPausableHook")):
        assert (found["type"], found["guardianPause"]) == (kind, HOURS)
        assert (found["guardians"], found["paused"]) == (guardians, False)

    # A guardian's pause of the hook stops whoever sends, whatever hook they name.
    mailbox = chain.at("Mailbox", registry.addresses("alpha").mailbox)
    own = chain.deploy("PausableHook").address
    dispatch = mailbox.functions.dispatch(1, b"\1" * 32, b"", b"", own)
    chain.send(dispatch)
    pause_as(chain, node.third, registry.addresses("alpha").guarded_pausable_hook)
    with pytest.raises(ContractCustomError):
        dispatch.call({"from": node.deployer})


def test_init_leaves_guardians_to_fill_in_or_asks_for_them(init, deploy, node):
    path, said = init("--no-interactive")
    to_do = f"{path}: fill in `guardians`, in the module and the hook, before you deploy"
    assert to_do in said
    assert "guardians: nobody can pause but the owner" in deploy("--config", path).stdout
    path, said = init("--interactive", "--force", typed=f"\n\n\n{node.other}\n")
    assert to_do not in said
    content = yaml.safe_load(path.read_text())
    assert content["requiredHook"]["hooks"][1]["guardians"] == [node.other]
