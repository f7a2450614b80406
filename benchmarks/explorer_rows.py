"""A scraper's database with a long history in it: six chains, thirty days, each message different.

Senders, recipients and pairs of chains are as unequal as in life: few have most. One message in a
hundred is never delivered, one in three carries tokens.
"""

import asyncio
import heapq
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from hyperlane.agents.scraper.statistics import BUCKETS
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.typecasts import Address, Bytes32, address_to_bytes32, to_checksum, to_hex
from hyperlane.store.database import Database
from hyperlane.store.scraper import rows, tables, writing
from hyperlane.store.scraper.statistics import HOUR, StatisticsStore

DOMAINS = (1, 10, 137, 8453, 42161, 43114)
NAMES = ("ethereum", "optimism", "polygon", "base", "arbitrum", "avalanche")
DAYS = 30
APPLICATIONS = 2000
VALIDATORS = 5
MINUTES = 360
"""Length of a slice of time that is stored at once."""


def address(kind: str, number: int = 0) -> Address:
    """An address of some kind."""
    return Address(keccak(f"{kind} {number}".encode())[-20:])


APPS = [address_to_bytes32(address("application", number)) for number in range(APPLICATIONS)]


MODULE = {
    "due": 41,
    "delivers": True,
    "critical": [],
    "alone": [],
    "open": False,
    "address": to_checksum(address("module")),
    "type": "message_id_multisig",
    "problem": None,
    "threshold": 3,
    "relayer": None,
    "validators": [
        {
            "address": to_checksum(address("validator", number)),
            "weight": 1,
            "latestLeaf": 40,
            "latestTime": 1,
            "live": True,
            "problem": None,
        }
        for number in range(VALIDATORS)
    ],
    "modules": [],
}


@dataclass(slots=True)
class History:
    """What happened on all chains until `end`."""

    messages: int
    end: int
    chance: random.Random = field(default_factory=lambda: random.Random(15))
    _nonces: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _due: list[tuple[int, int, Message, bool]] = field(default_factory=list)
    _made: int = 0

    def slices(self) -> Iterator[dict[int, list[rows.Block]]]:
        """New blocks by domain, slice by slice."""
        begin = self.end - DAYS * 24 * HOUR
        count = DAYS * 24 * 60 // MINUTES
        for number in range(count):
            start = begin + number * MINUTES * 60
            events: dict[int, dict[int, list[rows.Transaction]]] = defaultdict(
                lambda: defaultdict(list)
            )
            for at in self._times(start, number, count):
                self._dispatch(events, at)
            while self._due and self._due[0][0] < start + MINUTES * 60:
                at, _, message, tokens = heapq.heappop(self._due)
                events[message.destination][at].append(self._delivery(message, tokens))
            yield {domain: _blocks(domain, begin, found) for domain, found in events.items()}

    def _times(self, start: int, number: int, count: int) -> list[int]:
        before = self.messages * number // count
        here = self.messages * (number + 1) // count - before
        return sorted(start + self.chance.randrange(MINUTES * 60) for _ in range(here))

    def _dispatch(self, events: dict[int, dict[int, list[rows.Transaction]]], at: int) -> None:
        origin, destination = self._pair()
        sender, recipient = APPS[self._one(APPLICATIONS)], APPS[self._one(APPLICATIONS)]
        nonce = self._nonces[origin]
        self._nonces[origin] += 1
        self._made += 1
        body = self.chance.randbytes(64)
        message = Message(VERSION, nonce, origin, sender, destination, recipient, body)
        tokens = self.chance.random() < 1 / 3
        events[origin][at].append(self._sent(message, tokens))
        if self._made % 100:
            delay = int(self.chance.lognormvariate(4, 1)) + 5
            heapq.heappush(self._due, (at + delay, self._made, message, tokens))

    def _pair(self) -> tuple[int, int]:
        origin = self._one(len(DOMAINS))
        other = self._one(len(DOMAINS) - 1)
        return DOMAINS[origin], DOMAINS[other + (other >= origin)]

    def _one(self, count: int) -> int:
        """The number of one of so many; the first are chosen most."""
        return min(count - 1, int(count ** self.chance.random()) - 1)

    def _sent(self, message: Message, tokens: bool) -> rows.Transaction:
        mailbox, router = address("mailbox"), address("router", message.origin)
        payment = rows.Payment(
            message.id,
            address("paymaster"),
            message.destination,
            10**14 + message.nonce,
            100_000,
            2,
        )
        return self._transaction(
            keccak(b"sent" + message.id),
            dispatches=[rows.Dispatch(message, mailbox, 0)],
            insertions=[rows.Insertion(address("tree"), message.nonce, message.id)],
            payments=[payment],
            transfers=[
                rows.Transfer(
                    message.id, router, rows.Direction.SENT, message.destination,
                    message.recipient, 10**18, 3,
                )
            ] if tokens else [],
        )  # fmt: skip

    def _delivery(self, message: Message, tokens: bool) -> rows.Transaction:
        router = address("router", message.destination)
        return self._transaction(
            keccak(b"delivered" + message.id),
            deliveries=[rows.Delivery(message.id, address("mailbox"), 0)],
            transfers=[
                rows.Transfer(
                    message.id, router, rows.Direction.RECEIVED, message.origin,
                    message.recipient, 10**18, 1,
                )
            ] if tokens else [],
        )  # fmt: skip

    def _transaction(self, hash_: Bytes32, **contents: list[object]) -> rows.Transaction:
        return rows.Transaction(
            hash=hash_,
            nonce=self._made,
            sender=address("relayer"),
            recipient=address("mailbox"),
            gas_limit=300_000,
            gas_price=None,
            max_fee_per_gas=3 * 10**9,
            max_priority_fee_per_gas=10**9,
            effective_gas_price=2 * 10**9,
            gas_used=120_000,
            cumulative_gas_used=1_200_000,
            input=b"",
            **contents,
        )


