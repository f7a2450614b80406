"""Sending canaries from a real node, with a driven clock, as after restarts."""

from itertools import pairwise

import pytest
import structlog
from tests.support.devnet import key

from hyperlane.agents.kathy.observations import Observations
from hyperlane.agents.kathy.rotation import Rotation
from hyperlane.agents.kathy.sending import CanarySender
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.process import make_sender
from hyperlane.chain.client import ChainClient
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import Message
from hyperlane.settings import ChainSettings
from hyperlane.store.canaries import CanaryKey, CanaryStore, Outcome
from hyperlane.store.database import Database

BETA, GAMMA = 7331, 9000
DAY = 24 * 3600
NOON = 20_000 * DAY + DAY / 2
RECIPIENT = b"\7" * 20


class Clock:
    now = NOON

    def __call__(self):
        return self.now


class World:
    """One chain, its node, and senders of canaries on one database."""

    def __init__(self, node, database, client):
        self.node, self.database, self.client = node, database, client
        self.clock, self.metrics = Clock(), Metrics()
        self.canaries = CanaryStore(database)
        self.sender = None

    def start(self, budget=10**18, **overrides):
        """As a new process would."""
        chain = Chain(ChainSettings.model_validate(self.node.settings(**overrides)), self.client)
        self.sender = CanarySender(
            chain=chain,
            sender=make_sender(chain, key(5), self.database),
            database=self.database,
            canaries=self.canaries,
            rotation=Rotation((BETA, GAMMA), 60, 1),
            recipients={BETA: RECIPIENT, GAMMA: RECIPIENT},
            budget=budget,
            seen=Observations(self.clock.now),
            metrics=self.metrics,
            chain_name={1337: "alpha", BETA: "beta", GAMMA: "gamma"}.__getitem__,
            clock=self.clock,
        )
        self.sender.sender.clock = self.clock
        return self.sender

    async def deliver_all(self):
        for canary in await self.canaries.in_flight():
            await self.canaries.end(canary.key, Outcome.DELIVERED, self.clock.now)

    async def turns(self, count, seconds=60):
        """So many turns; all that was sent is delivered in between."""
        for _ in range(count):
            await self.sender.step()
            await self.sender.step()
            await self.deliver_all()
            self.clock.now += seconds

    def messages(self):
        logs = self.node.contracts["mailbox"].events.Dispatch().get_logs(from_block=0)
        return [Message.decode(bytes(entry["args"]["message"])) for entry in logs]

    def funds(self):
        return self.node.w3.eth.get_balance(key(5).address)

    def gauge(self, name):
        return self.metrics.registry.get_sample_value(f"hyperlane_{name}", {"chain": "alpha"})


@pytest.fixture
async def world(origin, tmp_path):
    database = await Database.open(str(tmp_path))
    client = ChainClient("alpha", 1337, [origin.url], reorg_period=0)
    yield World(origin, database, client)
    await client.close()
    await database.close()


def charge(origin, fee):
    """Have the mailbox's required hook take a fee for each dispatch."""
    owner = key(0).address
    hook = origin.deploy("ProtocolFee", 10**18, fee, owner, owner)
    mailbox = origin.contracts["mailbox"]
    origin.send(mailbox.functions.setDefaultHook(hook.address))
    return hook


async def test_each_pair_has_its_turn_and_the_quoted_fee_is_paid(world, origin):
    hook = charge(origin, 12345)
    world.start()
    await world.turns(4)
    messages = world.messages()
    assert [message.destination for message in messages] == [BETA, GAMMA, BETA, GAMMA]
    assert messages[2].body == f"canary 3 alpha>beta {int(NOON) + 120}".encode()
    assert origin.w3.eth.get_balance(hook.address) == 4 * 12345
    sent = await world.canaries.last(1337)
    assert (sent.message, sent.settled, sent.leaf_index) == (messages[3], True, 3)


async def test_costs_are_what_the_key_lost(world, origin):
    charge(origin, 12345)
    world.start()
    before = world.funds()
    await world.turns(3)
    day = NOON - DAY / 2
    assert await world.canaries.spent(1337, day) == before - world.funds()
    assert world.gauge("kathy_spent") == before - world.funds()


@pytest.mark.parametrize("fee", [0, 10**15])
async def test_a_day_never_costs_more_than_its_budget(fee, world, origin):
    charge(origin, fee)
    world.start()
    before = world.funds()
    await world.turns(1)
    once = before - world.funds()
    budget = once * 7 // 2

    world.start(budget)
    with structlog.testing.capture_logs() as logs:
        await world.turns(6)
        spent = before - world.funds()
        assert once < spent <= budget
        assert world.gauge("kathy_budget_exhausted") == 1
        world.start(budget)
        await world.turns(2)
        assert before - world.funds() == spent, "a restart resets nothing"
    warnings = [entry for entry in logs if entry["event"] == "canary.budget_exhausted"]
    assert len(warnings) == 2, "one of each process"
    assert "chains.alpha.dailyBudget" in warnings[0]["remedy"]

    world.clock.now += DAY
    await world.turns(1)
    assert before - world.funds() > spent, "the next day has a budget of its own"
    assert world.gauge("kathy_budget_exhausted") == 0


