"""Parts of a guardian over chains in memory: what one node or stranger does harms no other part."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.agents.runtime.process import Runtime
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.deliveries.following import Follower
from hyperlane.agents.watchtower.deliveries.guardian import Guardian
from hyperlane.agents.watchtower.deliveries.origins import Origin as Reader
from hyperlane.agents.watchtower.deliveries.origins import View
from hyperlane.agents.watchtower.deliveries.stopping import Stopper
from hyperlane.agents.watchtower.deliveries.stops import Blacklist, Pause, announced
from hyperlane.agents.watchtower.deliveries.watching import DeliveryWatch
from hyperlane.chain.abi import Event, Mailbox, Pausable, TimelockRouter
from hyperlane.chain.client import Block, Log
from hyperlane.errors import ChainError, ConfigError
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.settings import StopSettings, WatchtowerSettings
from hyperlane.store.database import Database
from hyperlane.store.deliveries import Delivery, DeliveryStore, Outcome, Verdict
from hyperlane.store.dispatched import Sent, SentStore

pytestmark = pytest.mark.quick

ORIGIN, TARGET = 1337, 7331
RECIPIENT, CONTRACT = Address(b"r" * 20), Address(b"c" * 20)
MAILBOX = Address(b"m" * 20)


def word(number: int) -> Bytes32:
    return Bytes32(number.to_bytes(32))


def delivery(number: int, *, block: int = 50, origin: int = ORIGIN, time: int = 1000) -> Delivery:
    return Delivery(
        message_id=word(number),
        origin=origin,
        recipient=RECIPIENT,
        block_number=block,
        block_hash=word(block),
        block_time=time,
        tx_hash=word(0x7777),
    )


@dataclass
class Client:
    """A node of one chain."""

    name: str
    number: int = 100
    entries: dict[bytes, list[Log]] = field(default_factory=dict)
    """Logs by topic."""
    broken: bool = False
    hung: asyncio.Event | None = None
    """Set: requests are answered again."""
    hears: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: something was asked."""
    paused_from: int | None = None
    asked: int = 0
    distrusted: list[str] = field(default_factory=list)

    async def _answer(self) -> None:
        self.asked += 1
        self.hears.set()
        if self.hung is not None:
            await self.hung.wait()
        if self.broken:
            raise ChainError(f"{self.name}: down")

    async def block(self, number: int | str = "latest") -> Block:
        await self._answer()
        at = self.number if isinstance(number, str) else number
        return Block(at, word(at), 30_000_000, 10 * at, None)

    async def request_many(self, _method: object, params: list[tuple[str, bool]]) -> list[Block]:
        await self._answer()
        numbers = [int(number, 16) for number, _ in params]
        return [Block(at, word(at), 30_000_000, 10 * at, None) for at in numbers]

    async def final_block(self) -> int:
        await self._answer()
        return self.number - 4

    async def logs(self, address: Address, event: Event, first: int, last: int) -> list[Log]:
        await self._answer()
        found = [item for item in self.entries.get(event.topic, []) if item.topics[0]]
        inside = [item for item in found if first <= item.block_number <= last]
        for item in inside:
            event.decode(item.data)
        return inside

    async def call(self, to: Address, function: object, *_: object, block: Any = "latest") -> Any:
        await self._answer()
        assert function is Pausable.paused
        at = self.number if isinstance(block, str) else block
        return self.paused_from is not None and at >= self.paused_from

    async def call_each(
        self, _to: Address, _function: object, arguments: list[object], _block: int
    ) -> list[bool]:
        await self._answer()
        return [False] * len(arguments)

    async def estimate_gas(self, *_: object) -> int:
        await self._answer()
        return 50_000

    def distrust(self, problem: str) -> None:
        self.distrusted.append(problem)


@dataclass
class Settings:
    mailbox: Address = MAILBOX
    blocks: Any = None
    index: Any = None


@dataclass
class Blocks:
    estimate_block_time: float | None = None


@dataclass
class Index:
    chunk: int = 1999


@dataclass
class Node:
    """A chain as the guardian knows it."""

    client: Client
    domain: int
    settings: Settings = field(default_factory=lambda: Settings(blocks=Blocks(), index=Index()))

    @property
    def name(self) -> str:
        return self.client.name


@dataclass
class Live:
    async def live_for(self, _purpose: str) -> None:
        return None


