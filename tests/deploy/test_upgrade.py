"""Code behind proxies: replaced where its storage fits, and left alone where it does not."""

import copy
import json
import subprocess
from pathlib import Path

import pytest
from benchmarks.anvil import Chain
from click.testing import CliRunner

from ape_hyperlane import cli
from ape_hyperlane.core import layouts

ROOT = Path(__file__).parents[2]


@pytest.fixture
def chain(node):
    return Chain(node.web3)


@pytest.fixture
def upgrade(options, tmp_path):
    def upgrade(*more, **choices):
        arguments = [*options(*more, **choices), "--proposals", str(tmp_path / "proposals")]
        result = CliRunner(mix_stderr=False).invoke(cli.upgrade_core, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    return upgrade


@pytest.fixture
def outdated(deploy, config, registry, chain, node):
    """`outdated(owner of the admin)`: a core whose Mailbox has other code. Returns that."""

    def outdated(owner=None):
        text = "upgradeable: true" + (f"\nproxyAdmin: {{owner: '{owner}'}}" if owner else "")
        assert deploy("--config", config(text)).exit_code == 0
        addresses = registry.addresses("alpha")
        other = chain.deploy("UpgradedMailbox", 31337)
        admin = chain.at("ProxyAdmin", addresses.proxy_admin)
        call = admin.functions.upgradeAndCall(addresses.mailbox, other.address, b"")
        if owner:
            node.rpc("anvil_impersonateAccount", owner)
            node.rpc("anvil_setBalance", owner, hex(10**18))
        call.transact({"from": owner or node.deployer})
        return other

    return outdated


def known(monkeypatch, node, address, layout):
    """Makes the code at an address that of a version with this layout."""
    code = bytes(node.web3.eth.get_code(address))
    found = copy.deepcopy(layouts.table())
    found["Mailbox"].insert(0, {"codes": [layouts.metadata_of(code)], "layout": layout})
    monkeypatch.setattr(layouts, "table", lambda: found)


def test_the_layouts_are_those_of_the_compiler():
    ran = subprocess.run(
        ["node", ROOT / "toolchain" / "layouts"], capture_output=True, check=True, text=True
    )
    found = json.loads(ran.stdout)
    assert {name: layouts.layout_now(name) for name in layouts.table()} == found, (
        "the storage of an upgradeable contract has changed: run toolchain/record_layouts"
    )


A, B = ["a", "t_uint128", 0, 0, 16], ["b", "t_uint128", 0, 16, 16]
BEHIND = ["c", "t_uint256", 1, 0, 32]
MEMBER = ["m", "t_uint256", 0, 0, 32]


def layout(*storage, **structs):
    return {"storage": list(storage), "structs": structs}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (layout(A, B), layout(A, B), []),
        (layout(A, B), layout(A, B, BEHIND), []),
        (
            layout(A, B),
            layout(A),
            ["b (t_uint128, slot 0.16) would become nothing"],
        ),
        (
            layout(A, B),
            layout(B, A),
            [
                "a (t_uint128, slot 0.0) would become b (t_uint128, slot 0.16)",
                "b (t_uint128, slot 0.16) would become a (t_uint128, slot 0.0)",
            ],
        ),
        (
            layout(A),
            layout(["a", "t_int128", 0, 0, 16]),
            ["a (t_uint128, slot 0.0) would become a (t_int128, slot 0.0)"],
        ),
        (layout(S=[MEMBER]), layout(S=[MEMBER, BEHIND]), ["S: has more members than before"]),
    ],
)
def test_what_new_code_would_misread_is_named(old, new, said):
    assert layouts.conflicts(old, new) == said


def test_code_of_a_known_version_is_replaced_and_the_storage_stays(
    upgrade, outdated, check, node, registry, monkeypatch
):
    old = outdated()
    mailbox = registry.addresses("alpha").mailbox
    current = upgrade("--contract", "interchainGasPaymaster")
    assert current.stdout == "alpha: all code behind proxies is of this version\n"
    known(monkeypatch, node, old.address, layouts.layout_now("Mailbox"))

    result = upgrade()

    assert result.exit_code == 0, result.stderr
    assert "upgrade of mailbox: 0x" in result.stdout
    assert node.view(mailbox, "owner()", "address") == node.deployer
    assert check().stdout == "alpha is as it was deployed\n"
    sent = node.nonce()
    assert upgrade().stdout == "alpha: all code behind proxies is of this version\n"
    assert node.nonce() == sent


@pytest.mark.parametrize("is_known", [False, True])
def test_code_whose_storage_would_be_misread_stays(
    upgrade, outdated, node, registry, monkeypatch, is_known
):
    old = outdated()
    said = f"mailbox: its code at {old.address} is of no recorded version"
    if is_known:
        other = copy.deepcopy(layouts.layout_now("Mailbox"))
        other["storage"].insert(0, ["more", "t_uint256", 0, 0, 32])
        known(monkeypatch, node, old.address, other)
        said = "mailbox: the new code would misread the storage"
    sent = node.nonce()
    files = sorted(path.name for path in registry.chain_folder("alpha").iterdir())
    result = upgrade(*(["--force"] if is_known else []))
    assert result.exit_code == 1
    assert said in result.stderr
    assert node.nonce() == sent
    assert sorted(path.name for path in registry.chain_folder("alpha").iterdir()) == files


def test_a_timelock_that_owns_the_admin_gets_the_upgrade_to_do(
    upgrade, outdated, check, chain, node, tmp_path
):
    timelock = chain.deploy("TestTimelock", 60, [node.other])
    outdated(timelock.address)
    result = upgrade("--force")
    assert result.exit_code == 0, result.stderr
    (path,) = (tmp_path / "proposals").iterdir()
    proposal = json.loads(path.read_text())
    assert [call["step"] for call in proposal["calls"]] == ["upgrade of mailbox"]
    assert check().exit_code == 1
    sent = node.nonce()
    assert upgrade("--force").exit_code == 0  # the new code is there already
    assert node.nonce() == sent
    assert json.loads(path.read_text()) == proposal
    for key in ("schedule", "execute"):
        call = proposal[key]
        node.web3.eth.send_transaction({"from": node.other, "to": call["to"], "data": call["data"]})
        node.rpc("evm_increaseTime", 60)
        node.rpc("evm_mine")
    assert check().stdout == "alpha is as it was deployed\n"


def test_wrong_input_of_upgrade_is_named(upgrade, deploy, node):
    result = upgrade()
    assert result.exit_code == 1
    assert deploy().exit_code == 0
    sent = node.nonce()
    result = upgrade()
    assert result.exit_code == 1
    assert "alpha: proxyAdmin: this core has no proxies, so its code cannot be replaced" in (
        result.stderr
    )
    assert node.nonce() == sent


def test_a_proxy_that_is_none_is_named(upgrade, deploy, config):
    assert deploy("--config", config("upgradeable: true")).exit_code == 0
    result = upgrade("--contract", "mailbx")
    assert result.exit_code == 1
    assert result.stderr == "Error: --contract 'mailbx': no proxy; did you mean 'mailbox'?\n"
