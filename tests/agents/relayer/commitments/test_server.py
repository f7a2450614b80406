"""The commitment server: what it takes, and who it gives it to. Asked over HTTP, on real chains."""

import asyncio
import json
import re
from dataclasses import replace

import aiohttp
import pytest
from tests.support.agents import relaying
from tests.support.commit_reveal import POST, REVEAL, SALT, Accounts
from tests.support.devnet import free_port, key
from tests.support.words import b32, raw

from hyperlane.agents.relayer import run
from hyperlane.agents.relayer.commitments.book import Refused, _of
from hyperlane.agents.relayer.commitments.pairs import pairs
from hyperlane.errors import ConfigError, DecodeError
from hyperlane.protocol.accounts import Call, commitment, encode_reveal_metadata
from hyperlane.protocol.posted_calls import PostedCalls, read_posted_calls
from hyperlane.protocol.typecasts import to_hex
from hyperlane.settings import RelayerSettings


@pytest.fixture
async def served(accounts, relayer_config):
    """Accounts, and a relayer that keeps their calls but delivers nothing."""
    config = relayer_config(
        accounts.origin,
        accounts.target,
        **accounts.settings,
        commitmentsMaxSize=4096,
        commitmentsMaxCount=2,
        blacklist=json.dumps([{"messageId": "*"}]),
    )
    async with relaying(config):
        yield accounts


def answer_for(accounts: Accounts, calls) -> str:
    return to_hex(encode_reveal_metadata(raw(accounts.account), SALT, calls))


async def test_only_those_who_were_named_read_the_calls(served):
    calls = [served.call("secret")]
    sent = served.commit(calls)
    named = [key(9).address, key(6).address]
    assert (await served.post(calls, sent, relayers=named))[0] == 200
    for reader in (9, 6):
        status, answer = await served.ask(sent.reveal_message, key(reader))
        assert (status, answer) == (200, {"data": answer_for(served, calls)})
    status, answer = await served.ask(sent.reveal_message, key(7))
    assert status == 403
    assert key(7).address in answer["error"]
    assert "data" not in answer


async def test_without_names_only_this_relayer_reads_them(served):
    calls = [served.call("secret")]
    sent = served.commit(calls)
    content = served.content(calls, sent)
    del content["relayers"]
    status, _ = await served.settled(POST, content, "no connected chain")
    assert status == 200
    assert (await served.ask(sent.reveal_message, key(9)))[0] == 200
    assert (await served.ask(sent.reveal_message, key(7)))[0] == 403


async def test_an_empty_list_of_readers_means_anybody(served):
    calls = [served.call("public")]
    sent = served.commit(calls)
    assert (await served.post(calls, sent, relayers=[]))[0] == 200
    assert (await served.ask(sent.reveal_message, key(7)))[0] == 200
    question = served.question(sent.reveal_message, key(7))
    path = f"{REVEAL}/{question['sender']}/{question['data']}"
    for suffix in ("", ".json"):
        found = await served.request(path + suffix, None, "GET")
        assert found == (200, {"data": answer_for(served, calls)})


async def test_a_request_without_a_signature_reads_no_secret(served):
    calls = [served.call("secret")]
    sent = served.commit(calls)
    assert (await served.post(calls, sent))[0] == 200
    assert (await served.ask(sent.reveal_message, key(9)))[0] == 200
    question = served.question(sent.reveal_message, key(9))
    path = f"{REVEAL}/{question['sender']}/{question['data']}"
    assert (await served.request(path, None, "GET"))[0] == 403


@pytest.mark.parametrize("part", ["url", "sender", "data", "signature"])
async def test_a_signature_is_for_one_question_here(served, part):
    calls = [served.call("secret")]
    sent, other = served.commit(calls), served.commit([served.call("other")])
    assert (await served.post(calls, sent))[0] == 200
    assert (await served.ask(sent.reveal_message, key(9)))[0] == 200
    question = served.question(sent.reveal_message, key(9))
    if part == "url":
        elsewhere = "https://calls.example.com" + REVEAL
        question = served.question(sent.reveal_message, key(9), url=elsewhere)
    elif part == "sender":
        question["sender"] = key(3).address
    elif part == "data":
        question["signature"] = served.question(other.reveal_message, key(9))["signature"]
    else:
        question["signature"] = "0x" + "00" * 65
    status, answer = await served.request(REVEAL, question)
    assert status in (400, 403)
    assert "data" not in answer


async def test_a_signature_for_a_longer_url_is_not_one_for_this_server(served):
    """The module's owner names a URL that ends like the server's: question and URL are signed in a
    row, so that the signature is also over a longer question to the server."""
    calls = [served.call("secret")]
    sent = served.commit(calls)
    assert (await served.post(calls, sent))[0] == 200
    assert (await served.ask(sent.reveal_message, key(9)))[0] == 200
    thief = "https://thief.example.com/?"
    question = served.question(sent.reveal_message, key(9), url=thief + served.url + REVEAL)
    question["data"] += thief.encode().hex()
    status, answer = await served.request(REVEAL, question)
    assert (status, answer["error"].partition(":")[0]) == (400, "data")