@dataclass
class Keys:
    """The sender of a stop: keeps what it is told to send."""

    sent: list[bytes] = field(default_factory=list)
    store: Live = field(default_factory=Live)
    address: Address = CONTRACT

    async def send(
        self, _purpose: str, _to: Address, data: bytes, *_: object, **__: object
    ) -> None:
        self.sent.append(data)


@dataclass(frozen=True, slots=True)
class Told(Alerter):
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def tell(self, event: str, **facts: Any) -> None:
        self.events.append((event, facts))

    def tell_soon(self, event: str, **facts: Any) -> None:
        self.events.append((event, facts))

    def of(self, event: str) -> list[dict[str, Any]]:
        return [facts for name, facts in self.events if name == event]


@pytest.fixture
async def database(tmp_path) -> AsyncIterator[Database]:
    opened = await Database.open(str(tmp_path / "db"))
    yield opened
    await opened.close()


@pytest.fixture
def told() -> Told:
    return Told(None)


@pytest.fixture
def store(database: Database) -> DeliveryStore:
    return DeliveryStore(database, TARGET)


def stop_settings(chain: str, **changes: Any) -> StopSettings:
    fields = {"chain": chain, "contract": "0x" + CONTRACT.hex(), "signer": {"key": "11" * 32}}
    return StopSettings.model_validate(fields | changes)


def stopper_of(store: DeliveryStore, told: Told, nodes: dict[str, Node], *stops: Any) -> Stopper:
    made = Stopper(
        [item.settings for item in stops],
        {"target": store},
        {ORIGIN: "origin"},
        Alerts(Metrics(), told),
        Metrics(),
    )
    made.chains["target"] = nodes["target"]
    made.stops.update(enumerate(stops))
    return made


async def forge(store: DeliveryStore, *items: Delivery) -> None:
    await store.add(items, 51, 0)
    for item in items:
        await store.judge(item, Verdict.FORGED, {"x": 1}, 0)


def queued(*topics: bytes, data: bytes = word(5)) -> Log:
    topics = tuple(Bytes32(item) for item in (TimelockRouter.QUEUED.topic, *topics))
    return Log(topics, data, 50, word(0x7777), 3, word(50))


async def test_logs_of_a_hostile_recipient_are_no_announcements(store, told):
    """It may log the topic of an announcement alone, or with data that is none."""
    client = Client("target")
    client.entries[TimelockRouter.QUEUED.topic] = [
        queued(), queued(word(9), data=b"\xff"), queued(word(8), word(8)),
    ]  # fmt: skip
    node = Node(client, TARGET)
    assert await announced(delivery(1), node) == [word(9)]


async def test_thousands_of_announcements_fit_into_a_transaction(store, told):
    client = Client("target")
    client.entries[TimelockRouter.QUEUED.topic] = [queued(word(item)) for item in range(5000)]
    node = Node(client, TARGET)
    stop = Blacklist(stop_settings("target", kind="blacklist"), node, Keys())
    data = await stop.call(delivery(1), node, 100)
    assert word(1) in data
    assert len(data) < 32 * 120


async def test_a_chain_that_is_down_delays_no_stop_on_another(store, told):
    """Neither for the first forged delivery nor for the next ones."""
    nodes = {name: Node(Client(name), at) for at, name in ((TARGET, "target"), (9, "down"))}
    nodes["down"].client.broken = True
    keys = Keys()
    dead, well = (Pause(stop_settings(name), nodes[name], keys) for name in ("down", "target"))
    stopper = stopper_of(store, told, nodes, dead, well)
    await forge(store, delivery(1), delivery(2))
    await stopper.step()
    assert len(keys.sent) == 1
    for number in (1, 2):
        noted = await store.outcomes(delivery(number))
        assert noted[well.name].outcome is Outcome.SENT
        assert noted[dead.name].outcome is Outcome.FAILED
    assert len(told.of("route.unstopped")) == 2


async def test_a_chain_that_hangs_delays_no_stop_on_another(store, told):
    nodes = {name: Node(Client(name), at) for at, name in ((TARGET, "target"), (9, "hung"))}
    nodes["hung"].client.hung = asyncio.Event()
    hung, well = (Pause(stop_settings(name), nodes[name], Keys()) for name in ("hung", "target"))
    stopper = stopper_of(store, told, nodes, hung, well)
    await forge(store, delivery(1))
    waiting = asyncio.create_task(stopper.enforce(0))
    await stopper.enforce(1)
    await forge(store, delivery(2))
    await stopper.enforce(1)
    assert not waiting.done()
    assert (await store.outcomes(delivery(2)))[well.name].outcome is Outcome.SENT
    nodes["hung"].client.hung.set()
    await waiting


