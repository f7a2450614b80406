"""Interchain accounts in scripts: `with ica.on("arbitrum") as account`."""

import shlex
import shutil
import subprocess

import ape
import click
import pytest
import yaml
from ape.exceptions import SignatureError
from click.testing import CliRunner
from tests.support.account_chains import COIN, HUB, RECEIVER, SPOKES, locked_account
from tests.support.faulty import Trouble, faulty

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


def on(chains, owner, **options):
    return ica.on(SPOKES[0], origin=HUB, owner=owner, registry=chains.registry, **options)


def test_a_script_uses_the_account_like_any_other(chains, owner, account, token):
    other = ape.accounts.test_accounts[7].address
    before = chains.balances(token, RECEIVER, other)

    with on(chains, owner) as remote:
        assert remote.address == account
        token.approve(other, 3 * COIN, sender=remote)
        token.transfer(RECEIVER, 2 * COIN, sender=remote)

    assert chains.balances(token, account, RECEIVER) == [8 * COIN, before[0] + 2 * COIN]
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

    assert chains.balances(token, other) == [COIN]


def test_a_block_within_a_block_is_on_its_own_chain(chains, owner, account, token):
    before = chains.balances(token, RECEIVER)[0]

    with on(chains, owner) as remote, ape.accounts.use_sender(remote):
        with ica.on(SPOKES[1], origin=HUB, owner=owner, registry=chains.registry) as other:
            other.transfer(RECEIVER, 0)
        assert other.receipt.status == 1
        token.transfer(RECEIVER, COIN)

    assert chains.balances(token, account, RECEIVER) == [9 * COIN, before + COIN]
    assert other.message_id != remote.message_id
    with chains.net.connect(SPOKES[1]):
        assert has_code(other.address)


def test_nothing_is_sent_when_a_call_would_fail(chains, owner, token):
    nonce = chains.sent(owner)

    def attempt():
        with on(chains, owner) as remote:
            token.transfer(RECEIVER, COIN, sender=remote)
            token.transfer(RECEIVER, 100 * COIN, sender=remote)

    with pytest.raises(ChainError, match=rf"call 2 of 2, to {token.address}.*would fail"):
        attempt()

    assert chains.sent(owner) == nonce


def test_nothing_is_sent_when_the_block_fails_or_is_empty(chains, owner, token):
    nonce = chains.sent(owner)

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

    assert chains.sent(owner) == nonce
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
    nonce = chains.sent(owner)

    def attempt(value):
        with on(chains, owner, salt="poor") as remote:
            remote.transfer(RECEIVER, value)

    with pytest.raises(ChainError, match=r"would fail .*the account has 0 wei before the calls"):
        attempt(1)
    for word in (WHOLE_BALANCE, DELEGATE_CALL):
        with pytest.raises(ConfigError, match=f"value: {word} is no amount"):
            attempt(word)
    assert chains.sent(owner) == nonce


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
    nonce = chains.sent(owner)

    def attempt():
        with ica.on(SPOKES[0], origin=HUB, owner=owner, registry=copy) as remote:
            token.transfer(RECEIVER, COIN, sender=remote)

    with pytest.raises((ConfigError, ChainError), match=said):
        attempt()
    assert chains.sent(owner) == nonce


def test_the_origin_is_the_connected_chain_unless_it_is_named(chains, owner, account):
    with (
        chains.net.connect(HUB),
        ica.on(SPOKES[0], owner=owner, registry=chains.registry) as remote,
    ):
        assert remote.address == account


def test_a_message_that_takes_longer_is_not_sent_again(chains, owner, token):
    nonce = chains.sent(owner)

    def attempt():
        with on(chains, owner, timeout=0) as remote:
            token.transfer(RECEIVER, COIN, sender=remote)

    with pytest.raises(ChainError, match=r"was not delivered within 0 s.*Do not send them again"):
        attempt()
    assert chains.sent(owner) == nonce + 1


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
    assert chains.sent(me) == 0


def test_a_delivery_that_fails_is_explained_by_the_command_of_the_error(chains, owner, token):
    """The calls would have succeeded when they were sent, and do again when the cause is gone."""
    net = chains.net
    before = chains.balances(token, RECEIVER)[0]

    def approve(amount):
        with net.connect(SPOKES[0]):
            token.approve(remote, amount, sender=net.deployer)

    def attempt():
        with on(chains, owner, timeout=0) as account:
            token.transferFrom(net.deployer, RECEIVER, COIN, sender=account)

    with on(chains, owner) as remote:
        pass
    approve(COIN)
    net.processes.kill("relayer")
    with pytest.raises(ChainError) as raised:
        attempt()
    approve(0)
    net.processes.restart("relayer")

    command = shlex.split(str(raised.value).rpartition("see the message with ")[2])

    def shown():
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    # The message has to be signed first.
    net.processes.wait_until(
        lambda: "ERC20InsufficientAllowance" in shown(), f"{command} says why", seconds=300
    )
    assert chains.balances(token, RECEIVER) == [before]

    approve(COIN)
    net.processes.wait_until(
        lambda: chains.balances(token, RECEIVER) == [before + COIN], "it is made", seconds=300
    )


def test_a_call_made_on_another_chain_is_not_collected(chains, owner, token):
    nonce = chains.sent(owner)

    def attempt():
        with on(chains, owner) as remote, chains.net.connect(HUB):
            token.transfer(RECEIVER, COIN, sender=remote)

    with pytest.raises(ConfigError, match=rf"make it while connected to {SPOKES[0]}"):
        attempt()
    assert chains.sent(owner) == nonce


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
