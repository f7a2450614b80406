"""Wrong input to `status`, `deliver` and `send`: one line that names it and the remedy, and
nothing is sent."""

import pytest
from click.testing import CliRunner
from tests.support.devnet import free_port, key
from tests.support.stuck import write_chain

from ape_hyperlane import cli
from hyperlane.protocol.typecasts import to_hex
from hyperlane.registry import Registry

NOBODY = "0x" + "12" * 20
UNKNOWN = "0x" + "12" * 32
SEND = ("send", "--origin", "alpha", "--to", "beta", "--body", "hello")


@pytest.fixture
def refused(world):
    """The one line in which a command is refused that sends nothing."""

    def nonces():
        return [
            chain.w3.eth.get_transaction_count(key(0).address, "pending")
            for chain in (world.alpha, world.beta)
        ]

    def refused(*words, status=1, **options):
        before = nonces()
        result = world.run(*words, **options)
        assert result.exit_code == status, result.output
        assert nonces() == before
        return result.stderr.splitlines()[-1]

    return refused


@pytest.mark.parametrize("command", ["status", "deliver"])
@pytest.mark.parametrize(
    ("words", "complaints"),
    [
        (["0x12"], ["MESSAGE: '0x12' has 2 hex digits", "0x and 64 hex digits"]),
        (["nonsense"], ["MESSAGE: 'nonsense' is not hex", "explorer's link"]),
        (["https://explorer.example/tx/12"], ["has no id", "explorer's link"]),
        (
            [UNKNOWN],
            [f"{UNKNOWN}: no transaction and no message of alpha, beta", "--search-blocks"],
        ),
        ([UNKNOWN, "--origin", "alpha"], ["no message of alpha in the last", "--origin"]),
        ([UNKNOWN, "--origin", "gamma"], ["no chain 'gamma'", "alpha"]),
        ([UNKNOWN, "--registry", "/nowhere"], ["/nowhere: no chain", "--registry"]),
    ],
)
def test_messages_that_cannot_be_found_are_refused(refused, command, words, complaints):
    line = refused(command, *words)
    assert all(each in line for each in complaints), line


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["status", UNKNOWN, "--search-blocks", "0"], "--search-blocks"),
        (["deliver", UNKNOWN, "--gas", "20999"], "--gas"),
        (["deliver", UNKNOWN, "--gas", "much"], "--gas"),
        (["deliver", UNKNOWN, "--max-gas-price", "0"], "--max-gas-price"),
        (["status"], "MESSAGE"),
    ],
)
def test_options_out_of_range_are_refused(refused, words, complaint):
    assert complaint in refused(*words, status=2)


@pytest.mark.parametrize(
    ("words", "complaints"),
    [
        (["--recipient", NOBODY], [f"--recipient {NOBODY}: no contract on beta", "--yes"]),
        (["--recipient", "0x12"], ["--recipient: '0x12' is not an address of 20 bytes"]),
        (["--account", "nobody"], ["--account 'nobody' does not exist", "known accounts"]),
        (["--body", "0x1"], ["--body '0x1' is no hex"]),
        (["--to", "gamma"], ["no chain 'gamma'"]),
        (["--origin", "gamma"], ["no chain 'gamma'"]),
    ],
)
def test_sends_that_cannot_arrive_are_refused(refused, words, complaints):
    line = refused(*SEND, *words)
    assert all(each in line for each in complaints), line


def test_a_person_is_asked_before_a_message_to_nobody(world, monkeypatch):
    """No is the end; `--yes` is not asked."""
    monkeypatch.setattr("ape_hyperlane.core.send._is_interactive", lambda: True)
    where = ("--registry", str(world.registry.folder))
    words = [*SEND, "--recipient", NOBODY, "--timeout", "0", *where]
    runner, nonce = CliRunner(mix_stderr=False), world.alpha.contracts["mailbox"].functions.nonce()
    before = nonce.call()
    asked = runner.invoke(cli.cli, words, input="n\n")
    assert "no contract on beta" in asked.stderr
    assert "Send all the same? [y/N]" in asked.stderr
    assert (asked.exit_code, nonce.call()) == (1, before)
    sent = runner.invoke(cli.cli, [*words, "--yes"])
    assert "Send all the same?" not in sent.stderr
    assert "no-recipient: no contract at the recipient" in sent.stdout
    assert (sent.exit_code, nonce.call()) == (1, before + 1)


def test_an_origin_that_does_not_answer_is_named(refused, world, tmp_path):
    registry = Registry(tmp_path / "registry")
    port = free_port()
    write_chain(registry, world.alpha, url=f"http://127.0.0.1:{port}")
    write_chain(registry, world.beta)
    message = to_hex(world.dispatch().id)
    line = refused("status", message, "--origin", "alpha", chains=registry)
    assert "alpha: no RPC answers" in line
    assert f"127.0.0.1:{port}" in line


def test_a_registry_of_another_chain_is_noticed(refused, world, tmp_path):
    registry = Registry(tmp_path / "registry")
    write_chain(registry, world.alpha, url=world.beta.url)
    line = refused("status", UNKNOWN, "--origin", "alpha", chains=registry)
    assert "chains.alpha.rpcUrls" in line


def test_transactions_without_a_message_are_told_apart(refused, world):
    plain = world.alpha.w3.eth.send_transaction({"to": NOBODY, "value": 1})
    world.alpha.wait(plain)
    line = refused("status", to_hex(bytes(plain)))
    assert "of alpha dispatched nothing by the Mailbox" in line
    failed = world.alpha.w3.eth.send_transaction(
        {"to": world.alpha.contracts["mailbox"].address, "data": "0x12345678", "gas": 100_000}
    )
    assert world.alpha.w3.eth.wait_for_transaction_receipt(failed)["status"] == 0
    assert "failed in block" in refused("status", to_hex(bytes(failed)))


def test_a_failing_dispatch_says_the_decoded_error(world, refused):
    """Of the default hook, a paymaster without a price for the destination."""
    mailbox, owner = world.alpha.contracts["mailbox"], world.alpha.w3.eth.default_account
    usual = mailbox.functions.defaultHook().call()
    priceless = world.alpha.deploy("InterchainGasPaymaster")
    world.alpha.send(priceless.functions.initialize(owner, owner))
    world.alpha.send(mailbox.functions.setDefaultHook(priceless.address))
    try:
        line = refused(*SEND)
    finally:
        world.alpha.send(mailbox.functions.setDefaultHook(usual))
    zero = "0x" + "00" * 20
    assert line == (
        f"Error: the paymaster has no price for domain 7331 (NoGasOracle({zero}, 7331))"
    )


@pytest.mark.parametrize(("wrong", "expected"), [("alpha", 1337), ("beta", 7331)])
def test_a_node_of_another_chain_gets_no_signature(refused, world, tmp_path, wrong, expected):
    registry = Registry(tmp_path / "registry")
    chains = {"alpha": world.alpha, "beta": world.beta}
    for name, chain in chains.items():
        other = world.beta if name == "alpha" else world.alpha
        write_chain(registry, chain, url=other.url if name == wrong else chain.url)
    line = refused(*SEND, "--recipient", NOBODY, "--yes", "--registry", str(registry.folder))
    answered = next(chain.chain_id for name, chain in chains.items() if name != wrong)
    assert f"chains/{wrong}/metadata.yaml: chainId is {expected}, but the node answers" in line
    assert line.endswith(str(answered))
