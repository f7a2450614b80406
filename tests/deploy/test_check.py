"""`ape hyperlane check`: what differs from the deployment, and nothing else."""

import json


def test_a_core_as_it_was_deployed_passes(deploy, check):
    deploy()
    result = check()
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "alpha is as it was deployed\n"


def test_what_somebody_changed_is_named_field_by_field(deploy, check, node, registry):
    deploy()
    mailbox = registry.addresses("alpha").mailbox
    data = "0xf2fde38b" + node.other[2:].rjust(64, "0")  # transferOwnership(address)
    node.web3.eth.send_transaction({"from": node.deployer, "to": mailbox, "data": data})
    difference = f"mailbox.owner() is {node.other}, expected {node.deployer}"

    result = check()
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [difference]
    assert result.stderr.splitlines()[-1] == "Error: alpha differs from its deployment in 1 places"
    assert json.loads(check("--json").stdout)["differences"] == [difference]


def test_a_chain_without_deployment_is_refused(check):
    result = check()
    assert result.exit_code == 1
    assert "deploy a core first" in result.stderr