async def test_another_module_does_not_make_the_relayer_read_for_it(served):
    """It could ask about any message, and have the calls put into a transaction of its own."""
    calls = [served.call("secret")]
    sent = served.commit(calls)
    assert (await served.post(calls, sent))[0] == 200
    assert (await served.ask(sent.reveal_message, key(9)))[0] == 200
    other = served.target.deploy("CommitmentReadIsm", key(5).address, [served.url + REVEAL])
    status, answer = await served.ask(sent.reveal_message, key(9), module=other.address)
    assert (status, "no security module of the message" in answer["error"]) == (403, True)


async def test_a_message_that_copies_a_commitment_gets_no_calls(served):
    """The commitment is public as soon as it is sent."""
    calls = [served.call("secret")]
    sent, copied = served.commit(calls), served.commit(calls)
    assert (await served.post(calls, sent, relayers=[]))[0] == 200
    assert (await served.ask(sent.reveal_message, key(9)))[0] == 200
    assert (await served.ask(copied.reveal_message, key(9)))[0] == 404


async def test_nothing_is_revealed_before_the_message_is_final(accounts, relayer_config):
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    config["chains"]["alpha"]["blocks"]["reorgPeriod"] = 5
    calls = [accounts.call("early")]
    async with relaying(config):
        sent = accounts.commit(calls)
        assert (await accounts.post(calls, sent))[0] == 200
        question = accounts.question(sent.reveal_message, key(9))
        status, answer = await accounts.request(REVEAL, question)
        assert (status, answer["status"]) == (404, "pending")
        accounts.origin.mine(5)
        assert (await accounts.ask(sent.reveal_message, key(9)))[0] == 200


async def test_a_post_that_comes_again_changes_nothing(served):
    calls = [served.call("twice")]
    sent = served.commit(calls)
    answers = await asyncio.gather(*(served.post(calls, sent) for _ in range(5)))
    assert [status for status, _ in answers] == [200] * 5
    assert (await served.post(calls, sent, relayers=[]))[0] == 200
    assert (await served.ask(sent.reveal_message, key(7)))[0] == 403


async def test_no_more_is_kept_than_the_settings_allow(served):
    sent = [(each, served.commit([each])) for each in map(served.call, "abc")]
    statuses = [(await served.post([each], one))[0] for each, one in sent]
    assert statuses == [200, 200, 503]
    # Numbers may change meanwhile, and what is known may come again.
    assert (await served.post([sent[0][0]], sent[0][1]))[0] == 200


async def test_another_hash_is_refused(served):
    calls = [served.call("committed")]
    sent = served.commit(calls)
    for other, changes in (
        ([served.call("other")], {}),
        ([*calls, *calls], {}),
        (calls, {"salt": "0x" + "11" * 32}),
    ):
        status, answer = await served.post(other, sent, **changes)
        assert (status, "did not send" in answer["error"]) == (400, True)
    assert (await served.request(POST, served.content(calls, sent)))[0] == 200


async def test_a_transaction_without_the_commitment_is_refused(served):
    calls = [served.call("unknown")]
    sent = served.commit([served.call("another")])
    hello = served.origin.dispatch(7331, key(3).address)
    assert hello.destination == served.target.chain_id
    block = served.origin.w3.eth.get_block("latest")
    for tx_hash in (sent.tx_hash, to_hex(block["transactions"][0])):
        assert (await served.post(calls, sent, commitmentDispatchTx=tx_hash))[0] == 400
    assert (await served.post(calls, sent, commitmentDispatchTx="0x" + "11" * 32))[0] == 404
    status, answer = await served.request(POST, served.content(calls, sent, originDomain=5))
    assert (status, answer["error"].partition(":")[0]) == (400, "originDomain")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("calls", []),
        ("calls", {}),
        ("calls", [1]),
        ("calls", [{"to": "0x11", "data": "0x"}]),
        ("calls", [{"to": "https://example.com", "data": "0x"}]),
        ("calls", [{"to": "0x" + "11" * 32, "data": "0xz"}]),
        ("calls", [{"to": "0x" + "11" * 32, "data": "0x", "value": "-1"}]),
        ("calls", [{"to": "0x" + "11" * 32, "data": "0x", "value": str(2**256)}]),
        ("calls", [{"to": "0x" + "11" * 32, "data": "0x", "value": True}]),
        ("salt", None),
        ("salt", "0x11"),
        ("relayers", "0x" + "11" * 20),
        ("relayers", [5]),
        ("relayers", [""]),
        ("relayers", ["0x" + "11" * 20] * 101),
        ("commitmentDispatchTx", "0x11"),
        ("originDomain", "alpha"),
        ("originDomain", 2**32),
        ("revealMessageId", 7),
    ],
)
async def test_a_post_with_a_field_of_another_shape_is_refused(field, value):
    good = {
        "calls": [{"to": "0x" + "11" * 20, "data": "0x", "value": "0x1"}],
        "salt": to_hex(SALT),
        "relayers": [],
        "commitmentDispatchTx": to_hex(SALT),
        "originDomain": 1,
    }
    assert read_posted_calls(good).calls[0].value == 1
    with pytest.raises(DecodeError, match=re.escape(field)):
        read_posted_calls({**good, field: value})


