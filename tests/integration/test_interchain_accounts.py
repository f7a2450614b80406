"""Interchain accounts between real chains with real agents: commands, scripts, and what the page
docs/interchain-accounts.md shows."""

import json

import ape
import pytest
from tests.support.accounts import HUB, SPOKES, account_chains

from ape_hyperlane import ica
from ape_hyperlane.plans.chain import has_code
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import to_hex

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
def token(chains, account):
    token = chains.deploy(SPOKES[0], "TestERC20", "Token", "TKN", 100 * COIN, 18)
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


def test_an_account_creates_no_contract(chains, owner):
    with on(chains, owner) as remote:
        transaction = ape.networks.ethereum.create_transaction(data=b"\x60\x00", value=0)
        with pytest.raises(ConfigError, match="creates none itself"):
            remote.call(transaction)


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
        (["--to", SPOKES[0], "--value", "some"], "--value: 'some', expected wei"),
        (["--to", SPOKES[0], "--calls", "missing.json"], "--calls missing.json"),
        (["--to", SPOKES[0], "--account", "nobody"], "nobody"),
        (["--to", SPOKES[0], "--salt", "0x12"], "--salt"),
    ],
)
def test_bad_input_is_named(chains, words, said):
    target = [] if "--calls" in words else [RECEIVER]
    if "--account" not in words:
        words = [*words, "--account", ACCOUNT]

    made = chains.run("ica", "call", *target, "--origin", HUB, *words)

    assert made.exit_code == 1
    assert said in made.output


def test_one_vote_is_executed_on_three_chains(chains):
    """A timelock on the hub sets a value on each of the spokes, by one operation."""
    net = chains.net
    proposer = net.deployer
    timelock = chains.deploy(HUB, "TestTimelock", 0, [proposer.address])
    targets = {
        name: chains.deploy(name, "TestERC20", "Treasury", "TRS", 5 * COIN, 18) for name in SPOKES
    }
    accounts = {}
    proposals = []
    for name, token in targets.items():
        with ica.propose(
            name, origin=HUB, owner=timelock.address, registry=chains.registry
        ) as remote:
            token.transfer(remote.address, 2 * COIN, sender=proposer)
            token.transfer(RECEIVER, 2 * COIN, sender=remote)
        accounts[name] = remote.address
        proposals.append(remote.proposal)
    operation = (
        [each.target for each in proposals],
        [each.value for each in proposals],
        [each.calldata for each in proposals],
        bytes(32),
        bytes(32),
    )

    with net.connect(HUB):
        fee = sum(each.value for each in proposals)
        timelock.scheduleBatch(*operation, 0, sender=proposer)
        timelock.executeBatch(*operation, value=fee, sender=proposer)

    for name, token in targets.items():
        with net.connect(name):
            net.processes.wait_until(
                lambda token=token: token.balanceOf(RECEIVER) == 2 * COIN,
                f"the vote is executed on {name}",
                seconds=300,
            )
            assert token.balanceOf(accounts[name]) == 0


def sent(chains, owner):
    with chains.net.connect(HUB):
        return owner.nonce
