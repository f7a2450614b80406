"""Interchain accounts between real chains with real agents: commands, scripts, and what the page
docs/interchain-accounts.md shows."""

import json
import shutil
import subprocess

import ape
import click
import pytest
import yaml
from ape.exceptions import SignatureError
from click.testing import CliRunner
from tests.support.faulty import Trouble, faulty
from tests.support.wired import HUB, SPOKES, Page, account_chains, locked_account, run_as

from ape_hyperlane import ica
from ape_hyperlane.cli import cli
from ape_hyperlane.core.messages import Dispatched
from ape_hyperlane.ica.delivery import await_arrival
from ape_hyperlane.ica.route import find_route
from ape_hyperlane.plans.chain import has_code
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.accounts import DELEGATE_CALL, WHOLE_BALANCE
from hyperlane.protocol.typecasts import address_from_hex, to_hex
from hyperlane.registry import Registry

RECEIVER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
COIN = 10**18
ACCOUNT = "test:2"
"""The devnet's user."""


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    with account_chains(tmp_path_factory.mktemp("accounts")) as chains:
        yield chains


@pytest.fixture(scope="module")
def owner(chains):
    return chains.net.user


@pytest.fixture(scope="module")
def account(chains, owner):
    """Address of the owner's account on the first spoke, which holds tokens."""
    said = chains.run(
        "ica", "address", "--origin", HUB, "--to", SPOKES[0], "--owner", owner.address
    )
    assert said.exit_code == 0, said.output
    return said.stdout.splitlines()[0]


@pytest.fixture
def token(chains, account, project):
    token = chains.deploy(SPOKES[0], project.TestERC20, "Token", "TKN", 100 * COIN, 18)
    with chains.net.connect(SPOKES[0]):
        token.transfer(account, 10 * COIN, sender=chains.net.deployer)
    return token


def balances(chains, token, *holders):
    with chains.net.connect(SPOKES[0]):
        return [token.balanceOf(holder) for holder in holders]


def on(chains, owner, **options):
    return ica.on(SPOKES[0], origin=HUB, owner=owner, registry=chains.registry, **options)


def test_a_script_uses_the_account_like_any_other(chains, owner, account, token):
    other = ape.accounts.test_accounts[7].address
    before = balances(chains, token, RECEIVER, other)

    with on(chains, owner) as remote:
        assert remote.address == account
        token.approve(other, 3 * COIN, sender=remote)
        token.transfer(RECEIVER, 2 * COIN, sender=remote)

    assert balances(chains, token, account, RECEIVER) == [8 * COIN, before[0] + 2 * COIN]
    with chains.net.connect(SPOKES[0]):
        assert token.allowance(account, other) == 3 * COIN
        assert has_code(account)
        mailbox = chains.net.registry.addresses(SPOKES[0]).mailbox
        delivered = [
            log
            for log in remote.receipt.logs
            if log["address"] == mailbox and to_hex(remote.message_id)[2:] in str(log["topics"])
        ]
    assert delivered
    assert remote.receipt.status == 1
    # Ape is not connected to the destination any more, or to any chain.
    assert [(log.to, log.value) for log in remote.decode_logs(token.Transfer)] == [
        (RECEIVER, 2 * COIN)
    ]
    assert {log.event_name for log in remote.decode_logs()} >= {"Approval", "Transfer"}


def test_a_later_call_may_need_an_earlier_one(chains, owner, account, token):
    other = ape.accounts.test_accounts[8].address

    with on(chains, owner) as remote:
        token.approve(account, COIN, sender=remote)
        token.transferFrom(account, other, COIN, sender=remote)

    assert balances(chains, token, other) == [COIN]


def test_nothing_is_sent_when_a_call_would_fail(chains, owner, token):
    nonce = sent(chains, owner)

    def attempt():
        with on(chains, owner) as remote:
            token.transfer(RECEIVER, COIN, sender=remote)
            token.transfer(RECEIVER, 100 * COIN, sender=remote)

    with pytest.raises(ChainError, match=rf"call 2 of 2, to {token.address}.*would fail"):
        attempt()

    assert sent(chains, owner) == nonce


