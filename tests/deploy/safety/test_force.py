"""Risks of a plan: shown everywhere, and in the way where there are real users."""

import json

import pytest

from ape_hyperlane.safety import report

CONFIG = """
owner: '{owner}'
defaultIsm: {{type: messageIdMultisigIsm, validators: ['{owner}'], threshold: 1}}
"""
FORGED = (
    "risk: defaultIsm: whoever has one key, {owner}, can forge any message: raise the threshold"
)


@pytest.fixture
def config(node, tmp_path):
    path = tmp_path / "core.yaml"
    path.write_text(CONFIG.format(owner=node.other))
    return path


@pytest.fixture
def real_users(monkeypatch):
    """As on a network that is not for development."""
    monkeypatch.setattr(report, "is_development", lambda: False)


def test_risks_are_shown_and_need_force_where_users_are_real(
    node, deploy, check, config, real_users, registry
):
    refused = deploy("--config", config)
    assert refused.exit_code == 1
    assert FORGED.format(owner=node.other) in refused.stdout
    assert "is a plain key: whoever steals the key" in refused.stdout
    assert "3 risks are listed above as `risk:`; nothing was sent" in refused.stderr
    assert "--force if you mean it" in refused.stderr
    assert node.nonce() == 0
    assert not registry.has_addresses("alpha")

    planned = deploy("--config", config, "--dry-run")
    assert planned.exit_code == 0
    assert FORGED.format(owner=node.other) in planned.stdout

    assert deploy("--config", config, "--force").exit_code == 0
    again = deploy("--config", config)
    assert again.exit_code == 0, "nothing is left to be sent"
    assert FORGED.format(owner=node.other) in check().stderr
    risks = json.loads(check("--json").stdout)["risks"]
    assert len(risks) == 3


def test_on_a_development_network_risks_are_only_shown(node, deploy, config):
    done = deploy("--config", config)
    assert done.exit_code == 0
    assert FORGED.format(owner=node.other) in done.stdout


def test_a_dry_run_says_what_an_account_lacks(node, deploy):
    node.rpc("anvil_setBalance", node.deployer, hex(10**15))
    planned = deploy("--dry-run")
    assert planned.exit_code == 1
    assert f"account {node.deployer} has 0.001000 ether; about" in planned.stderr
    assert "transactions sent" not in planned.stdout
