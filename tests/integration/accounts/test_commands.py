"""Interchain accounts by commands: `ape hyperlane ica`."""

import json

import ape
import pytest
from tests.support.account_chains import ACCOUNT, COIN, HUB, RECEIVER, SPOKES

from ape_hyperlane.plans.chain import has_code
from hyperlane.protocol.typecasts import to_hex


def test_two_owners_are_not_one_address(chains):
    both = ["--owner", RECEIVER, "--account", ACCOUNT]

    made = chains.run("ica", "address", "--origin", HUB, "--to", SPOKES[0], *both)

    assert made.exit_code == 1
    assert "both name the owner" in made.output


def test_calls_by_command_are_delivered(chains, owner, account, token, tmp_path):
    method = [token.address, "transfer(address,uint256)", RECEIVER, str(COIN)]
    at = ["--origin", HUB, "--to", SPOKES[0], "--account", ACCOUNT]
    before = chains.balances(token, RECEIVER)[0]

    planned = chains.run("ica", "call", *method, *at, "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert chains.balances(token, RECEIVER) == [before]

    made = chains.run("ica", "call", *method, *at)
    assert made.exit_code == 0, made.output
    assert "made after" in made.output
    assert chains.balances(token, RECEIVER) == [before + COIN]

    calldata = to_hex(bytes(token.transfer.encode_input(RECEIVER, COIN)))
    file = tmp_path / "calls.json"
    file.write_text(json.dumps([{"to": token.address, "value": 0, "data": calldata}] * 2))
    made = chains.run("ica", "call", "--calls", str(file), *at)
    assert made.exit_code == 0, made.output
    assert chains.balances(token, account, RECEIVER) == [7 * COIN, before + 3 * COIN]


def test_an_account_is_deployed_beforehand(chains):
    owner = ape.accounts.test_accounts[6].address
    at = ["--origin", HUB, "--to", SPOKES[1], "--owner", owner]

    assert json.loads(chains.run("ica", "address", *at, "--json").output)["deployed"] is False
    made = chains.run("ica", "deploy", *at, "--account", "test:5")
    assert made.exit_code == 0, made.output

    said = json.loads(chains.run("ica", "address", *at, "--json").output)
    assert said["deployed"] is True
    with chains.net.connect(SPOKES[1]):
        assert has_code(said["account"])
    assert "deployed already" in chains.run("ica", "deploy", *at, "--account", "test:5").output


def test_accounts_are_deployed_on_several_chains(chains):
    owner = ape.accounts.test_accounts[7].address
    to = [word for name in SPOKES for word in ("--to", name)]
    words = ["ica", "deploy", "--origin", HUB, *to, "--owner", owner, "--account", "test:5"]
    with chains.net.connect(SPOKES[0]):
        nonce = ape.accounts.test_accounts[5].nonce

    misspelt = chains.run(*words, "--to", "bass")
    assert misspelt.exit_code == 1
    assert "did you mean 'base'?" in misspelt.output
    with chains.net.connect(SPOKES[0]):
        assert ape.accounts.test_accounts[5].nonce == nonce

    made = chains.run(*words)
    assert made.exit_code == 0, made.output
    for name, line in zip(SPOKES, made.output.splitlines(), strict=True):
        address = line.split()[1]
        assert line.startswith(f"account {address} on {name} of {owner} on {HUB} deployed in 0x")
        with chains.net.connect(name):
            assert has_code(address)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "arbitrium"], "--to: 'arbitrium'"),
        (["--to", HUB], "are one chain"),
        (["--to", SPOKES[0], "--data", "0x1"], "--data"),
        (["--to", SPOKES[0], "--account", "nobody"], "nobody"),
        (["--to", SPOKES[0], "--salt", "0x12"], "--salt"),
    ],
)
def test_bad_input_is_named(chains, words, said):
    if "--account" not in words:
        words = [*words, "--account", ACCOUNT]

    made = chains.run("ica", "call", RECEIVER, "--origin", HUB, *words)

    assert made.exit_code == 1
    assert said in made.output
