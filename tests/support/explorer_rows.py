"""A scraper's database with a small network in it, for the explorer's pages."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.message import Message
from hyperlane.protocol.token_message import TokenMessage
from hyperlane.protocol.typecasts import Address, Bytes32, address_to_bytes32, to_checksum, to_hex
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables
from hyperlane.store.scraper.rows import (
    Announcement,
    Block,
    Delivery,
    Direction,
    Dispatch,
    Insertion,
    Payment,
    StakingEvent,
    Transaction,
    Transfer,
)
from hyperlane.store.scraper.writing import ChainName, drop_above, name_chain, store

CHAINS = {11155111: "sepolia", 84532: "basesepolia", 421614: "arbitrumsepolia"}
ALPHA, BETA, GAMMA = CHAINS
ETHER = 10**18
ROUTE = "ETH/sepolia-basesepolia-arbitrumsepolia"


def address(name: str) -> Address:
    """An address that nobody has the key of."""
    return Address(keccak(name.encode())[-20:])


VALIDATORS = {
    domain: [address(f"{name} {each}") for each in range(3)] for domain, name in CHAINS.items()
}
ROUTERS = {domain: address(f"router {name}") for domain, name in CHAINS.items()}
SENDERS = [address(f"sender {each}") for each in range(4)]
RELAYER = address("relayer")
OPERATOR = address("operator")


@dataclass(slots=True)
class Sample:
    """The rows, in the making."""

    database: Database
    now: int
    later: bool = False
    """True to store blocks by `flush` alone."""
    _unstored: dict[int, list[Block]] = field(default_factory=lambda: defaultdict(list))
    _heights: dict[int, int] = field(default_factory=lambda: defaultdict(lambda: 6_000_000))
    _leaves: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    async def made(cls, database: Database, now: int) -> "Sample":
        """An empty network of three chains."""
        for domain, name in CHAINS.items():
            await name_chain(database, ChainName(domain, name, "ETH", domain, is_testnet=True))
        return cls(database, now)

    async def block(self, domain: int, timestamp: int, transaction: Transaction) -> None:
        """A block with one transaction; blocks of a chain come in the order of their time."""
        self._heights[domain] += 1
        height = self._heights[domain]
        block = Block(height, keccak(b"block %d %d" % (domain, height)), timestamp, [transaction])
        self._unstored[domain].append(block)
        if not self.later:
            await self.flush()

    async def flush(self) -> None:
        """Store the blocks."""
        async with self.database.write() as connection:
            for domain, blocks in self._unstored.items():
                height = self._heights[domain]
                final = height if self.later else height - 3
                await store(self.database, connection, domain, blocks, final=final)
                for kind in ("dispatch", "process"):
                    values = {"event_type": kind, "time_created": self.now, "height": height}
                    await connection.execute(
                        self.database.insert(tables.cursor)
                        .values(domain=domain, **values)
                        .on_conflict_do_update(
                            index_elements=["domain", "event_type"], set_={"height": height}
                        )
                    )
        self._unstored.clear()

    def transaction(self, label: str, sender: Address, to: Address, **rows: object) -> Transaction:
        """A transaction with a hash that its label decides."""
        return Transaction(
            hash=keccak(label.encode()),
            nonce=1,
            sender=sender,
            recipient=to,
            gas_limit=300_000,
            gas_price=None,
            max_fee_per_gas=3 * 10**9,
            max_priority_fee_per_gas=10**9,
            effective_gas_price=2 * 10**9,
            gas_used=128_688,
            cumulative_gas_used=128_688,
            input=b"",
            **rows,
        )

    async def dispatch(
        self,
        origin: int,
        destination: int,
        sent_at: int,
        body: bytes = b"hello",
        *,
        sender: Address = SENDERS[0],
        recipient: Address | None = None,
        paid: bool = True,
        tokens: int | None = None,
    ) -> Message:
        """Send a message, or tokens; insert its leaf, and pay for it."""
        leaf = self._leaves[origin]
        self._leaves[origin] += 1
        if tokens is not None:
            body = TokenMessage(address_to_bytes32(SENDERS[1]), tokens).encode()
            sender, recipient = ROUTERS[origin], ROUTERS[destination]
        target = recipient or address("recipient")
        words = address_to_bytes32(sender), address_to_bytes32(target)
        message = Message(3, leaf, origin, words[0], destination, words[1], body)
        mailbox = address(f"mailbox {origin}")
        payment = Payment(message.id, address("igp"), destination, ETHER // 5000, 220_000, 3)
        transfer = Transfer(
            message.id,
            ROUTERS[origin],
            Direction.SENT,
            destination,
            address_to_bytes32(SENDERS[1]),
            tokens or 0,
            4,
        )
        transaction = self.transaction(
            f"dispatch {message.id.hex()}",
            SENDERS[leaf % len(SENDERS)],
            mailbox if tokens is None else ROUTERS[origin],
            dispatches=[Dispatch(message, mailbox, 0)],
            insertions=[Insertion(address(f"tree {origin}"), leaf, message.id)],
            payments=[payment] if paid else [],
            transfers=[] if tokens is None else [transfer],
        )
        await self.block(origin, sent_at, transaction)
        return message

    async def deliver(self, message: Message, delivered_at: int, tokens: int | None = None) -> None:
        """Deliver a message."""
        domain = message.destination
        transfer = Transfer(
            message.id,
            ROUTERS[domain],
            Direction.RECEIVED,
            message.origin,
            address_to_bytes32(SENDERS[1]),
            tokens or 0,
            1,
        )
        transaction = self.transaction(
            f"deliver {message.id.hex()}",
            RELAYER,
            address(f"mailbox {domain}"),
            deliveries=[Delivery(message.id, address(f"mailbox {domain}"), 2)],
            transfers=[] if tokens is None else [transfer],
        )
        await self.block(domain, delivered_at, transaction)

    async def announce(self, domain: int, validator: Address, location: str, time: int) -> None:
        """Announce a storage location."""
        transaction = self.transaction(
            f"announce {domain} {validator.hex()} {location}",
            validator,
            address(f"announce {domain}"),
            announcements=[Announcement(validator, location, 0)],
        )
        await self.block(domain, time, transaction)

    async def look(
        self,
        domain: int,
        validator: Address,
        seen: Mapping[int, float],
        *,
        location: str | None = None,
        problem: str | None = None,
    ) -> None:
        """Times at which a validator's newest leaves were first seen."""
        async with self.database.write() as connection:
            for leaf, at in seen.items():
                await connection.execute(
                    tables.validator_checkpoint.insert().values(
                        domain=domain, validator=validator, leaf_index=leaf, seen_at=at
                    )
                )
            await connection.execute(
                tables.validator_status.insert().values(
                    domain=domain,
                    validator=validator,
                    storage_location=location,
                    leaf_index=max(seen, default=None),
                    problem=problem,
                    checked_at=self.now - 4,
                )
            )

    async def sign(self, domain: int, validator: Address, leaf: int, at: float) -> None:
        """The newest leaf of a validator that was looked at before, and when it was first seen."""
        row = tables.validator_status
        async with self.database.write() as connection:
            await connection.execute(
                tables.validator_checkpoint.insert().values(
                    domain=domain, validator=validator, leaf_index=leaf, seen_at=at
                )
            )
            await connection.execute(
                row.update()
                .where(row.c.domain == domain, row.c.validator == validator)
                .values(leaf_index=leaf)
            )

    async def drop(self, domain: int) -> None:
        """Have a chain drop its newest block."""
        async with self.database.write() as connection:
            await drop_above(connection, domain, self._heights[domain] - 1)

    async def token(self, domain: int, **changes: object) -> None:
        """A router of the route over all chains."""
        values: dict[str, object] = {
            "time_created": self.now,
            "domain": domain,
            "router": ROUTERS[domain],
            "standard": "EvmHypNative" if domain == ALPHA else "EvmHypSynthetic",
            "name": "Ether",
            "symbol": "ETH",
            "decimals": 18,
            "scale_numerator": 1,
            "scale_denominator": 1,
            "route": ROUTE,
            "routers": {
                str(each): to_hex(word(router))
                for each, router in ROUTERS.items()
                if each != domain
            },
            "locked": 40 * ETHER if domain == ALPHA else None,
            "minted": None if domain == ALPHA else 18 * ETHER,
            "checked_at": self.now - 30,
        }
        async with self.database.write() as connection:
            await connection.execute(tables.token.insert().values({**values, **changes}))

    async def redundancy(self, domain: int, origin: int, spare: int | None, **more: object) -> None:
        """The Mailbox's default module."""
        keys = [to_checksum(each) for each in VALIDATORS[origin]]
        live = keys[: (spare or 0) + 2]
        module = {
            "address": to_checksum(address(f"ism {domain}")),
            "type": "message_id_multisig",
            "threshold": 2,
            "relayer": None,
            "problem": None,
            "validators": [
                {
                    "address": each,
                    "weight": 1,
                    "live": each in live,
                    "latestLeaf": 20,
                    "latestTime": self.now - 40,
                    "problem": None if each in live else "no answer in time",
                }
                for each in keys
            ],
            "modules": [],
            "due": 20,
            "delivers": True,
            "critical": live if spare == 0 else [],
            "alone": [],
            "open": False,
        }
        values = {
            "domain": domain,
            "recipient": b"",
            "origin": origin,
            "module": module,
            "spare": spare,
            "oldest_at": self.now - 40,
            "problem": None,
            "checked_at": self.now - 20,
        }
        async with self.database.write() as connection:
            await connection.execute(tables.redundancy.insert().values({**values, **more}))


