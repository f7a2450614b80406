"""Calls that are committed to first and revealed later, by a relayer between two chains."""

import asyncio
import json
import re
from pathlib import Path

from eth_account import Account
from tests.support.agents import eventually, relaying
from tests.support.commit_reveal import SALT
from tests.support.devnet import key
from tests.support.processes import wait_until
from tests.support.words import b32

from hyperlane.agents.relayer.reasons import Reason
from hyperlane.protocol.accounts import Call
from hyperlane.store.database import Database
from hyperlane.store.operations import OperationStore

DOCUMENT = Path(__file__).parents[4] / "docs" / "interchain-accounts.md"


async def attempted(config, message, reason, times=1):
    """The delivery, once so many attempts ended for a reason."""
    database, seen = await Database.open(config["db"]), {}
    store = OperationStore(database)

    async def look() -> None:
        while len(seen) < times:
            found = await store.get(message.id)
            if found and found.reason == reason:
                seen[found.next_attempt] = found
            await asyncio.sleep(0.05)

    try:
        async with asyncio.timeout(120):
            await look()
    finally:
        await database.close()
    return list(seen.values())


async def test_calls_are_made_by_the_account(accounts, relayer_config):
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    calls = [accounts.call("one"), accounts.call("two")]
    sent = accounts.commit(calls)
    async with relaying(config) as relayer:
        status, answer = await accounts.post(calls, sent)
        assert (status, answer["revealMessageIds"]) == (200, [f"0x{sent.reveal_message.id.hex()}"])
        await eventually(lambda: accounts.target.delivered(sent.reveal_message), relayer)
    assert accounts.called() == [(accounts.account, "one"), (accounts.account, "two")]


async def test_calls_that_come_late_are_made_at_once(accounts, relayer_config):
    """The next attempt would come after minutes."""
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    calls = [accounts.call("late")]
    sent = accounts.commit(calls)
    async with relaying(config) as relayer:
        await eventually(lambda: accounts.target.delivered(sent.commitment_message), relayer)
        await attempted(config, sent.reveal_message, Reason.COULD_NOT_FETCH_METADATA, 2)
        assert accounts.called() == []
        assert (await accounts.post(calls, sent))[0] == 200
        await eventually(lambda: accounts.target.delivered(sent.reveal_message), relayer, 10)
    assert accounts.called() == [(accounts.account, "late")]


def test_a_relayer_that_was_killed_between_commitment_and_reveal_goes_on(
    accounts, relayer_config, agents
):
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    config["whitelist"] = json.dumps([{"bodyRegex": "^01"}])
    calls = [accounts.call("after the crash")]
    sent = accounts.commit(calls)
    agents.start("relayer", "relayer", config)
    assert asyncio.run(accounts.post(calls, sent))[0] == 200
    wait_until(lambda: accounts.target.delivered(sent.commitment_message))
    agents.kill("relayer")
    assert accounts.called() == []

    del config["whitelist"]
    agents.start("relayer", "relayer", config)
    wait_until(lambda: accounts.target.delivered(sent.reveal_message))
    assert accounts.called() == [(accounts.account, "after the crash")]
    said = agents.said("relayer")
    assert "calls.stored" in said
    assert "calls.revealed" in said
    assert SALT.hex() not in said
    assert calls[0].data.hex() not in said


async def test_a_reveal_waits_for_its_commitment_without_counting_as_a_failure(
    accounts, relayer_config
):
    """The commitment is excluded first, and delivered by somebody else then."""
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    config["blacklist"] = json.dumps([{"bodyRegex": "^01"}])
    calls = [accounts.call("patient")]
    sent = accounts.commit(calls)
    async with relaying(config) as relayer:
        assert (await accounts.post(calls, sent))[0] == 200
        waited = await attempted(config, sent.reveal_message, Reason.AWAITING_ICA_REVEAL, 3)
        # The first attempt may have come before the calls, and counted.
        assert [item.retries for item in waited] == [waited[0].retries] * 3
        assert accounts.called() == []
        mailbox = accounts.target.contracts["mailbox"]
        accounts.target.send(mailbox.functions.process(b"", sent.commitment_message.encode()))
        await eventually(lambda: accounts.target.delivered(sent.reveal_message), relayer)
    assert accounts.called() == [(accounts.account, "patient")]