def test_nothing_is_sent_when_the_block_fails_or_is_empty(chains, owner, token):
    nonce = sent(chains, owner)

    seen = []

    def attempt():
        with on(chains, owner) as remote:
            seen.append(remote)
            token.transfer(RECEIVER, COIN, sender=remote)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        attempt()
    with on(chains, owner) as idle:
        seen.append(idle)

    assert sent(chains, owner) == nonce
    for each in seen:
        with pytest.raises(ChainError, match="no calls have been delivered"):
            _ = each.receipt
    with chains.net.connect(SPOKES[0]), pytest.raises(ChainError, match="its block has ended"):
        token.transfer(RECEIVER, COIN, sender=idle)


def test_another_salt_is_another_account(chains, owner, account):
    with on(chains, owner, salt="savings") as savings:
        pass

    assert savings.address != account


def test_the_account_pays_with_its_own_coin(chains, owner, account):
    receiver = ape.accounts.test_accounts[9].address
    with chains.net.connect(SPOKES[0]):
        chains.net.deployer.transfer(account, COIN)
        before = ape.chain.provider.get_balance(receiver)

    with on(chains, owner) as remote:
        remote.transfer(receiver, COIN // 4)

    with chains.net.connect(SPOKES[0]):
        assert ape.chain.provider.get_balance(receiver) == before + COIN // 4
        assert ape.chain.provider.get_balance(account) == 3 * COIN // 4

    with on(chains, owner) as remote:
        remote.transfer(receiver, COIN // 4)
        remote.transfer(receiver, send_everything=True)

    with chains.net.connect(SPOKES[0]):
        assert ape.chain.provider.get_balance(receiver) == before + COIN
        assert ape.chain.provider.get_balance(account) == 0


def test_the_account_pays_no_more_than_it_has(chains, owner):
    nonce = sent(chains, owner)

    def attempt(value):
        with on(chains, owner, salt="poor") as remote:
            remote.transfer(RECEIVER, value)

    with pytest.raises(ChainError, match=r"would fail .*the account has 0 wei before the calls"):
        attempt(1)
    for word in (WHOLE_BALANCE, DELEGATE_CALL):
        with pytest.raises(ConfigError, match=f"value: {word} is no amount"):
            attempt(word)
    assert sent(chains, owner) == nonce


@pytest.mark.parametrize("by", ["address", "contract"])
def test_an_owner_that_cannot_sign_is_refused(chains, token, by):
    owner = token.address if by == "address" else token

    with (
        pytest.raises(ConfigError, match=f"owner: {token.address} is no account.*ica.propose"),
        on(chains, owner),
    ):
        raise AssertionError("the block began")


def test_an_account_creates_no_contract(chains, owner):
    with on(chains, owner) as remote:
        transaction = ape.networks.ethereum.create_transaction(data=b"\x60\x00", value=0)
        with pytest.raises(ConfigError, match="creates none itself"):
            remote.call(transaction)


def test_two_owners_are_not_one_address(chains):
    both = ["--owner", RECEIVER, "--account", ACCOUNT]

    made = chains.run("ica", "address", "--origin", HUB, "--to", SPOKES[0], *both)

    assert made.exit_code == 1
    assert "both name the owner" in made.output


def test_calls_by_command_are_delivered(chains, owner, account, token, tmp_path):
    method = [token.address, "transfer(address,uint256)", RECEIVER, str(COIN)]
    at = ["--origin", HUB, "--to", SPOKES[0], "--account", ACCOUNT]
    before = balances(chains, token, RECEIVER)[0]

    planned = chains.run("ica", "call", *method, *at, "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert balances(chains, token, RECEIVER) == [before]

    made = chains.run("ica", "call", *method, *at)
    assert made.exit_code == 0, made.output
    assert "made after" in made.output
    assert balances(chains, token, RECEIVER) == [before + COIN]

    calldata = to_hex(bytes(token.transfer.encode_input(RECEIVER, COIN)))
    file = tmp_path / "calls.json"
    file.write_text(json.dumps([{"to": token.address, "value": 0, "data": calldata}] * 2))
    made = chains.run("ica", "call", "--calls", str(file), *at)
    assert made.exit_code == 0, made.output
    assert balances(chains, token, account, RECEIVER) == [7 * COIN, before + 3 * COIN]


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


@pytest.mark.parametrize(
    ("chain", "file", "change", "said"),
    [
        (HUB, "addresses", {"interchainAccountRouter": None}, "interchainAccountRouter: required"),
        (HUB, "addresses", {"interchainAccountRouter": RECEIVER}, "is no account router"),
        (SPOKES[0], "addresses", {"interchainAccountRouter": RECEIVER}, "find out which is right"),
        (HUB, "addresses", {"mailbox": RECEIVER}, "has the Mailbox .* but the registry"),
        (SPOKES[0], "addresses", {"mailbox": RECEIVER}, "has the Mailbox .* but the registry"),
        (SPOKES[0], "metadata", {"domainId": 999}, "no router enrolled for arbitrum"),
        (SPOKES[0], "metadata", {"chainId": 999}, "chainId is 999"),
    ],
)
def test_a_registry_that_does_not_fit_is_refused(
    chains, owner, token, tmp_path, chain, file, change, said
):
    copy = tmp_path / "registry"
    shutil.copytree(chains.registry, copy)
    path = copy / "chains" / chain / f"{file}.yaml"
    content = {**yaml.safe_load(path.read_text()), **change}
    path.write_text(yaml.safe_dump({key: value for key, value in content.items() if value}))
    nonce = sent(chains, owner)

    def attempt():
        with ica.on(SPOKES[0], origin=HUB, owner=owner, registry=copy) as remote:
            token.transfer(RECEIVER, COIN, sender=remote)

    with pytest.raises((ConfigError, ChainError), match=said):
        attempt()
    assert sent(chains, owner) == nonce


def test_the_origin_is_the_connected_chain_unless_it_is_named(chains, owner, account):
    with (
        chains.net.connect(HUB),
        ica.on(SPOKES[0], owner=owner, registry=chains.registry) as remote,
    ):
        assert remote.address == account


def test_a_message_that_takes_longer_is_not_sent_again(chains, owner, token):
    nonce = sent(chains, owner)

    def attempt():
        with on(chains, owner, timeout=0) as remote:
            token.transfer(RECEIVER, COIN, sender=remote)

    with pytest.raises(ChainError, match=r"was not delivered within 0 s.*Do not send them again"):
        attempt()
    assert sent(chains, owner) == nonce + 1


def test_a_module_that_could_drive_the_account_is_named(chains, owner, project, tmp_path):
    """The owner of the origin's router chose it: who satisfies it has the accounts."""
    there = chains.net.registry.addresses(SPOKES[0]).interchain_account_router
    domain = chains.net.registry.metadata(SPOKES[0]).domain_id
    mailbox = chains.net.registry.addresses(HUB).mailbox
    none, module = "0x" + "00" * 20, RECEIVER
    router = chains.deploy(
        HUB, project.InterchainAccountRouter, mailbox, none, chains.net.deployer, 0, ["http://x"]
    )
    with chains.net.connect(HUB):
        words = [bytes(12) + bytes.fromhex(each[2:]) for each in (there, module)]
        router.enrollRemoteRouterAndIsm(domain, *words, sender=chains.net.deployer)
    copy = tmp_path / "registry"
    shutil.copytree(chains.registry, copy)
    path = copy / "chains" / HUB / "addresses.yaml"
    content = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**content, "interchainAccountRouter": router.address}))
    words = ["--origin", HUB, "--to", SPOKES[0], "--owner", owner.address]

    said = CliRunner().invoke(cli, ["ica", "address", *words, "--registry", str(copy)])

    assert f"verified by module {module}" in said.output
    assert "verified by" not in chains.run("ica", "address", *words).output


