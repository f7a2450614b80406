"""Nodes that misbehave in each way of the table, beside one that does not.

Each row by itself, with a clock that is driven; then all of them in turns, before agents in
processes of their own, while messages flow.
"""

import asyncio
import time

import pytest
from tests.support.devnet import devnet, key
from tests.support.faults import FAULTS, end, of_another_chain
from tests.support.processes import wait_until
from tests.support.proxy import misbehaving
from tests.support.words import b32

from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import TRANSIENT
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import ChainClient
from hyperlane.chain.offers import Offers
from hyperlane.chain.signer import address_of
from hyperlane.metrics import Metrics
from hyperlane.settings import ChainSettings
from hyperlane.store.database import Database
from hyperlane.store.sequences import InsertionStore, MessageStore
from hyperlane.store.transactions import TransactionStore

MINUTE = 60.0
NEVER = 5 * MINUTE  # longer than a busy machine needs
PAYEE = b"\7" * 20


class Clock:
    """Real time, and what was slept in no time."""

    def __init__(self):
        self.slept = 0.0

    def __call__(self):
        return time.monotonic() + self.slept

    async def sleep(self, seconds):
        self.slept += seconds
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def chain():
    with devnet("alpha", 1337) as made:
        yield made


@pytest.fixture(scope="module")
def other_chain():
    with devnet("beta", 7331) as made:
        made.mine(500)
        yield made


@pytest.fixture
def bad(chain):
    with misbehaving(chain.url) as node:
        yield node


@pytest.fixture
async def agent(chain, bad, tmp_path):
    """What an agent does with a chain of which the first URL is bad."""
    database = await Database.open(str(tmp_path))
    made = Agent(chain, [bad.url, chain.url], database)
    yield made
    await made.client.close()
    await database.close()


class Agent:
    """Indexes, sends and confirms, in steps that are repeated as agents do."""

    def __init__(self, devnet, urls, database):
        self.devnet, self.clock = devnet, Clock()
        rpcs = [{"http": url} for url in urls]
        settings = ChainSettings.model_validate(devnet.settings(rpcUrls=rpcs))
        self.client = ChainClient("alpha", 1337, urls, 0, sleep=self.clock.sleep)
        self.client.rpc.clock = self.clock
        chain = Chain(settings, self.client)

        async def no_operations(_connection, _messages): ...

        messages = MessageStore(database, 1337, no_operations)
        self.origin = Origin(
            chain=chain,
            dispatches=chain.dispatches(messages),
            insertions=chain.insertions(database),
            leaves=InsertionStore(database, 1337),
            messages=messages,
            signatures=Signatures(chain, allow_local=True),
            metrics=Metrics(),
            news=lambda: None,
        )
        transactions = TransactionStore(database, 1337, address_of(key(9)))
        offers = Offers(self.client, clock=self.clock)
        self.sender = Sender(self.client, key(9), transactions, offers, self.clock)

    async def until(self, step, *arguments):
        """Repeat a step until it says that it is done; the seconds that this took."""
        began, pause = self.clock(), 1.0
        while True:
            assert self.clock() - began < 10 * MINUTE, "never"
            try:
                if await step(*arguments):
                    return self.clock() - began
                pause = 1.0
            except TRANSIENT:
                pause = min(2 * pause, MINUTE)
            await self.clock.sleep(pause)

    async def indexes(self, message):
        await self.origin.step()
        return await self.origin.leaf_index(message.id) is not None

    async def sends(self, purpose):
        sent = await self.sender.send(purpose, PAYEE, b"", 21_000)
        (receipt,) = await self.sender.receipts([sent])
        if receipt is None:
            await self.sender.maintain([sent])
            if await self.client.transaction_count(self.sender.address, "latest") <= sent.nonce:
                return False
            (receipt,) = await self.sender.receipts([sent], expected=True)
        assert receipt.succeeded
        await self.sender.store.finish(sent)
        return True

    async def finds_code(self, address):
        return await self.client.has_code(bytes.fromhex(address[2:]))


