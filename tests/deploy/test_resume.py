"""A run may be killed at any instruction: the next one completes, and nothing happens twice."""

import json
import time

import pytest

TRANSACTIONS = 17


def _wait_for_pending(node, process):
    deadline = time.monotonic() + 240
    while node.nonce(block="pending") == node.nonce():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def killed(start, node):
    """A run killed while its transaction number `position` waits in the node's pool."""

    def killed(position):
        node.rpc("evm_setAutomine", False)
        process = start()
        for _ in range(position - 1):
            _wait_for_pending(node, process)
            node.rpc("evm_mine")
        _wait_for_pending(node, process)
        process.kill()
        process.communicate()

    return killed


def _assert_complete(result, node, registry, transactions=TRANSACTIONS):
    """The run that resumed was right: no transaction too many, and the registry tells the truth."""
    assert result.exit_code == 0, result.stderr
    assert node.nonce() == transactions
    addresses = registry.addresses("alpha")
    journal = json.loads((registry.chain_folder("alpha") / "deployment.json").read_text())
    assert all(step["done"] for step in journal["steps"].values())
    for key, address in addresses.as_file().items():
        assert journal["steps"][key]["address"] == address
        assert node.web3.eth.get_code(address)
    mailbox = addresses.mailbox
    assert node.view(mailbox, "requiredHook()", "address") == addresses.merkle_tree_hook
    assert node.view(mailbox, "defaultHook()", "address") == addresses.interchain_gas_paymaster
    assert node.view(mailbox, "owner()", "address") == node.deployer


@pytest.mark.parametrize("position", [12, 16, TRANSACTIONS])
def test_a_transaction_that_is_mined_after_the_kill_is_not_repeated(
    killed, deploy, node, registry, position
):
    killed(position)
    assert not (registry.chain_folder("alpha") / "addresses.yaml").exists()
    node.rpc("evm_mine")
    node.rpc("evm_setAutomine", True)
    _assert_complete(deploy(), node, registry)


def test_a_transaction_that_is_still_pending_is_waited_for(killed, deploy, node, registry):
    killed(7)
    node.rpc("evm_setIntervalMining", 1)
    _assert_complete(deploy(), node, registry)


def test_a_transaction_that_never_left_is_sent(killed, deploy, node, registry):
    killed(1)
    (pool,) = node.rpc("txpool_content")["pending"].values()
    for transaction in pool.values():
        node.rpc("anvil_dropTransaction", transaction["hash"])
    node.rpc("evm_setAutomine", True)
    _assert_complete(deploy(), node, registry)


def test_a_nonce_that_something_else_has_used_is_not_mistaken_for_the_step(
    killed, deploy, node, registry
):
    killed(6)
    (pool,) = node.rpc("txpool_content")["pending"].values()
    for transaction in pool.values():
        node.rpc("anvil_dropTransaction", transaction["hash"])
    node.rpc("evm_setAutomine", True)
    node.web3.eth.send_transaction({"from": node.deployer, "to": node.other, "value": 1})
    _assert_complete(deploy(), node, registry, TRANSACTIONS + 1)


def test_a_last_step_that_was_not_written_down_is_recognised(deploy, node, registry, config):
    deploy("--config", config(f"owner: '{node.other}'"))
    sent = node.nonce()
    path = registry.chain_folder("alpha") / "deployment.json"
    journal = json.loads(path.read_text())
    last = list(journal["steps"])[-1]
    assert last == "transferOwnership of testRecipient"
    journal["steps"][last] |= {"done": False, "transaction": None}
    path.write_text(json.dumps(journal))

    result = deploy()

    assert result.exit_code == 0, result.stderr
    assert node.nonce() == sent
    assert json.loads(path.read_text())["steps"][last]["done"]


def test_a_half_deployed_core_is_not_continued_by_another_account(killed, deploy, node):
    killed(3)
    node.rpc("evm_mine")
    node.rpc("evm_setAutomine", True)
    result = deploy(account="test:1")
    assert result.exit_code == 1
    assert f"only {node.deployer}, who created it, may initialise it" in result.stderr
    assert node.nonce(node.other) == 0
