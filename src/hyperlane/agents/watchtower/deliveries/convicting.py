"""Conviction: the signatures in a forged delivery become sightings of false checkpoints.

From then on they are dealt with as signatures in a storage are: alerts, and a proof on the chain
where the stake is. Whoever forges need not publish anything, but has to show it to the destination.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.deliveries.calldata import Handed, find, find_in_trace
from hyperlane.agents.watchtower.deliveries.signatures import SignatureReader
from hyperlane.agents.watchtower.judging import FaultKind, judge
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import RpcError
from hyperlane.chain.ledger import calls_of, transaction_of
from hyperlane.errors import ChainError, DecodeError
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.typecasts import Bytes32, to_hex
from hyperlane.store.deliveries import Delivery, DeliveryStore
from hyperlane.store.sightings import Sighting, SightingStore

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Court:
    """What the signatures of one origin are judged by, and where the faults are kept."""

    tree: TrueTree
    sightings: SightingStore


@dataclass(slots=True)
class Convictor:
    """Reads the signatures out of the forged deliveries of one destination."""

    chain: Chain
    store: DeliveryStore
    courts: Mapping[int, Court]
    """By domain of the origin, as far as they are connected."""
    alerts: Alerts
    clock: Callable[[], float] = time.time
    _told: set[Bytes32] = field(default_factory=set)
    """Deliveries whose metadata could not be read, as people know."""

    async def step(self) -> None:
        """Convict the signers of every forged delivery. One that fails is retried, and delays no
        other."""
        failed = None
        for delivery in await self.store.to_convict():
            try:
                await self._convict(delivery)
            except ChainError as error:
                failed = error
        if failed is not None:
            raise failed

    async def _convict(self, delivery: Delivery) -> None:
        court = self.courts.get(delivery.origin)
        if court is None:
            raise ChainError(f"the origin {delivery.origin} of a forged delivery is not read yet")
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
        self.alerts.conviction(self.chain.name, delivery, false)

    async def _handed(self, delivery: Delivery) -> Handed | None:
        """The forged message and its metadata; None, and an alert, if they cannot be found."""
        client = self.chain.client
        sent = await client.request(transaction_of(delivery.tx_hash), to_hex(delivery.tx_hash))
        if sent is None:
            raise ChainError(
                f"{self.chain.name}: no transaction {to_hex(delivery.tx_hash)} is known"
            )
        handed = find(sent.input, delivery.message_id)
        if handed is not None:
            return handed
        try:
            calls = await client.request(
                calls_of(), to_hex(delivery.tx_hash), {"tracer": "callTracer"}
            )
        except RpcError as error:
            self._tell_unreadable(delivery, f"the node has no trace of it: {error}")
            return None
        found = find_in_trace(calls, delivery.message_id)
        if found is None:
            self._tell_unreadable(delivery, "no call of its trace hands it over")
        return found

    def _tell_unreadable(self, delivery: Delivery, reason: str) -> None:
        """Alert once; it is tried again as long as the watchtower runs."""
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
        found = []
        for item in signed:
            try:
                signer = item.signer
            except DecodeError:
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