async def outlive(begin, chain, bad, agent):
    """Work while the first URL misbehaves; each thing is done within a minute, and once."""
    await agent.until(agent.indexes, chain.dispatch(7331, key(3).address))
    sent = chain.w3.eth.get_transaction_count(key(9).address)
    begin(bad)
    took = []
    for number in range(2):
        message = chain.dispatch(7331, key(3).address, bytes([number]))
        took.append(await agent.until(agent.indexes, message))
        took.append(await agent.until(agent.sends, f"transaction {number}"))
        took.append(await agent.until(agent.finds_code, chain.contracts["mailbox"].address))
        chain.mine(10)
    assert max(took) < MINUTE, took
    assert chain.w3.eth.get_transaction_count(key(9).address) == sent + 2
    root = chain.contracts["merkleTreeHook"].functions.root().call()
    assert agent.origin.tree.root() == root


@pytest.mark.parametrize("fault", FAULTS)
async def test_with_one_right_url_an_agent_outlives(fault, chain, bad, agent):
    await outlive(FAULTS[fault], chain, bad, agent)


async def test_with_one_right_url_an_agent_outlives_another_chain(chain, other_chain, bad, agent):
    await outlive(of_another_chain(other_chain.url), chain, bad, agent)


# All of them


@pytest.mark.parametrize(
    ("seconds", "rounds"), [(0.6, 1), pytest.param(6, 2, marks=pytest.mark.long)]
)
def test_all_take_turns_while_messages_flow_and_none_is_lost_or_doubled(
    seconds, rounds, origin, target, proxy, validator_config, relayer_config, agents
):
    """Each fault lasts for so long, at the first URL of one chain and the second of the other; in
    a second round the other way round."""
    recipient = target.recipient(target.message_id_multisig([key(1).address], 1))
    nodes = {chain.name: (proxy(chain), proxy(chain)) for chain in (origin, target)}
    for chain in (origin, target):
        chain.rpc("evm_setIntervalMining", 1)
    agents.start("validator", "validator", through(nodes, validator_config(origin)))
    agents.start("relayer", "relayer", through(nodes, relayer_config(origin, target)))
    send(origin, recipient)
    wait_until(lambda: delivered(target) == dispatched(origin) != [], NEVER)
    rows = [*FAULTS.values(), None]
    for turn, row in enumerate(rows * rounds):
        for number, (chain, other) in enumerate(((origin, target), (target, origin))):
            place = (turn + turn // len(rows) + number) % 2
            (row or of_another_chain(other.url))(nodes[chain.name][place])
        send(origin, recipient)
        time.sleep(seconds)
        end(node for own in nodes.values() for node in own)
    time.sleep(2)
    sent = dispatched(origin)
    assert len(sent) == rounds * len(rows) + 1
    wait_until(lambda: set(sent) <= set(delivered(target)), NEVER)
    assert delivered(target) == sent
    assert target.contracts["mailbox"].events.ProcessFailed().get_logs(from_block=0) == []
    assert all(process.poll() is None for process in agents.running.values())


def through(nodes, config):
    """Agents that reach the chains through these nodes alone."""
    for name, own in nodes.items():
        if name in config["chains"]:
            config["chains"][name] |= {
                "rpcUrls": [{"http": node.url} for node in own],
                "rpcConsensusType": "fallback",
            }
    return config


def send(origin, recipient):
    word = b32(recipient)
    dispatch = origin.contracts["mailbox"].functions.dispatch(7331, word, b"hello")
    fees = {"maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**9}
    return dispatch.transact({"gas": 200_000, **fees})


def dispatched(origin):
    return ids(origin.contracts["mailbox"].events.DispatchId())


def delivered(target):
    return ids(target.contracts["mailbox"].events.ProcessId())


def ids(event):
    """Of messages, sorted; those that are there twice are there twice."""
    return sorted(bytes(item["args"]["messageId"]) for item in event.get_logs(from_block=0))