def test_a_script_signs_nothing_without_asking(chains, tmp_path, monkeypatch):
    me = locked_account(tmp_path / "me.json")
    with chains.net.connect(HUB):
        chains.net.deployer.transfer(me, COIN)
    asked = []
    monkeypatch.setattr(click, "confirm", lambda text, **_: asked.append(text))

    def attempt():
        with on(chains, me) as remote:
            remote.transfer(RECEIVER, 0)

    with pytest.raises(SignatureError):
        attempt()
    assert len(asked) == 1
    assert sent(chains, me) == 0


def test_a_call_made_on_another_chain_is_not_collected(chains, owner, token):
    nonce = sent(chains, owner)

    def attempt():
        with on(chains, owner) as remote, chains.net.connect(HUB):
            token.transfer(RECEIVER, COIN, sender=remote)

    with pytest.raises(ConfigError, match=rf"make it while connected to {SPOKES[0]}"):
        attempt()
    assert sent(chains, owner) == nonce


def test_a_destination_that_stops_answering_leaves_the_message_named(chains, owner, tmp_path):
    copy = tmp_path / "registry"
    shutil.copytree(chains.registry, copy)
    path = copy / "chains" / SPOKES[0] / "metadata.yaml"
    content = yaml.safe_load(path.read_text())
    with faulty(content["rpcUrls"][0]["http"]) as node:
        path.write_text(yaml.safe_dump({**content, "rpcUrls": [{"http": node.url}]}))
        route = find_route(Registry(copy), HUB, SPOKES[0], address_from_hex(owner.address))
        message = Dispatched(bytes(range(32)), "0x", 0, 0.0)
        node.trouble = Trouble.ERROR

        with pytest.raises(ChainError) as raised:
            await_arrival(route, message, 60)

    said = str(raised.value)
    assert f"{to_hex(message.id)} was sent, but {SPOKES[0]} does not answer" in said
    assert f"ape hyperlane status {to_hex(message.id)} --origin {HUB}" in said
    assert node.troubled


