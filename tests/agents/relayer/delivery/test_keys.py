"""A relayer that delivers to a chain with several keys."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.agents import eventually, relaying
from tests.support.devnet import key

from hyperlane.agents.relayer.delivery.keys import Key, Keys
from hyperlane.agents.relayer.delivery.submission import Plan
from hyperlane.agents.runtime.process import sending_accounts
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import ChainClient
from hyperlane.chain.offers import Offers
from hyperlane.chain.signer import address_of
from hyperlane.errors import ConfigError
from hyperlane.settings import RelayerSettings
from hyperlane.store.database import Database
from hyperlane.store.transactions import TransactionStore

OTHERS = (7, 8)


@pytest.fixture
def config(relayer_config, origin, target):
    """Delivers to the target with accounts 9, 7 and 8, one transaction of each at a time."""
    config = relayer_config(origin, target)
    config["chains"]["beta"] |= {
        "additionalSigners": [{"key": key(index).key.hex()} for index in OTHERS],
        "maxBatchSize": 1,
        "maxInFlight": 1,
    }
    return config


def unmined(chain) -> list[int]:
    """Transactions in no block, of accounts 9, 7 and 8."""
    count = chain.w3.eth.get_transaction_count
    return [
        count(key(index).address, "pending") - count(key(index).address, "latest")
        for index in (9, *OTHERS)
    ]


async def test_each_key_has_a_window_and_nonces_of_its_own(config, origin, target):
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, recipient, bytes([n])) for n in range(9)]
    target.rpc("evm_setAutomine", False)
    async with relaying(config) as task:
        for _ in range(3):
            await eventually(lambda: unmined(target) == [1, 1, 1], task)
            target.mine()
        await eventually(lambda: all(map(target.delivered, messages)), task)
    assert [target.deliveries(item) for item in messages] == [1] * 9
    counts = [target.w3.eth.get_transaction_count(key(index).address) for index in (9, *OTHERS)]
    assert counts == [3, 3, 3]


async def test_a_key_without_funds_holds_nothing_up(config, origin, target):
    recipient = target.recipient().address
    for index in (9, *OTHERS[1:]):
        target.rpc("anvil_setBalance", key(index).address, "0x0")
    messages = [origin.dispatch(7331, recipient, bytes([n])) for n in range(6)]
    async with relaying(config) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    assert target.w3.eth.get_transaction_count(key(OTHERS[0]).address) == 6


@pytest.mark.parametrize("mined", [False, True])
async def test_what_a_key_sent_of_which_no_message_waits_holds_nothing_up(
    mined, config, origin, target
):
    """As after it was not configured for a while, in which another one delivered the messages."""
    target.rpc("evm_setAutomine", False)
    database = await Database.open(config["db"])
    client = ChainClient("beta", 7331, [target.url])
    store = TransactionStore(database, 7331, address_of(key(9)))
    sender = Sender(client, key(9), store, Offers(client), lambda: time.time() - 60)
    sent = await sender.send("of nothing", b"\7" * 20, b"", 21000)
    if not mined:
        target.rpc("anvil_dropTransaction", "0x" + sent.hash.hex())
    target.mine()
    target.rpc("evm_setAutomine", True)
    del config["chains"]["beta"]["additionalSigners"]
    message = origin.dispatch(7331, target.recipient().address)
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(message), task)
        async with asyncio.timeout(60):
            while await store.live():  # noqa: ASYNC110 - nothing tells when it is settled
                await asyncio.sleep(0.1)
    await client.close()
    await database.close()


@pytest.mark.parametrize("place", [0, 1])
def test_a_key_that_is_named_twice_is_refused(config, place):
    again = [9, OTHERS[0]][place]
    signers = config["chains"]["beta"]["additionalSigners"]
    config["chains"]["beta"]["additionalSigners"] = [
        signers[0],
        {"key": key(again).key.hex()},
    ]
    settings = RelayerSettings.model_validate(config)
    with pytest.raises(ConfigError, match=r"chains\.beta\.additionalSigners\.1: .* remove one"):
        sending_accounts(settings, "beta")


class Fake:
    """A key with so much room, which delivers only what it is said to."""

    def __init__(self, room: int, may: str = "", rests_until: float = 0.0) -> None:
        self.room, self.may, self.rests_until = room, may, rests_until

    def clock(self) -> float:
        return 10.0

    async def plan_alone(self, items: list[Any], limits: Any) -> Plan:
        ids = [item.candidate.operation.message.id for item in items]
        drafts: list[Any] = [
            SimpleNamespace(operations=[item.candidate.operation])
            for item in items
            if item.candidate.operation.message.id in self.may
        ]
        verdicts: list[Any] = [item for item in ids if item not in self.may]
        return Plan(limits, verdicts, drafts, ())


def keys(*fakes: Any) -> Keys:
    return Keys([Key(fake, fake) for fake in fakes])


def prepared(name: str) -> Any:
    operation = SimpleNamespace(message=SimpleNamespace(id=name))
    return SimpleNamespace(candidate=SimpleNamespace(operation=operation))


@pytest.mark.quick
@pytest.mark.parametrize(
    ("fakes", "best"),
    [
        ([Fake(1), Fake(2)], 1),
        ([Fake(2), Fake(2)], 0),
        ([Fake(-3), Fake(9, rests_until=11.0)], 0),
        ([Fake(1, rests_until=11.0), Fake(2, rests_until=11.0)], 1),
    ],
    ids=["most room", "the main key", "one that can pay", "none can pay"],
)
def test_the_best_key_is_next(fakes, best):
    found = keys(*fakes)
    assert found.best() is found.keys[best]


@pytest.mark.quick
def test_deliveries_are_divided_by_room():
    found = keys(Fake(1), Fake(3), Fake(9, rests_until=11.0), Fake(0))
    shares = found.divide([prepared(name) for name in "abcdefg"])
    sizes = {found.keys.index(key): len(share) for key, share in shares}
    assert sizes == {0: 2, 1: 4, 3: 1}


@pytest.mark.quick
async def test_what_fails_with_another_key_is_tried_with_the_main_one():
    limits: Any = None
    found = keys(Fake(1, "abc"), Fake(2, "b"))
    items = [prepared(name) for name in "abd"]
    plans = await found.plan_alone(found.keys[1], items, limits)
    said = [
        (key, [draft.operations[0].message.id for draft in plan.drafts], plan.verdicts)
        for key, plan in plans
    ]
    assert said == [(found.keys[1], ["b"], ()), (found.keys[0], ["a"], ["d"])]
    (only,) = await found.plan_alone(found.keys[0], items, limits)
    assert only[0] is found.keys[0]