async def test_one_pause_is_asked_for_once_however_many_deliveries_are_forged(store, told):
    nodes = {"target": Node(Client("target"), TARGET)}
    stop = Pause(stop_settings("target"), nodes["target"], keys := Keys())
    stopper = stopper_of(store, told, nodes, stop)
    await forge(store, *(delivery(number) for number in range(300)))
    await stopper.step()
    assert len(keys.sent) == 1
    assert nodes["target"].client.asked < 20
    nodes["target"].client.paused_from = 90
    await stopper.step()
    assert not await store.to_stop()


@pytest.mark.parametrize("account", [((), word(1)), ((word(1),), b"")], ids=["data", "indexed"])
async def test_an_owner_who_unpauses_is_obeyed_whichever_way_it_is_logged(store, told, account):
    nodes, (indexed, data) = {"target": Node(Client("target"), TARGET)}, account
    nodes["target"].client.entries[Pausable.UNPAUSED.topic] = [
        Log((Bytes32(Pausable.UNPAUSED.topic), *indexed), data, 60, word(1), 0, word(60))
    ]
    stop = Pause(stop_settings("target"), nodes["target"], keys := Keys())
    stopper = stopper_of(store, told, nodes, stop)
    await forge(store, delivery(1, block=50))
    await stopper.step()
    assert (await store.outcomes(delivery(1)))[stop.name].outcome is Outcome.LIFTED
    await forge(store, delivery(2, block=61))
    await stopper.step()
    assert len(keys.sent) == 1


async def test_a_stranger_who_delivers_to_a_contract_of_its_own_causes_no_stop(store, told):
    """Its module takes everything. The route's contracts are named."""
    nodes = {"target": Node(Client("target"), TARGET)}
    settings = stop_settings("target", recipients="0x" + RECIPIENT.hex())
    stopper = stopper_of(store, told, nodes, Pause(settings, nodes["target"], keys := Keys()))
    await forge(store, replace(delivery(1), recipient=MAILBOX))
    await stopper.step()
    assert not keys.sent
    assert not await store.to_stop()
    await forge(store, delivery(2))
    await stopper.step()
    assert len(keys.sent) == 1


async def test_a_pause_that_is_final_for_one_forgery_may_have_ended_before_the_next(store, told):
    nodes = {"target": Node(Client("target"), TARGET)}
    nodes["target"].client.paused_from = 20
    stop = Pause(stop_settings("target"), nodes["target"], Keys())
    stopper = stopper_of(store, told, nodes, stop)
    await forge(store, delivery(1), delivery(2), delivery(3, block=99))
    await stopper.step()
    assert [item.message_id for item in await store.to_stop()] == [word(3)]
    assert (await store.outcomes(delivery(3)))[stop.name].outcome is Outcome.STOPPED


async def test_a_chain_that_connects_while_stops_are_tried_out_ends_no_watchtower(store, told):
    nodes = {"target": Node(Client("target"), TARGET)}
    client = nodes["target"].client
    client.hung, client.broken = asyncio.Event(), True
    stop, other = (Pause(stop_settings("target"), nodes["target"], Keys()) for _ in range(2))
    stopper = stopper_of(store, told, nodes, stop)
    trial = asyncio.create_task(stopper.try_out("target"))
    await client.hears.wait()
    stopper.stops[1] = other
    client.hung.set()
    await trial
    assert told.of("stop.unusable")


async def test_an_owner_who_unpauses_in_the_block_of_a_forgery_does_not_know_of_it(store, told):
    nodes = {"target": Node(Client("target"), TARGET)}
    client = nodes["target"].client
    client.entries[Pausable.UNPAUSED.topic] = [
        Log((Bytes32(Pausable.UNPAUSED.topic),), word(1), 50, word(1), 0, word(50))
    ]
    stop = Pause(stop_settings("target"), nodes["target"], Keys())
    stopper = stopper_of(store, told, nodes, stop)
    await forge(store, delivery(1, block=50), delivery(2, block=49))
    await stopper.step()
    assert (await store.outcomes(delivery(1)))[stop.name].outcome is Outcome.SENT
    assert (await store.outcomes(delivery(2)))[stop.name].outcome is Outcome.LIFTED


