"""Conviction: signatures in a forged delivery are stored as sightings of false checkpoints.

Sightings are handled like those of published signatures: the watchtower alerts, and proves the
fault on the chain that has the stake. A forger need not publish its signatures, but has to show
them to the destination.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.deliveries.calldata import Handed, find_among
from hyperlane.agents.watchtower.deliveries.signatures import SignatureReader
from hyperlane.agents.watchtower.judging import FaultKind, judge
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.endpoint import Call, RpcError
from hyperlane.chain.ledger import calls_of, transaction_of
from hyperlane.errors import ChainError, DecodeError
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex
from hyperlane.store.deliveries import Delivery, DeliveryStore
from hyperlane.store.sightings import Sighting, SightingStore

log = structlog.get_logger()

_QUICK_TRIES = 6
"""Tries at a delivery that cannot be read, at most a second apart; then the pause doubles."""
_LONGEST_PAUSE = 300.0
"""Most seconds between two tries."""


@dataclass(frozen=True, slots=True)
class Court:
    """The true tree of one origin, by which signatures are judged, and the store of their
    faults."""

    tree: TrueTree
    sightings: SightingStore
    signers: Callable[[], Awaitable[Collection[Address]]] | None = None
    """Returns the keys that announced a storage or have stake. Signatures of other keys are
    ignored: a forger could make thousands of such keys. None: no key is ignored."""


@dataclass(slots=True)
class Convictor:
    """Reads the signatures out of the forged deliveries of one destination."""

    chain: Chain
    store: DeliveryStore
    courts: Mapping[int, Court]
    """By domain of the origin; an origin that is not connected yet has none."""
    alerts: Alerts
    clock: Callable[[], float] = time.time
    _told: set[Bytes32] = field(default_factory=set)
    """Ids of deliveries that were alerted to because no signer of theirs was found."""
    _tries: dict[Bytes32, tuple[int, float]] = field(default_factory=dict)
    """By message id: the number of failed tries, and the time of the next one."""

    async def step(self) -> None:
        """Convict the signers of every forged delivery. One that fails is retried, and delays no
        other."""
        failed = None
        now = self.clock()
        waiting = await self.store.to_convict()
        for delivery in sorted(waiting, key=self._times):
            if now < self._tries.get(delivery.message_id, (0, 0.0))[1]:
                continue
            try:
                await self._convict(delivery)
            except ChainError as error:
                failed = error
            tries = self._times(delivery) + 1
            pause = min(_LONGEST_PAUSE, 2.0 ** min(tries - _QUICK_TRIES, 20))
            self._tries[delivery.message_id] = tries, self.clock() + pause
        left = {item.message_id for item in await self.store.to_convict()}
        self._tries = {key: value for key, value in self._tries.items() if key in left}
        if failed is not None:
            raise failed

    def _times(self, delivery: Delivery) -> int:
        """Number of tries. New deliveries come first, so that those that fail do not delay them."""
        return self._tries.get(delivery.message_id, (0, 0.0))[0]

    async def _convict(self, delivery: Delivery) -> None:
        court = self.courts.get(delivery.origin)
        if court is None:
            raise ChainError(
                f"the origin of a forged delivery, domain {delivery.origin}, is not read yet"
            )
        handed = await self._handed(delivery)
        if handed is None:
            return
        reader = SignatureReader(
            self.chain.client, self.chain.settings.mailbox, delivery.block_number
        )
        signed = await reader.read(handed)
        false = await self._judged(court, signed, delivery)
        await court.sightings.add(false, self.clock())
        await self.store.convicted(delivery)
        if false:
            self.alerts.conviction(self.chain.name, delivery, false)
        else:
            self._tell_unreadable(delivery, "its metadata has no false signature of a known key")

    async def _handed(self, delivery: Delivery) -> Handed | None:
        """The forged message and its metadata; None, and an alert, if they cannot be found.

        All RPCs are asked, and the answer of any one is used: a signature needs no second witness,
        and an RPC that hides it must not be the only one asked.
        """
        tx_hash = to_hex(delivery.tx_hash)
        sent = await self._answers(Call(transaction_of(delivery.tx_hash), (tx_hash,)))
        if sent == [None]:
            raise ChainError(f"{self.chain.name}: no RPC knows the transaction {tx_hash}")
        handed = await self._found([item.input for item in sent], delivery)
        if handed is not None:
            return handed
        try:
            traces = await self._answers(Call(calls_of(), (tx_hash, {"tracer": "callTracer"})))
        except ChainError as error:
            self._tell_unreadable(delivery, f"no node has a trace of it: {error}")
            return None
        found = await self._found([call for calls in traces for call in calls], delivery)
        if found is None:
            self._tell_unreadable(delivery, "no call in its trace shows the message")
        return found

    async def _answers(self, call: Call) -> list[Any]:
        """Answers of the RPCs, without errors and nulls; ChainError if all of them fail."""
        said = [answers[0] for answers in await self.chain.client.rpc.opinions([call])]
        given = [item for item in said if item is not None and not isinstance(item, RpcError)]
        # Asked again, as RPCs that were left out or failed may answer now.
        return given or [await self.chain.client.request(call.how, *call.params)]

    async def _found(self, calls: Sequence[bytes], delivery: Delivery) -> Handed | None:
        # In a thread: the data may be large, and built to take long.
        different = list(dict.fromkeys(calls))
        return await asyncio.to_thread(find_among, different, delivery.message_id)

    def _tell_unreadable(self, delivery: Delivery, reason: str) -> None:
        """Alert once to a delivery no signer of which was found."""
        if delivery.message_id not in self._told:
            self._told.add(delivery.message_id)
            self.alerts.unattributed(self.chain.name, delivery, reason)

    async def _judged(
        self, court: Court, signed: Sequence[SignedCheckpoint], delivery: Delivery
    ) -> list[Sighting]:
        """Sightings of those signatures that are false."""
        if not signed:
            return []
        tree = court.tree
        client, hook = tree.chain.client, tree.chain.settings.merkle_tree_hook
        count = await client.call(hook, MerkleTreeHook.count)
        known = None if court.signers is None else set(await court.signers())
        found = []
        for item in signed:
            try:
                signer = item.signer
            except DecodeError:
                continue
            if known is not None and signer not in known:
                continue
            fault = judge(item, tree.tree, tree.hook)
            if fault is FaultKind.PREMATURE and item.checkpoint.index < count:
                raise ChainError(
                    f"{tree.chain.name}: leaf {item.checkpoint.index}, which a forged delivery"
                    " names, is not final yet"
                )
            if fault is not None:
                place = f"delivery {to_hex(delivery.tx_hash)}"
                found.append(Sighting(item, signer, place, fault))
        return found
