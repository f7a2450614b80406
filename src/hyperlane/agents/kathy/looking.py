"""Looking at the canaries on their way to one chain: are they signed, are they delivered?

A canary is *signed* when validators that reach the threshold of its recipient's security module
have published signatures of one checkpoint at its leaf, with its message id. Modules that want no
signatures have nothing to wait for.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.kathy.observations import Observations
from hyperlane.agents.relayer.metadata.modules import ModuleReader
from hyperlane.agents.relayer.metadata.redundancy import is_signed, validators_of
from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import TRANSIENT, all_ended
from hyperlane.chain.abi import Mailbox
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.store.canaries import Canary, CanaryKey, CanaryStore, Outcome

log = structlog.get_logger()

_PRECISION = 0.05
"""Part of a delay by which its measurement may be too long: storages are asked ever more rarely."""


@dataclass(slots=True, kw_only=True)
class Lookout:
    """Lookout for the canaries on their way to one chain."""

    chain: Chain
    recipient: Address
    canaries: CanaryStore
    signatures: Mapping[int, Signatures]
    """Signatures by origin, of the chains that are connected."""
    seen: Observations
    metrics: Metrics
    chain_name: Callable[[int], str]
    clock: Callable[[], float] = time.time
    _modules: ModuleReader = field(init=False)
    _next_looks: dict[CanaryKey, float] = field(default_factory=dict)
    """Time of the next look for signatures of a canary that had too few."""

    def __post_init__(self) -> None:
        self._modules = ModuleReader(self.chain)

    async def step(self) -> None:
        """Look at each dispatched canary once."""
        flying = await self.canaries.in_flight(self.chain.domain)
        sent = [(canary, canary.message) for canary in flying if canary.message is not None]
        await all_ended(*(self._look_for_signatures(*each) for each in sent))
        answers = await self.chain.client.call_each(
            self.chain.settings.mailbox,
            Mailbox.delivered,
            [message.id for _, message in sent],
            "latest",
        )
        for (canary, message), delivered in zip(sent, answers, strict=True):
            if delivered:
                await self._delivered(canary, message)

    async def _look_for_signatures(self, canary: Canary, message: Message) -> None:
        """Record that a canary is signed, or who is missing; a failure is ignored until next time.

        Delivery can be seen without signatures.
        """
        now = self.clock()
        if canary.signed_at is not None or canary.leaf_index is None:
            return
        if now < self._next_looks.get(canary.key, 0):
            return
        assert canary.dispatched_at is not None
        self._next_looks[canary.key] = now + (now - canary.dispatched_at) * _PRECISION
        try:
            missing = await self._missing(message, canary.leaf_index)
        except TRANSIENT as error:
            log.debug("canary.signatures_unknown", **self._of(canary), error=str(error))
            return
        if missing is None:
            self.seen.unsigned.pop(canary.key, None)
            return
        if missing:
            self.seen.unsigned[canary.key] = missing
            return
        now = self.clock()
        await self.canaries.change(canary.key, signed_at=now)
        self.seen.unsigned.pop(canary.key, None)
        self._next_looks.pop(canary.key, None)
        self._observe(canary, "signed", now)

    async def _missing(self, message: Message, leaf: int) -> str | None:
        """Tell in words who has not signed; an empty text if enough have, None if nobody has to."""
        signatures = self.signatures.get(message.origin)
        module_address = await self.chain.client.call(
            self.chain.settings.mailbox, Mailbox.recipient_ism, self.recipient
        )
        module = await self._modules.read(module_address, message)
        validators = validators_of(module)
        if not validators:
            return None
        if signatures is None:
            return f"{self.chain_name(message.origin)} is not connected yet"
        signed = await signatures.at(validators, leaf)
        for checkpoint, signers in signed.by_checkpoint.items():
            if checkpoint.message_id == message.id and is_signed(module, signers):
                return ""
        others = {
            validator: "signed another message"
            for checkpoint, signers in signed.by_checkpoint.items()
            if checkpoint.message_id != message.id
            for validator in signers
        }
        absent = {**signed.absent, **others}
        return "; ".join(
            f"{to_checksum(validator)}: {why or 'nothing for this leaf'}"
            for validator, why in absent.items()
        )

    async def _delivered(self, canary: Canary, message: Message) -> None:
        now = self.clock()
        await self.canaries.end(canary.key, Outcome.DELIVERED, now)
        self._observe(canary, "delivered", now)
        self.metrics.canaries_delivered.labels(*self._pair(canary)).inc()
        self.metrics.canary_success.labels(*self._pair(canary)).set(now)
        self.seen.forget(canary.key)
        self._next_looks.pop(canary.key, None)
        log.info(
            "canary.delivered",
            **self._of(canary),
            id=to_hex(message.id),
            seconds=round(now - canary.sent_at, 1),
        )

    def _observe(self, canary: Canary, stage: str, now: float) -> None:
        if canary.key in self.seen.fresh and canary.dispatched_at is not None:
            labels = (*self._pair(canary), stage)
            self.metrics.canary_seconds.labels(*labels).observe(now - canary.dispatched_at)

    def _pair(self, canary: Canary) -> tuple[str, str]:
        return self.chain_name(canary.origin), self.chain.name

    def _of(self, canary: Canary) -> dict[str, object]:
        origin, remote = self._pair(canary)
        return {"origin": origin, "destination": remote, "sequence": canary.sequence}