@dataclass
class Origin:
    """An origin whose dispatches are in a table."""

    store: SentStore
    view: View | None = None
    chain: Node = field(default_factory=lambda: Node(Client("origin"), ORIGIN))
    next_view: View | None = None
    hung: asyncio.Event | None = None

    async def look(self) -> None:
        if self.hung is not None:
            await self.hung.wait()
        if self.next_view is not None:
            self.view = self.next_view


def view(time: int, *tip: Sent) -> View:
    head = Block(100, word(100), 30_000_000, time, None)
    return View(head, 95, 9, {item.id: item for item in tip})


def watch_of(
    store: DeliveryStore, told: Told, origins: dict[int, Any], found: list[int], **changes: Any
) -> DeliveryWatch:
    alerts, node = Alerts(Metrics(), told), Node(Client("target"), TARGET)
    made = DeliveryWatch(node, store, origins, alerts, Metrics(), lambda: found.append(1))
    return replace(made, **changes)


async def test_nothing_is_forged_by_what_was_seen_of_the_origin_before(store, told, database):
    """The destination's clock is behind, as while a rollup catches up: the message was sent after
    a block of the origin that is younger than the delivery's, and after the last look."""
    sent = Sent(8, word(1), 99, word(99))
    origin = Origin(SentStore(database, ORIGIN), view(2000), next_view=view(2001, sent))
    watch = watch_of(store, told, {ORIGIN: origin}, found := [])
    await store.add([delivery(1)], 51, 0)
    await watch.judge(ORIGIN)
    assert (await store.find(word(1))).verdict is Verdict.NOT_FINAL
    assert not found


async def test_an_origin_that_hangs_delays_no_delivery_from_another(store, told, database):
    hung = Origin(SentStore(database, 5), hung=asyncio.Event())
    well = Origin(SentStore(database, ORIGIN), view(2000))
    watch = watch_of(store, told, {5: hung, ORIGIN: well}, found := [])
    await store.add([delivery(1, origin=5)], 51, 0)
    waiting = asyncio.create_task(watch.judge(5))
    await watch.read()
    await store.add([delivery(2)], 51, 0)
    await watch.read()
    assert watch.new_from(ORIGIN).is_set()
    await watch.judge(ORIGIN)
    assert (await store.find(word(2))).verdict is Verdict.FORGED
    assert found
    hung.hung.set()
    await waiting


async def test_a_chain_that_makes_blocks_on_demand_is_judged_within_seconds(store, told, database):
    """Its blocks are minutes apart; they are not sealed minutes late."""
    origin = Origin(SentStore(database, ORIGIN), view(1005))
    watch = watch_of(store, told, {ORIGIN: origin}, [])
    watch.chain.settings.blocks.estimate_block_time = 3600
    await store.add([delivery(1)], 51, 0)
    await watch.judge(ORIGIN)
    assert (await store.find(word(1))).verdict is Verdict.FORGED


def processed(number: int, *, block: int = 50, index: int = 3, fork: int = 0) -> list[Log]:
    """The logs of a delivery."""
    found = []
    for event, *named in (
        (Mailbox.PROCESS, word(ORIGIN + fork), word(1), word(2)),
        (Mailbox.PROCESS_ID, word(number)),
    ):
        place = (b"", block, word(0x7777), index + len(found), word(block + fork))
        found.append(Log((Bytes32(event.topic), *named), *place))
    return found


def show(client: Client, *pairs: list[Log]) -> None:
    client.entries[Mailbox.PROCESS.topic] = [pair[0] for pair in pairs]
    client.entries[Mailbox.PROCESS_ID.topic] = [pair[1] for pair in pairs]


async def test_logs_that_a_node_held_back_at_a_final_block_are_read_later(store):
    """Where one block is final at once, the look that misses them must not be the only one."""
    client = Client("target")
    follower = Follower(Node(client, TARGET), store, lambda: 0.0)
    await follower.look()
    client.number = 110
    await follower.look()
    show(client, processed(1, block=102))
    client.number = 120
    await follower.look()
    assert await store.find(word(1)) is not None