async def test_a_call_that_fails_is_made_as_soon_as_it_can_be(accounts, relayer_config):
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    poor = Account.create().address
    calls = [accounts.call("paid"), Call(b32(poor), 10**18, b"")]
    sent = accounts.commit(calls)
    async with relaying(config) as relayer:
        assert (await accounts.post(calls, sent))[0] == 200
        await eventually(lambda: accounts.target.delivered(sent.commitment_message), relayer)
        await attempted(config, sent.reveal_message, Reason.ERROR_ESTIMATING_GAS)
        assert accounts.called() == []
        accounts.target.wait(
            accounts.target.w3.eth.send_transaction({"to": accounts.account, "value": 10**18})
        )
        await eventually(lambda: accounts.target.delivered(sent.reveal_message), relayer, 120)
    assert accounts.called() == [(accounts.account, "paid")]
    assert accounts.target.w3.eth.get_balance(poor) == 10**18


async def test_two_owners_that_commit_to_the_same_calls(accounts, relayer_config):
    """The commitments are equal; each account makes its calls."""
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    calls = [accounts.call("alike")]
    first, second = accounts.commit(calls), accounts.commit(calls, SALT)
    assert first.tx_hash != second.tx_hash
    function = accounts.here.functions.callRemoteCommitReveal(
        accounts.target.chain_id, sent_commitment(first), 100_000
    )
    accounts.origin.rpc("anvil_impersonateAccount", key(4).address)
    third = accounts.sent(accounts.origin.wait(function.transact({"from": key(4).address})))
    async with relaying(config) as relayer:
        for sent in (first, third):
            assert (await accounts.post(calls, sent))[0] == 200
        await eventually(lambda: accounts.target.delivered(first.reveal_message), relayer)
        await eventually(lambda: accounts.target.delivered(third.reveal_message), relayer)
        # Nobody posted the calls with this transaction: they are not given for its message.
        status, answer = await accounts.ask(second.reveal_message, key(9))
        assert (status, "no calls" in answer["error"]) == (404, True)
    callers = [caller for caller, _ in accounts.called()]
    assert len(callers) == len(set(callers)) == 2
    assert accounts.account in callers


def sent_commitment(sent) -> bytes:
    return sent.reveal_message.body[33:]


async def test_a_stranger_who_reveals_first_does_no_harm(accounts, relayer_config):
    """The calls are made once, and the message is delivered: it has nothing left to do."""
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    calls = [accounts.call("once")]
    sent = accounts.commit(calls)
    async with relaying(config) as relayer:
        await eventually(lambda: accounts.target.delivered(sent.commitment_message), relayer)
        account = accounts.target.at("OwnableMulticall", accounts.account)
        listed = [(item.to, item.value, item.data) for item in calls]
        accounts.target.send(account.functions.revealAndExecute(listed, SALT))
        assert (await accounts.post(calls, sent))[0] == 200
        await eventually(lambda: accounts.target.delivered(sent.reveal_message), relayer)
    assert accounts.called() == [(accounts.account, "once")]


async def test_the_documented_way_to_post(accounts, relayer_config):
    config = relayer_config(accounts.origin, accounts.target, **accounts.settings)
    section = DOCUMENT.read_text().partition("## Commit and reveal")[2]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    call = accounts.call("as documented")

    def send(hashed: bytes) -> bytes:
        function = accounts.here.functions.callRemoteCommitReveal(7331, hashed, 100_000)
        return bytes(accounts.origin.send(function)["transactionHash"])

    known = {"target": call.to[12:], "data": call.data, "send": send, "domain": 1337}
    async with relaying(config) as relayer:
        # Connected once it refuses for another reason.
        sent = accounts.commit([])
        assert (await accounts.post([call], sent))[0] == 400
        here = code.replace("https://calls.example.com", accounts.url)
        await asyncio.to_thread(exec, here, known)
        await eventually(accounts.called, relayer)
    assert accounts.called() == [(accounts.account, "as documented")]