def test_the_commands_of_the_page(chains, owner, account, token):
    page = Page(
        {
            "0x5FbDB2315678afecb367f032d93F642f64180aa3": token.address,
            "--account me": f"--account {ACCOUNT}",
        }
    )
    folder = chains.net.folder
    (file,) = page.blocks("json")
    (folder / "calls.json").write_text(file)
    before = balances(chains, token, RECEIVER)[0]
    said = []
    for block in page.blocks("console"):
        line = block.removeprefix("$ ").replace("\\\n", "")
        made = subprocess.run(
            line, shell=True, cwd=folder, capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stdout + made.stderr
        said.append(made.stdout)

    assert said[1].splitlines()[0] == account
    assert balances(chains, token, account, RECEIVER) == [9 * COIN, before + COIN]
    with chains.net.connect(SPOKES[0]):
        assert token.allowance(account, RECEIVER) == COIN


def test_the_script_of_the_page(chains, owner, account, token, project, monkeypatch, capsys):
    page = Page({"0x5FbDB2315678afecb367f032d93F642f64180aa3": token.address})
    before = balances(chains, token, RECEIVER)[0]

    run_as(owner, chains, {"Token": project.TestERC20}, page.blocks("python")[:1], monkeypatch)

    assert balances(chains, token, account, RECEIVER) == [5 * COIN, before + 5 * COIN]
    assert capsys.readouterr().out.startswith("0x")


def test_the_vote_of_the_page_is_executed_on_three_chains(chains, owner, project, monkeypatch):
    net = chains.net
    timelock = chains.deploy(HUB, project.TestTimelock, 0, [owner.address])
    tokens = {
        name: chains.deploy(name, project.TestERC20, "Treasury", "TRS", 5 * COIN, 18)
        for name in SPOKES
    }
    accounts = {}
    for name, token in tokens.items():
        with ica.propose(
            name, origin=HUB, owner=timelock.address, registry=chains.registry
        ) as remote:
            token.transfer(remote.address, 2 * COIN, sender=net.deployer)
        accounts[name] = remote.address
    page = Page(
        {
            "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512": timelock.address,
            "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0": tokens["arbitrum"].address,
            "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9": tokens["base"].address,
            "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9": tokens["optimism"].address,
        }
    )
    known = {"Token": project.TestERC20, "Timelock": project.TestTimelock}

    with net.connect(HUB):
        run_as(owner, chains, known, page.blocks("python")[1:3], monkeypatch)

    for name, token in tokens.items():
        with net.connect(name):
            net.processes.wait_until(
                lambda token=token: token.balanceOf(RECEIVER) == COIN,
                f"the vote is executed on {name}",
                seconds=300,
            )
            assert token.balanceOf(accounts[name]) == COIN


def sent(chains, owner):
    with chains.net.connect(HUB):
        return owner.nonce
