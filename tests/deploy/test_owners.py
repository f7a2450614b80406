"""Ownership that changes hands: who goes on, and what is left to whom."""

import json

PAUSABLE = "owner: '{owner}'\ndefaultIsm: {{type: pausableIsm, paused: false}}"


def module_of(node, registry):
    module = registry.addresses("alpha").interchain_security_module
    assert node.view(registry.addresses("alpha").mailbox, "defaultIsm()", "address") == module
    return module


def test_the_new_owner_adds_a_module_and_owns_it(deploy, node, registry, config):
    assert deploy("--config", config(f"owner: '{node.other}'")).exit_code == 0
    wanted = config(PAUSABLE.format(owner=node.other))

    result = deploy("--config", wanted, account="test:1")

    assert result.exit_code == 0, result.stderr
    module = module_of(node, registry)
    assert node.view(module, "owner()", "address") == node.other
    again = deploy("--config", wanted, account="test:1")
    assert "0 transactions sent" in again.stdout, again.stderr


def test_what_the_new_owner_made_and_hands_on_ends_with_whom_the_file_names(
    deploy, node, registry, config
):
    assert deploy("--config", config(f"owner: '{node.other}'")).exit_code == 0
    text = (
        f"owner: '{node.other}'\n"
        f"defaultIsm: {{type: pausableIsm, paused: true, owner: '{node.third}'}}"
    )
    result = deploy("--config", config(text), account="test:1")
    assert result.exit_code == 0, result.stderr
    module = module_of(node, registry)
    assert node.view(module, "owner()", "address") == node.third
    assert node.view(module, "paused()", "bool")


def test_an_upgradeable_core_is_still_its_first_deployers_work(deploy, node, registry, config):
    text = f"owner: '{node.other}'\nupgradeable: true"
    assert deploy("--config", config(text)).exit_code == 0
    text += "\ndefaultIsm: {type: pausableIsm, paused: false}"
    result = deploy("--config", config(text), account="test:1")
    assert result.exit_code == 0, result.stderr
    assert node.view(module_of(node, registry), "owner()", "address") == node.other
    journal = json.loads((registry.chain_folder("alpha") / "deployment.json").read_text())
    assert journal["deployer"] == journal["steps"]["mailbox"]["sender"] == node.deployer


def test_of_several_owners_each_does_what_it_may(deploy, node, registry, config):
    text = (
        "owner: '{0}'\n"
        "defaultIsm: {{type: pausableIsm, paused: {2}, owner: '{0}'}}\n"
        "requiredHook: {{type: merkleTreeHook}}\n"
        "defaultHook: {{type: pausableHook, paused: {2}, owner: '{1}'}}"
    )
    first = config(text.format(node.deployer, node.other, "false"))
    assert deploy("--config", first).exit_code == 0
    both = config(text.format(node.deployer, node.other, "true"))
    module = module_of(node, registry)
    hook = node.view(registry.addresses("alpha").mailbox, "defaultHook()", "address")

    mine = deploy("--config", both)
    assert mine.exit_code == 1
    assert "left to others: pause of pausableHook: only the owner may" in mine.stdout
    assert "1 steps are left to others" in mine.stderr
    assert node.view(module, "paused()", "bool")
    assert not node.view(hook, "paused()", "bool")

    theirs = deploy("--config", both, account="test:1")
    assert theirs.exit_code == 0, theirs.stderr
    assert node.view(hook, "paused()", "bool")
    assert "0 transactions sent" in deploy("--config", both).stdout


def test_whoever_may_change_nothing_sends_nothing(deploy, node, config):
    assert deploy().exit_code == 0
    sent = node.nonce(node.third)
    result = deploy(
        "--config", config("defaultIsm: {type: pausableIsm, paused: true}"), account="test:2"
    )
    assert result.exit_code == 1
    assert "only the owner may change that" in result.stderr
    assert node.nonce(node.third) == sent