@pytest.mark.parametrize("readers", [None, (), (raw(key(9)),)])
@pytest.mark.parametrize("reveal_id", [None, SALT])
def test_what_is_posted_is_read_as_it_was(readers, reveal_id):
    calls = (Call(b32(key(3)), 2**256 - 1, b"\x01\x02"), Call(b32(key(3)), 0, b""))
    posted = PostedCalls(calls, SALT, readers, SALT, 1337, reveal_id)
    assert read_posted_calls(posted.fields()) == posted


async def test_malformed_requests_get_an_error_with_a_remedy(served):
    message = served.commit([served.call("x")]).commitment_message
    good = served.question(message, key(9))
    for path, content, status in (
        (POST, b"{", 400),
        (POST, b"[]", 400),
        (POST, b"[" * 3000, 400),
        (POST, b'"' + b"x" * 5000 + b'"', 413),
        (REVEAL, b"{", 400),
        (REVEAL, {}, 400),
        (REVEAL, {**good, "data": "0x12345678"}, 400),
        (REVEAL, {**good, "data": good["data"][:40]}, 400),
        (REVEAL, {**good, "sender": "0x11"}, 400),
        (REVEAL, {**good, "sender": None}, 400),
        (REVEAL, {**good, "signature": None}, 400),
        (REVEAL, good, 400),  # reveals nothing
        ("/elsewhere", {}, 404),
    ):
        found, answer = await served.request(path, content)
        assert (found, sorted(answer)) == (status, ["error", "remedy"]), (path, content, answer)


async def test_many_at_once_are_answered_or_told_to_come_again(served):
    calls = [served.call("crowd")]
    sent = served.commit(calls)
    assert (await served.post(calls, sent))[0] == 200
    assert (await served.ask(sent.reveal_message, key(9)))[0] == 200
    answers = await asyncio.gather(*(served.ask(sent.reveal_message, key(9)) for _ in range(100)))
    assert answers == [(200, {"data": answer_for(served, calls)})] * 100


async def test_requests_and_stored_calls_are_counted(accounts, relayer_config):
    port = free_port()
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    calls = [accounts.call("counted")]
    sent = accounts.commit(calls)
    async with relaying({**config, "metricsPort": port}):
        assert (await accounts.post(calls, sent))[0] == 200
        async with aiohttp.request("GET", f"http://127.0.0.1:{port}/metrics") as response:
            text = await response.text()
    assert 'hyperlane_commitment_requests{page="post",status="200"} 1.0' in text
    assert "hyperlane_commitments_stored" in text


async def test_one_transaction_of_two_owners_needs_the_message_named(accounts):
    """Unit of the rule; a bundle of a wallet is such a transaction."""
    calls = [accounts.call("bundle")]
    sent = accounts.commit(calls)
    one, reveal = sent.commitment_message, sent.reveal_message
    body = one.body[:1] + b32(key(5)) + one.body[33:]
    other, second = replace(one, nonce=2, body=body), replace(reveal, nonce=3)
    post = read_posted_calls(accounts.content(calls, sent))
    found = pairs([one, reveal, other, second])
    with pytest.raises(Refused, match="2 owners or routers"):
        _of(post, found)
    named = replace(post, reveal_id=second.id)
    assert [pair.reveal for pair in _of(named, found)] == [second]
    assert _of(named, found)[0].commitment.owner == b32(key(5))
    # A hook that is called in between can send such a pair, too: they nest.
    nested = pairs([one, other, second, reveal])
    assert [(pair.commitment.owner, pair.reveal) for pair in nested] == [
        (b32(key(5)), second),
        (b32(key(0)), reveal),
    ]
    assert commitment(SALT, calls) == post.commitment


@pytest.mark.parametrize("url", ["", "calls.example.com", "ftp://calls.example.com"])
def test_a_server_needs_the_url_that_others_use(origin, relayer_config, url):
    config = relayer_config(origin, commitmentsPort=0, commitmentsUrl=url)
    with pytest.raises(ValueError, match=r"commitmentsUrl|http"):
        RelayerSettings.model_validate(config)


async def test_a_port_that_is_taken_is_named(accounts, relayer_config):
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", accounts.port)
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    async with server:
        with pytest.raises(ConfigError, match="commitmentsPort"):
            await run(RelayerSettings.model_validate(config))
