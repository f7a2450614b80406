"""`status` and `deliver` find out where messages are, on real chains with real validators."""

import json
import re

import pytest
from tests.support.devnet import free_port, key
from tests.support.proxy import misbehaving
from tests.support.stuck import write_chain
from tests.support.words import b32

from ape_hyperlane.core import status
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import to_hex
from hyperlane.registry import ChainAddresses, ChainMetadata, Registry
from hyperlane.tracking import traced
from hyperlane.tracking.trace import Tracer


def sent_in(world, message):
    """Hash of the transaction that sent a message."""
    (log,) = (
        world.alpha.contracts["mailbox"]
        .events.DispatchId()
        .get_logs(from_block=0, argument_filters={"messageId": message.id})
    )
    return to_hex(bytes(log["transactionHash"]))


@pytest.fixture
def elsewhere(world, tmp_path):
    """Another registry of the same chains, to be spoilt."""
    registry = Registry(tmp_path / "registry")
    for chain in (world.alpha, world.beta):
        write_chain(registry, chain)
    return registry


def problems(report):
    return [each["kind"] for each in report["problems"]]


def test_a_message_is_found_by_id_by_transaction_and_by_link_until_it_is_delivered(world):
    message = world.dispatch(gas=200_000)
    world.signed(message, 1, 2)
    sent = sent_in(world, message)
    for name in (to_hex(message.id), sent, sent[2:], f"https://explorer.example/tx/{sent}?a=1#b"):
        result = world.run("status", name, "--json")
        report = json.loads(result.stdout)
        assert report["id"] == to_hex(message.id)
        assert (report["state"], problems(report)) == ("ready", ["ready"])
        assert report["dispatched"]["transaction"] == sent
        assert report["dispatched"]["final"] is True
        assert report["paid"]["gas"] == 200_000
        assert [each["paymaster"] for each in report["paid"]["payments"]] == [
            world.paymaster.address
        ]
        assert report["simulation"]["succeeds"] is True
        assert [each["signed"] for each in report["module"]["validators"]] == [True, True]

    command = report["problems"][0]["next"].partition("yourself: ape hyperlane ")[2].split()
    shown = world.run(*command, "--dry-run")
    assert re.search(r"takes about [\d,]+ gas, 0\.\d+ of its coin", shown.stdout), shown.stderr
    assert not world.beta.delivered(message)
    assert world.run(*command).exit_code == 0
    assert world.beta.delivered(message)

    report = world.status(message)
    delivered = report["delivered"]
    assert (report["state"], report["problems"]) == ("delivered", [])
    assert (delivered["by"], delivered["final"]) == (key(0).address, True)
    by_delivery = json.loads(world.run("status", delivered["transaction"], "--json").stdout)
    assert by_delivery["id"] == report["id"]
    again = world.run(*command)
    assert (again.exit_code, delivered["transaction"] in again.stdout) == (0, True)
    assert world.beta.deliveries(message) == 1


def test_a_message_that_is_delivered_while_it_is_looked_at_is_no_failure(world, monkeypatch):
    message = world.dispatch(gas=200_000)
    world.signed(message, 1, 2)
    assert world.run("deliver", to_hex(message.id)).exit_code == 0
    looked = Tracer.delivery
    first = [None]

    async def late(self, *subject):
        return first.pop() if first else await looked(self, *subject)

    monkeypatch.setattr(Tracer, "delivery", late)
    report = world.status(message)
    assert first == []
    assert (report["state"], problems(report)) == ("delivered", [])
    assert report["delivered"]["chain"] == "beta"


def test_all_messages_of_a_transaction_are_shown_and_delivered(world):
    alpha, recipient = world.alpha, world.beta.recipient()
    mailbox = alpha.contracts["mailbox"]
    calls = [
        (
            mailbox.address,
            False,
            mailbox.encode_abi("dispatch", [7331, b32(recipient.address), body]),
        )
        for body in (b"1", b"2")
    ]
    receipt = alpha.send(alpha.deploy("TestMulticall3").functions.aggregate3(calls))
    name = to_hex(bytes(receipt["transactionHash"]))
    reports = list(map(json.loads, world.run("status", name, "--json").stdout.splitlines()))
    assert [each["body"] for each in reports] == ["0x31", "0x32"]
    result = world.run("deliver", name)
    assert result.exit_code == 0, result.stderr
    reports = list(map(json.loads, world.run("status", name, "--json").stdout.splitlines()))
    assert [each["state"] for each in reports] == ["delivered", "delivered"]


def test_the_way_through_modules_is_shown_and_proven(world):
    """Routing leads to an aggregation of a merkle-root and a message-id multisig."""
    beta = world.beta
    signers = [key(1).address, key(2).address]
    parts = [beta.merkle_root_multisig(signers, 2), beta.message_id_multisig([key(1).address], 1)]
    whole = beta.aggregation([part.address for part in parts], 2)
    routing = beta.deploy("DomainRoutingIsm")
    owner = beta.w3.eth.default_account
    beta.send(routing.functions.initialize(owner, [1337], [whole.address]))
    message = world.dispatch(beta.recipient(routing), gas=400_000)
    world.signed(message, 1, 2)
    report = world.status(message)
    module = report["module"]
    assert (module["type"], module["address"]) == ("routing", routing.address)
    (below,) = module["modules"]
    assert (below["type"], below["threshold"]) == ("aggregation", 2)
    assert {part["type"] for part in below["modules"]} == {
        "merkle_root_multisig",
        "message_id_multisig",
    }
    assert report["state"] == "ready"
    assert world.run("deliver", to_hex(message.id)).exit_code == 0
    assert beta.delivered(message)