async def busy(database: Database, now: int, messages: int = 60) -> Sequence[Message]:
    """A network with some traffic in the last day; the messages, oldest first. The last is a
    token transfer that was just delivered, the one before it waits."""
    sample = await Sample.made(database, now)
    sample.later = True
    chance = random.Random(15)
    for domain in CHAINS:
        for index, validator in enumerate(VALIDATORS[domain]):
            location = f"s3://validator-{index}-{CHAINS[domain]}/eu-central-1"
            await sample.announce(domain, validator, location, now - 90_000 + index)
        await sample.token(domain)
    happened: list[tuple[int, object]] = []
    sent = []
    seen: dict[tuple[int, int], dict[int, float]] = defaultdict(dict)
    pairs = [(a, b) for a in CHAINS for b in CHAINS if a != b]
    times = sorted(chance.randrange(now - 86_000, now - 400) for _ in range(messages))
    for number, at in enumerate(times):
        if number >= messages - 2:
            at = now - (95 if number == messages - 1 else 160)
        origin, destination = (ALPHA, BETA) if number >= messages - 2 else chance.choice(pairs)
        happened.append((at, (number, origin, destination)))
    deliveries: list[tuple[int, Message, int | None]] = []
    for at, (number, origin, destination) in happened:
        for due in sorted((each for each in deliveries if each[0] <= at), key=lambda each: each[0]):
            await sample.deliver(due[1], due[0], due[2])
            deliveries.remove(due)
        last = number == messages - 1
        tokens = 25 * ETHER // 10 if last else chance.choice([None, None, ETHER // 4, 3 * ETHER])
        waits = number == messages - 2
        if waits:
            tokens = None
        text = chance.choice([b"hello", b'{"proposal": 7, "votes": 120}', bytes(range(64))])
        message = await sample.dispatch(
            origin,
            destination,
            at,
            text,
            sender=chance.choice(SENDERS),
            recipient=address(f"app {number % 5}"),
            paid=not waits,
            tokens=tokens,
        )
        sent.append(message)
        for index in range(3):
            if not (index == 2 and origin == ALPHA):
                seen[origin, index][message.nonce] = at + 14 + index * 2.3 + chance.random()
        if not waits:
            delay = 31 if last else int(chance.lognormvariate(3.6, 0.5))
            deliveries.append((at + delay, message, tokens))
    for due in sorted(deliveries, key=lambda each: each[0]):
        await sample.deliver(due[1], due[0], due[2])
    for domain in CHAINS:
        for index, validator in enumerate(VALIDATORS[domain]):
            location = f"s3://validator-{index}-{CHAINS[domain]}/eu-central-1"
            silent = index == 2 and domain == ALPHA
            problem = "no answer in time" if silent else None
            found = {0: now - 80_000.0} if silent else seen[domain, index]
            await sample.look(domain, validator, found, location=location, problem=problem)
    for domain in CHAINS:
        for origin in CHAINS:
            if origin != domain:
                await sample.redundancy(domain, origin, 0 if origin == ALPHA else 1)
    await _stake(sample)
    await sample.flush()
    return sent


async def _stake(sample: Sample) -> None:
    events = [("OperatorRegistered", None), ("Staked", 32 * ETHER)]
    for index, (kind, amount) in enumerate(events):
        transaction = sample.transaction(
            f"stake {kind}",
            OPERATOR,
            address("staking"),
            staking=[
                StakingEvent(
                    address("staking"), kind, OPERATOR, VALIDATORS[ALPHA][0], amount, {}, index
                )
            ],
        )
        await sample.block(ALPHA, sample.now - 60 + index, transaction)


def word(value: Address) -> Bytes32:
    """An address as messages have it."""
    return address_to_bytes32(value)


__all__ = ["ALPHA", "BETA", "CHAINS", "GAMMA", "ROUTERS", "Sample", "busy", "replace", "word"]