async def test_a_backlog_of_deliveries_costs_few_requests(store):
    """What is at the tip waits for it."""
    client = Client("target", number=2000)
    await store.add([], 1, 0)
    show(client, *(processed(number, block=number) for number in range(1, 1000)))
    before = client.asked
    await Follower(Node(client, TARGET), store, lambda: 0.0).look()
    assert len(await store.to_judge()) == 999
    assert client.asked - before < 10


async def test_logs_of_two_forks_are_not_taken_for_one_delivery(store):
    """A block that was replaced between two requests, and came back before the third."""
    client = Client("target", number=52)
    await store.add([], 40, 0)
    (foreign, _), (_, entry) = processed(2, fork=1), processed(1)
    show(client, [foreign, entry])
    with pytest.raises(ChainError, match="block 50 was replaced"):
        await Follower(Node(client, TARGET), store, lambda: 0.0).look()
    assert await store.find(word(1)) is None
    assert not client.distrusted


@pytest.mark.parametrize(
    ("process", "entry"),
    [
        ((word(ORIGIN), word(1)), (word(1),)),
        ((word(2**40), word(1), word(2)), (word(1),)),
        ((word(ORIGIN), word(1), word(2)), ()),
    ],
)
async def test_logs_that_no_mailbox_writes_end_no_watchtower(store, process, entry):
    client = Client("target", number=52)
    await store.add([], 40, 0)
    first, second = processed(1)
    first = replace(first, topics=(first.topics[0], *process))
    second = replace(second, topics=(second.topics[0], *entry))
    show(client, [first, second])
    with pytest.raises(ChainError, match="has no Process log"):
        await Follower(Node(client, TARGET), store, lambda: 0.0).look()
    assert client.distrusted


async def test_a_key_that_an_agent_sends_with_is_refused_at_start(database, told):
    """And not hours later, once its chain answers."""
    contracts = dict.fromkeys(("mailbox", "merkleTreeHook", "validatorAnnounce"), "0x" + "11" * 20)
    chain = {"name": "a", "chainId": 1, "rpcUrls": [{"http": "http://127.0.0.1:1"}], **contracts}
    key = {"key": "11" * 32}
    settings = WatchtowerSettings.model_validate(
        {
            "chains": {"a": {**chain, "signer": key}},
            "watchChains": "a",
            "watchDeliveries": "a",
            "stops": [{"chain": "a", "contract": "0x" + CONTRACT.hex(), "signer": key}],
        }
    )
    runtime = Runtime(settings, database, Metrics())
    with pytest.raises(ConfigError, match=r"stops\.0\.signer"):
        Guardian(settings, runtime, Alerts(Metrics(), told), {})


@dataclass(frozen=True, slots=True)
class Slow(Alerter):
    """A webhook that does not answer: how many calls it has, and had at most."""

    calls: list[int] = field(default_factory=lambda: [0])

    async def _post(self, _webhook: str, _document: dict[str, object]) -> None:
        self.calls.append(self.calls[-1] + 1)
        await asyncio.Event().wait()


async def test_alerts_that_strangers_cause_leave_connections_for_nodes():
    slow = Slow("http://127.0.0.1:1")
    for number in range(5000):
        slow.tell_soon("delivery.forged", number=number)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert 0 < max(slow.calls) < 20
    assert len(slow._calls) <= 1000
    for call in slow._calls:
        call.cancel()


@dataclass(slots=True)
class Counted(Reader):
    """A reader of an origin that fails when it is told to."""

    began: int = 0
    go: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False

    async def _look(self) -> None:
        self.began += 1
        await self.go.wait()
        if self.fails:
            raise ChainError("down")


async def test_destinations_that_ask_at_once_share_a_look_that_begins_after_all_asked(database):
    chain, store = Node(Client("origin"), ORIGIN), SentStore(database, ORIGIN)
    reader = Counted(chain, store, Told(None), None)
    looks = [asyncio.create_task(reader.look()) for _ in range(5)]
    await asyncio.sleep(0)
    reader.go.set()
    await asyncio.gather(*looks)
    assert reader.began == 2  # the first began before the others asked
    reader.go.clear()
    first = asyncio.create_task(reader.look())
    await asyncio.sleep(0)
    late = [asyncio.create_task(reader.look()) for _ in range(5)]
    await asyncio.sleep(0)
    reader.fails = True
    reader.go.set()
    ended = await asyncio.gather(first, *late, return_exceptions=True)
    assert all(isinstance(item, ChainError) for item in ended)
    assert reader.began == 8
