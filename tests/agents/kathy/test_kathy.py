"""Kathy with a real validator, relayer and nodes."""

import signal
import sqlite3
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.agents import canarying, eventually, relaying, validating
from tests.support.devnet import key

from hyperlane.errors import ConfigError
from hyperlane.protocol.message import Message

INTERVAL = 0.5


def rows(config, origin=None):
    """Canaries in kathy's database, whether or not it runs."""
    path = Path(config["db"]) / "hyperlane.sqlite"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        try:
            found = database.execute("SELECT * FROM canaries ORDER BY origin, sequence")
        except sqlite3.OperationalError:  # not made yet
            return []
        return [dict(row) for row in found if origin in (None, row["origin"])]


def dispatched(chain):
    """Messages that kathy's key dispatched on a chain."""
    logs = (
        chain.contracts["mailbox"]
        .events.Dispatch()
        .get_logs(from_block=0, argument_filters={"sender": key(5).address})
    )
    return [Message.decode(bytes(entry["args"]["message"])) for entry in logs]


@pytest.fixture
def recipients(origin, target):
    """On alpha one that takes all messages, on beta one that wants the validator's signature."""
    signed = target.recipient(target.message_id_multisig([key(1).address], 1))
    return {origin: origin.recipient(), target: signed}


async def test_a_canary_that_hangs_is_told_once_and_again_when_it_arrives(
    origin, target, recipients, kathy_config, validator_config, relayer_config, webhook
):
    config = kathy_config(recipients, lateAfter=4, alertWebhook=webhook.url)

    def told(event):
        return [
            item for item in webhook.alerts if item["event"] == event and item["origin"] == "alpha"
        ]

    def hanging():
        """Alerts, noted as sent, about canaries that still lack the signature."""
        unsigned = {
            row["sequence"]
            for row in rows(config, 1337)
            if row["alerts"] and not (row["outcome"] or row["signed_at"])
        }
        late = [item for item in told("canary.late") if item["stage"] == "not signed"]
        return [item for item in late if item["sequence"] in unsigned]

    def sequences(event):
        return [item["sequence"] for item in told(event)]

    async with relaying(relayer_config(origin, target)):
        async with validating(validator_config(origin)), canarying(config) as kathy:
            for domain in (1337, 7331):
                await eventually(
                    lambda domain=domain: any(row["outcome"] for row in rows(config, domain)),
                    kathy,
                )

        async with canarying(config) as kathy:
            await eventually(hanging, kathy)
        (late,) = hanging()
        assert (late["destination"], key(1).address in late["detail"]) == ("beta", True)

        async with canarying(config) as kathy:
            count = len(dispatched(target))
            await eventually(lambda: len(dispatched(target)) > count + 2, kathy)
            assert len(rows(config, 1337)) == late["sequence"], "one in flight is the most"
            assert late["sequence"] not in sequences("canary.recovered")
            async with validating(validator_config(origin)):
                await eventually(lambda: late["sequence"] in sequences("canary.recovered"), kathy)
                await eventually(lambda: len(rows(config, 1337)) > late["sequence"], kathy)

    for event in ("canary.late", "canary.recovered"):
        assert len(sequences(event)) == len(set(sequences(event))), "each is told once"
    for chain, other in ((origin, target), (target, origin)):
        sent = dispatched(chain)
        numbers = [int(message.body.split()[1]) for message in sent]
        assert len(set(numbers)) == len(numbers), "none was sent twice"
        assert set(numbers) <= {row["sequence"] for row in rows(config, chain.chain_id)}
        assert all(other.deliveries(message) <= 1 for message in sent)
    signed = [row["signed_at"] for row in rows(config, 1337) if row["outcome"]]
    assert any(signed)


async def test_a_destination_that_is_down_has_no_more_than_its_share_and_gets_no_burst(
    origin, target, recipients, kathy_config, relayer_config
):
    target_recipient = target.recipient()
    config = kathy_config({**recipients, target: target_recipient}, maxInFlight=2)
    async with canarying(config) as kathy:
        await eventually(lambda: len(rows(config, 1337)) == 2, kathy)
        await eventually(lambda: len(dispatched(origin)) == 2, kathy)
        target.process.send_signal(signal.SIGSTOP)
        try:
            end = time.monotonic() + 4 * INTERVAL
            await eventually(lambda: time.monotonic() > end, kathy)
            assert len(dispatched(origin)) == 2, "there were turns for more"
        finally:
            target.process.send_signal(signal.SIGCONT)
        async with relaying(relayer_config(origin, target)) as relayer:
            await eventually(lambda: len(dispatched(origin)) > 4, relayer)
    times = [row["sent_at"] for row in rows(config, 1337)]
    assert all(later - earlier >= INTERVAL for earlier, later in pairwise(times))


async def test_a_recipient_that_is_no_contract_is_named(origin, target, recipients, kathy_config):
    config = kathy_config(recipients)
    config["chains"]["beta"]["testRecipient"] = key(4).address
    expected = rf"chains\.beta\.testRecipient: no contract at {key(4).address}; expected one"
    async with canarying(config) as kathy:
        with pytest.raises(ExceptionGroup) as caught:
            await kathy
    assert caught.group_contains(ConfigError, match=expected)