def _blocks(domain: int, begin: int, events: dict[int, list[rows.Transaction]]) -> list[rows.Block]:
    return [
        rows.Block(at - begin, keccak(b"%d %d" % (domain, at)), at, transactions)
        for at, transactions in sorted(events.items())
    ]


async def fill(database: Database, messages: int, end: int) -> None:
    """Store a history, and what is read beside it."""
    for domain, name in zip(DOMAINS, NAMES, strict=True):
        await writing.name_chain(database, writing.ChainName(domain, name, "ETH", domain, False))
    for stored in History(messages, end).slices():
        async with database.write() as connection:
            for domain, blocks in stored.items():
                await writing.store(database, connection, domain, blocks, final=10**9)
    await _beside(database, end, messages)
    store = StatisticsStore(database, BUCKETS)
    for origin in DOMAINS:
        await store.close_hours(origin)


async def _beside(database: Database, end: int, messages: int) -> None:
    """Validators, routers and modules."""
    async with database.write() as connection:
        for domain in DOMAINS:
            for number in range(VALIDATORS):
                validator = address(f"validator {domain}", number)
                newest = messages // len(DOMAINS) // 4
                values = {"domain": domain, "validator": validator, "leaf_index": newest}
                await connection.execute(
                    tables.validator_status.insert().values(
                        storage_location=f"s3://validator-{number}/eu", checked_at=end, **values
                    )
                )
                await connection.execute(
                    tables.validator_checkpoint.insert(),
                    [
                        {
                            "domain": domain,
                            "validator": validator,
                            "leaf_index": leaf,
                            "seen_at": float(end - newest + leaf),
                        }
                        for leaf in range(0, newest, 20)
                    ],
                )
            await connection.execute(
                tables.token.insert().values(
                    time_created=end, domain=domain, router=address("router", domain),
                    standard="EvmHypSynthetic", name="Ether", symbol="ETH", decimals=18,
                    counted="token", route="ETH/all",
                    routers={
                        str(other): [to_hex(address_to_bytes32(address("router", other)))]
                        for other in DOMAINS if other != domain
                    },
                    locked=None, minted=10**24, checked_at=end,
                )
            )  # fmt: skip
            await connection.execute(
                tables.redundancy.insert(),
                [
                    {
                        "domain": domain, "recipient": recipient, "origin": origin,
                        "module": MODULE,
                        "spare": spare % 4, "oldest_at": end, "problem": None, "checked_at": end,
                    }
                    for origin in DOMAINS if origin != domain
                    for spare, recipient in enumerate([b"", *(each[12:] for each in APPS[:99])])
                ],
            )  # fmt: skip


if __name__ == "__main__":
    import sys
    import time

    from hyperlane.store.migrations.schemas import SCRAPER

    async def main() -> None:
        database = await Database.open(sys.argv[2], SCRAPER)
        await fill(database, int(sys.argv[1]), int(time.time()))
        await database.close()

    asyncio.run(main())