@pytest.mark.parametrize(
    ("kind", "most_blocks"), [("message_id", 10**6), ("message_id", -1), ("merkle_root", 10**6)]
)
def test_a_node_that_has_forgotten_the_state_before_the_message_suffices(
    world, elsewhere, kind, most_blocks, monkeypatch
):
    """All leaves are read or, where they are too many, what validators signed is believed."""
    monkeypatch.setattr(traced, "_MOST_BLOCKS", most_blocks)
    recipient = world.beta.recipient(
        getattr(world.beta, f"{kind}_multisig")([key(1).address, key(2).address], 2)
    )
    message = world.dispatch(recipient, gas=400_000)
    world.signed(message, 1, 2)
    forgotten = world.alpha.contracts["merkleTreeHook"].encode_abi("tree", [])
    with misbehaving(world.alpha.url) as node:
        refused = []

        def refuse(body):
            call = json.loads(body)
            if forgotten not in str(call.get("params") if isinstance(call, dict) else ""):
                return None
            refused.append(call)
            error = {"code": -32000, "message": "missing trie node"}
            answer = {"jsonrpc": "2.0", "id": call["id"], "error": error}
            return 200, json.dumps(answer).encode()

        node.interfere(refuse)
        write_chain(elsewhere, world.alpha, url=node.url)
        result = world.run("deliver", to_hex(message.id), chains=elsewhere)
        assert (result.exit_code, world.beta.delivered(message)) == (0, True), result.stderr
        assert refused


def test_only_the_trusted_relayer_is_told_to_deliver(world):
    trusted = key(5).address
    ism = world.beta.deploy("TrustedRelayerIsm", world.beta.contracts["mailbox"].address, trusted)
    message = world.dispatch(world.beta.recipient(ism), gas=200_000)
    report = world.status(message)
    assert (report["state"], report["module"]["relayer"]) == ("ready", trusted)
    assert f"only {trusted} may deliver" in report["problems"][0]["what"]
    refused = world.run("deliver", to_hex(message.id))
    assert (refused.exit_code, f"only {trusted} may deliver" in refused.stderr) == (1, True)
    assert not world.beta.delivered(message)
    delivered = world.run("deliver", to_hex(message.id), "--account", "test:5")
    assert (delivered.exit_code, world.beta.delivered(message)) == (0, True), delivered.stderr


def test_a_recipient_that_refuses_is_quoted(world):
    message = world.dispatch(world.router(), gas=300_000)
    world.signed(message, 1, 2)
    report = world.status(message)
    assert report["state"] == "recipient-reverts"
    words = "no router is enrolled for domain 1337 (RouterNotEnrolled(1337))"
    assert words in report["problems"][0]["what"]
    assert report["simulation"] == {"succeeds": False, "gas": None, "reason": words}
    nonce = world.beta.w3.eth.get_transaction_count(key(0).address)
    refused = world.run("deliver", to_hex(message.id))
    assert (refused.exit_code, words in refused.stderr) == (1, True)
    assert world.beta.w3.eth.get_transaction_count(key(0).address) == nonce


def test_too_little_gas_is_refused_before_it_is_spent(world):
    message = world.dispatch(gas=200_000)
    world.signed(message, 1, 2)
    refused = world.run("deliver", to_hex(message.id), "--gas", "60000")
    assert refused.exit_code == 1
    assert "not sent: --gas 60000" in refused.stderr
    assert not world.beta.delivered(message)
    assert world.run("deliver", to_hex(message.id), "--gas", "400000").exit_code == 0
    assert world.beta.delivered(message)


def test_a_delivery_that_burns_gas_is_sent_only_with_a_limit_for_it(world):
    message = world.dispatch(burner := world.beta.recipient(), gas=200_000)
    world.signed(message, 1, 2)
    # Counts down from 250,000, whatever is called.
    code = "0x6203d0905b60019003806004570000"
    world.beta.w3.provider.make_request("anvil_setCode", [burner.address, code])
    refused = world.run("deliver", to_hex(message.id))
    assert refused.exit_code == 1
    said = re.search(r"gas, more than 5,000,000; if .* give (--gas) (\d+)$", refused.stderr.strip())
    assert said, refused.stderr
    assert not world.beta.delivered(message)
    shown = world.run("deliver", to_hex(message.id), *said.groups())
    assert shown.exit_code == 0, shown.stderr
    assert re.search(r"at most [\d,]+ gas and [\d.]+; signed by 0x", shown.stdout)
    assert world.beta.delivered(message)