async def test_an_offer_that_is_raised_stays_within_the_budget(world, origin):
    origin.rpc("evm_setAutomine", False)
    sender = world.start()
    await sender.step()
    (canary,) = await world.canaries.unsettled(1337)
    budget = canary.cost * 5 // 4
    sender.budget = budget
    for _ in range(6):
        world.clock.now += 100
        await sender.step()
    (live,) = await sender.sender.store.live()
    assert len(live.replaced_hashes) == 1, "an eighth more fits, another does not"
    assert live.fields["value"] + live.fields["gas"] * live.fields["maxFeePerGas"] <= budget
    assert await world.canaries.spent(1337, NOON - DAY / 2) <= budget


async def test_a_fee_goes_along_in_replacements(world, origin):
    charge(origin, 12345)
    origin.rpc("evm_setAutomine", False)
    sender = world.start()
    await sender.step()
    world.clock.now += 100
    await sender.step()
    (live,) = await sender.sender.store.live()
    assert (len(live.replaced_hashes), live.fields["value"]) == (1, 12345)
    origin.rpc("evm_setAutomine", True)
    origin.mine()
    await sender.step()
    assert [message.body.split()[1] for message in world.messages()] == [b"1", b"2"]


async def test_while_the_origin_mines_nothing_there_is_one_transaction(world, origin):
    origin.rpc("evm_setAutomine", False)
    world.start()
    for _ in range(5):
        await world.sender.step()
        world.clock.now += 600
    assert len(await world.sender.sender.store.live()) == 1
    origin.rpc("evm_setAutomine", True)
    origin.mine()
    await world.turns(2)
    times = [message.body.split()[-1] for message in world.messages()]
    assert len(times) == 3
    assert all(int(later) - int(earlier) >= 60 for earlier, later in pairwise(times))


async def test_a_restart_goes_on_with_what_is_in_flight(world, origin):
    origin.rpc("evm_setAutomine", False)
    await world.start().step()
    await world.start().step()
    origin.rpc("evm_setAutomine", True)
    origin.mine()
    world.clock.now += 600
    world.start()
    await world.turns(1)
    messages = world.messages()
    assert [message.destination for message in messages] == [BETA, GAMMA]
    assert [message.body.split()[1] for message in messages] == [b"1", b"2"]


async def test_a_canary_that_was_stored_and_never_sent_is_lost_and_costs_nothing(world):
    await world.canaries.add(CanaryKey(1337, 1), BETA, NOON, 10**17)
    world.clock.now += 60
    world.start()
    await world.turns(1)
    (message,) = world.messages()
    assert (message.destination, message.body.split()[1]) == (GAMMA, b"2")
    assert await world.canaries.spent(1337, NOON - DAY / 2) < 10**17
    assert await world.canaries.unsettled(1337) == []


async def test_a_reorg_of_the_dispatch_is_noticed(world, origin):
    snapshot = origin.rpc("evm_snapshot")
    world.client.reorg_period = 5
    sender = world.start()
    await sender.step()
    await sender.step()
    (canary,) = await world.canaries.unsettled(1337)
    assert canary.message is not None
    origin.rpc("evm_revert", snapshot)
    origin.rpc("evm_setAutomine", False)
    await sender.step()
    (canary,) = await world.canaries.unsettled(1337)
    assert (canary.message, canary.block_number) == (None, None)
    world.clock.now += 10
    await sender.step()
    origin.rpc("evm_setAutomine", True)
    origin.mine(6)
    await sender.step()
    assert [item.key for item in await world.canaries.in_flight()] == [canary.key]
    assert len(world.messages()) == 1
    assert await world.canaries.unsettled(1337) == []


async def test_a_pair_that_cannot_be_sent_to_holds_up_no_other(world, origin):
    """Nothing is sent that would fail: it is simulated first."""
    mailbox = origin.contracts["mailbox"]
    hook = origin.deploy("DomainRoutingHook", mailbox.address, key(0).address)
    origin.send(hook.functions.setHook(GAMMA, origin.deploy("BareHook").address))
    origin.send(mailbox.functions.setDefaultHook(hook.address))
    world.start()
    before = world.funds()
    with structlog.testing.capture_logs() as logs:
        await world.turns(1)
        assert world.funds() == before
        await world.turns(3)
    assert [message.destination for message in world.messages()] == [GAMMA, GAMMA]
    unsent = [entry for entry in logs if entry["event"] == "canary.unsent"]
    assert [entry["destination"] for entry in unsent] == ["beta", "beta"]
