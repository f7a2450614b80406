"""`ape run deploy --salt`: one Mailbox address on all chains, of account and salt alone."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from eth_utils import keccak, to_checksum_address

from ape_hyperlane import cli
from ape_hyperlane.plans.apply import Applier
from ape_hyperlane.plans.steps import Reserve
from hyperlane.protocol.reserved import (
    DEPLOYER,
    reservation_address,
    reservation_code,
    reservation_salt,
    reserved_address,
)

GUIDE = Path(__file__).parents[2] / "docs/deploy.md"
SALT = "acme 2026"
TRANSACTIONS = 19
"""Two more than without a salt."""


class Killed(BaseException):
    """The end of a process."""


def predicted(node, name="mailbox"):
    owner = bytes.fromhex(node.deployer[2:])
    return to_checksum_address(reserved_address(owner, keccak(text=SALT), name))


@pytest.fixture
def beta(start_node):
    """Another chain, where the deployer has a past."""
    node = start_node(31338)
    node.web3.eth.send_transaction({"from": node.deployer, "to": node.other, "value": 1})
    return node


def gas_used(node, first=1):
    eth = node.web3.eth
    blocks = (eth.get_block(number) for number in range(first, eth.block_number + 1))
    hashes = (hash_ for block in blocks for hash_ in block["transactions"])
    return sum(eth.get_transaction_receipt(hash_)["gasUsed"] for hash_ in hashes)


def test_two_chains_with_other_configs_have_one_address(
    deploy, check, node, beta, registry, config
):
    plan = deploy("--salt", SALT, "--dry-run").stdout
    assert f"reserve {predicted(node)} for mailbox: account {node.deployer}" in plan
    assert f"create Mailbox(31337) at {predicted(node)}" in plan
    (estimate,) = re.findall(r"([\d,]+)  gas in all", plan)
    result = deploy("--salt", SALT)
    assert result.exit_code == 0, result.stderr
    used = gas_used(node)
    assert used < int(estimate.replace(",", "")) < 1.2 * used
    assert node.nonce() == TRANSACTIONS
    other = CliRunner(mix_stderr=False).invoke(
        cli.deploy,
        [
            *("--network", beta.url, "--account", "test:0", "--chain", "beta", "--domain", "77"),
            *("--registry", str(registry.folder), "--salt", f"0x{keccak(text=SALT).hex()}"),
            *("--config", str(config(f"owner: '{beta.other}'"))),
        ],
    )
    assert other.exit_code == 0, other.stderr

    for name, chain in (("alpha", node), ("beta", beta)):
        addresses = registry.addresses(name)
        assert addresses.mailbox == predicted(node)
        assert addresses.validator_announce == predicted(node, "validatorAnnounce")
        announce = addresses.validator_announce
        assert chain.view(announce, "mailbox()", "address") == predicted(node)
    assert node.view(predicted(node), "localDomain()", "uint32") == 31337
    assert beta.view(predicted(node), "localDomain()", "uint32") == 77
    assert node.view(predicted(node), "owner()", "address") == node.deployer
    assert beta.view(predicted(node), "owner()", "address") == beta.other

    again = deploy()
    assert again.exit_code == 0, again.stderr
    assert "0 transactions sent" in again.stdout
    assert check().exit_code == 0
    journal = registry.chain_folder("alpha") / "deployment.json"
    assert json.loads(journal.read_text())["salt"] == f"0x{keccak(text=SALT).hex()}"
    changed = deploy("--salt", "another")
    assert changed.exit_code == 1
    assert f"but {journal} was begun with 0x{keccak(text=SALT).hex()}" in changed.stderr
    assert "leave --salt out" in changed.stderr
    assert node.nonce() == TRANSACTIONS


def test_a_core_without_a_salt_does_not_get_one(deploy, node, registry):
    deploy()
    sent = node.nonce()
    result = deploy("--salt", SALT)
    assert result.exit_code == 1
    assert "was begun with none" in result.stderr
    assert node.nonce() == sent


def test_a_mailbox_behind_a_proxy_has_the_same_address(deploy, check, node, registry, config):
    result = deploy("--salt", SALT, "--config", config("upgradeable: true"))
    assert result.exit_code == 0, result.stderr
    mailbox = registry.addresses("alpha").mailbox
    assert mailbox == predicted(node)
    assert node.view(mailbox, "owner()", "address") == node.deployer
    sent = node.nonce()
    again = deploy()
    assert again.exit_code == 0, again.stderr
    assert (node.nonce(), check().exit_code) == (sent, 0)

    shutil.rmtree(registry.folder)
    lost = deploy("--salt", SALT, "--config", config("upgradeable: true"))
    assert lost.exit_code == 1
    assert f"mailbox: {mailbox} is taken" in lost.stderr
    assert "deployment.json if this deployment did" in lost.stderr
    assert node.nonce() == sent


def test_runs_that_die_at_each_of_its_transactions_end_in_one_deployment(
    deploy, node, registry, monkeypatch
):
    """Each of them before it is sent, then after it is mined and before that is written down."""
    send, deaths = Applier._send, []

    def die(self, step, transaction):
        special = isinstance(step, Reserve) or getattr(step, "reserve", None)
        if special and (step.name, "before") not in deaths:
            deaths.append((step.name, "before"))
            raise Killed
        receipt = send(self, step, transaction)
        if special:
            deaths.append((step.name, "after"))
            raise Killed
        return receipt

    monkeypatch.setattr(Applier, "_send", die)
    steps = ("mailboxReservation", "mailbox", "initialize of mailbox")
    steps += ("validatorAnnounceReservation", "validatorAnnounce")
    for name in steps:
        for when in ("before", "after"):
            with pytest.raises(Killed):
                deploy("--salt", SALT)
            assert deaths[-1] == (name, when)
    result = deploy()
    assert result.exit_code == 0, result.stderr
    assert registry.addresses("alpha").mailbox == predicted(node)
    assert node.nonce() == TRANSACTIONS


def test_without_a_journal_our_mailbox_is_recognised_and_another_is_not(
    deploy, node, registry, check
):
    deploy("--salt", SALT)
    shutil.rmtree(registry.folder)

    result = deploy("--salt", SALT)

    assert result.exit_code == 0, result.stderr
    assert registry.addresses("alpha").mailbox == predicted(node)
    module = registry.addresses("alpha").interchain_security_module
    assert node.view(predicted(node), "defaultIsm()", "address") == module
    assert deploy().exit_code == check().exit_code == 0

    shutil.rmtree(registry.folder)
    sent = node.nonce()
    taken = deploy("--salt", SALT, "--domain", "77")
    assert taken.exit_code == 1
    assert f"mailbox: {predicted(node)} is taken" in taken.stderr
    assert "choose another --salt" in taken.stderr
    assert node.nonce() == sent
    assert not registry.folder.exists()


def test_attack_a_stranger_who_reserves_the_address_first_only_pays_for_it(deploy, node):
    owner = bytes.fromhex(node.deployer[2:])
    salt = reservation_salt(keccak(text=SALT), "mailbox")
    node.web3.eth.send_transaction(
        {
            "from": node.other,
            "to": to_checksum_address(DEPLOYER),
            "data": salt + reservation_code(owner),
        }
    )
    reservation = reservation_address(owner, keccak(text=SALT), "mailbox")
    assert node.web3.eth.get_code(to_checksum_address(reservation))

    result = deploy("--salt", SALT)

    assert result.exit_code == 0, result.stderr
    assert node.nonce() == TRANSACTIONS - 1
    assert node.view(predicted(node), "owner()", "address") == node.deployer


def test_an_address_is_not_taken_over_by_another_account(deploy, node, monkeypatch):
    send = Applier._send

    def die(self, step, transaction):
        send(self, step, transaction)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Applier, "_send", die)
        with pytest.raises(Killed):
            deploy("--salt", SALT)
    result = deploy(account="test:1")
    assert result.exit_code == 1
    assert f"mailbox: {predicted(node)} is reserved for {node.deployer}" in result.stderr
    assert node.nonce(node.other) == 0


def test_without_a_deterministic_deployer_the_guide_has_the_remedy(deploy, start_node, registry):
    node = start_node(31337, "--disable-default-create2-deployer")
    refused = deploy("--salt", SALT, network=node.url)
    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()
    assert f"--salt: no deterministic deployer at {to_checksum_address(DEPLOYER)}" in line
    assert "docs/deploy.md, One address on all chains" in line
    assert node.nonce() == 0
    assert not registry.folder.exists()

    guide = GUIDE.read_text()
    (sender,) = set(re.findall(r"0x3f[0-9A-Fa-f]{38}", guide))
    (raw,) = re.findall(r"0xf8a5[0-9a-f]+", guide)
    node.web3.eth.send_transaction({"from": node.deployer, "to": sender, "value": 10**16})
    node.rpc("eth_sendRawTransaction", raw)
    node.rpc("anvil_mine", hex(25))  # its price is no longer that of recent blocks

    planned = deploy("--salt", SALT, "--dry-run", network=node.url)
    assert planned.exit_code == 0, planned.stderr
    assert predicted(node) in planned.stdout