def test_too_dear_gas_is_refused(world):
    message = world.dispatch(gas=200_000)
    world.signed(message, 1, 2)
    refused = world.run("deliver", to_hex(message.id), "--max-gas-price", "0.000000001")
    assert (refused.exit_code, "--max-gas-price" in refused.stderr) == (1, True)
    assert not world.beta.delivered(message)


def test_where_there_is_nobody_to_deliver_to_is_said(world, elsewhere):
    def state(message):
        result = world.run("status", to_hex(message.id), "--json", chains=elsewhere)
        report = json.loads(result.stdout)
        return report["state"], report["problems"][0]["what"], report["problems"][0]["next"]

    nobody = world.alpha.dispatch(7331, key(7).address)
    kind, what, _ = state(nobody)
    assert (kind, f"no contract at the recipient {key(7).address}" in what) == (
        "no-recipient",
        True,
    )

    stranger = world.alpha.dispatch(99, key(7).address)
    kind, what, remedy = state(stranger)
    assert (kind, "no chain of domain 99" in what) == ("unknown-destination", True)
    assert "metadata.yaml and addresses.yaml" in remedy

    message = world.dispatch(gas=200_000)
    write_chain(elsewhere, world.beta, url=f"http://127.0.0.1:{free_port()}")
    kind, what, remedy = state(message)
    assert (kind, what.startswith("beta: no RPC answers")) == ("destination-unreachable", True)
    assert "rpcUrl" in remedy

    write_chain(elsewhere, world.beta)
    write_chain(elsewhere, world.alpha, reorg_period=100_000)
    lonely = world.beta.recipient(world.beta.message_id_multisig([key(6).address], 1))
    waiting = world.dispatch(lonely)
    kind, what, _ = state(waiting)
    assert (kind, "is not final" in what) == ("waiting-for-finality", True)


def test_a_message_outside_the_tree_cannot_be_signed(world, elsewhere):
    message = world.dispatch(gas=200_000)
    other = world.alpha.deploy("MerkleTreeHook", world.alpha.contracts["mailbox"].address)
    addresses = elsewhere.addresses("alpha").model_copy(update={"merkle_tree_hook": other.address})
    elsewhere.write_addresses("alpha", addresses)
    result = world.run("status", to_hex(message.id), "--json", chains=elsewhere)
    report = json.loads(result.stdout)
    assert (report["state"], report["tree"]) == ("not-in-tree", None)


def test_watching_ends_with_the_delivery_and_says_what_changed(world, monkeypatch):
    message = world.dispatch(world.beta.recipient())
    process = world.beta.contracts["mailbox"].functions.process(b"", message.encode())
    events = iter([lambda: world.pay(message, 200_000), lambda: world.beta.send(process)])
    original = Tracer.report

    async def report(self, dispatch):
        made = await original(self, dispatch)
        next(events, lambda: None)()
        return made

    monkeypatch.setattr(Tracer, "report", report)
    monkeypatch.setattr(status, "INTERVAL", 0.01)
    result = world.run("status", to_hex(message.id), "--watch", "--json")
    states = [json.loads(line)["state"] for line in result.stdout.splitlines()]
    assert states == ["unpaid", "ready", "delivered"]


def test_watching_goes_on_when_a_node_fails(world, monkeypatch):
    message = world.dispatch(world.beta.recipient(), gas=200_000)
    process = world.beta.contracts["mailbox"].functions.process(b"", message.encode())
    original, looks = Tracer.report, []

    async def report(self, dispatch):
        looks.append(dispatch)
        if len(looks) == 2:
            world.beta.send(process)
            raise ChainError("alpha: no RPC answers")
        return await original(self, dispatch)

    monkeypatch.setattr(Tracer, "report", report)
    monkeypatch.setattr(status, "INTERVAL", 0.01)
    result = world.run("status", to_hex(message.id), "--watch", "--json")
    states = [json.loads(line)["state"] for line in result.stdout.splitlines()]
    assert (result.exit_code, states) == (0, ["ready", "delivered"])
    assert "cannot look now: alpha: no RPC answers" in result.stderr


def test_watching_is_stopped_with_a_word(world, monkeypatch):
    def interrupt(_report):
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "line", interrupt)
    result = world.run("status", to_hex(world.dispatch().id), "--watch")
    assert (result.exit_code, "stopped watching" in result.stderr) == (130, True)


def test_a_chain_that_is_down_hides_no_message_of_another(world, elsewhere):
    dead = f"http://127.0.0.1:{free_port()}"
    metadata = {"name": "gamma", "chainId": 5, "domainId": 5, "rpcUrls": [{"http": dead}]}
    elsewhere.write_metadata(ChainMetadata.model_validate(metadata))
    elsewhere.write_addresses("gamma", ChainAddresses(mailbox="0x" + "11" * 20))
    message = world.dispatch(gas=200_000)
    assert world.run("status", to_hex(message.id), chains=elsewhere).exit_code == 0
    unknown = world.run("status", "0x" + "12" * 32, chains=elsewhere)
    assert unknown.exit_code == 1
    assert "no transaction and no message of alpha, beta" in unknown.stderr
    assert "not asked: gamma: no RPC answers" in unknown.stderr
