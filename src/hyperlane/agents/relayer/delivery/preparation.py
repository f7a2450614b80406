"""The first half of an attempt: from a message to its metadata, for many messages at once."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from hyperlane.agents.relayer.delivery.batching import MARGIN
from hyperlane.agents.relayer.delivery.mailbox_queries import delivered
from hyperlane.agents.relayer.delivery.verdicts import (
    DeliveredBefore,
    Ignored,
    Impossible,
    Parked,
    Postponed,
    Retry,
    Verdict,
)
from hyperlane.agents.relayer.metadata import Metadata, MetadataBuilder
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import TRIES_WITHOUT_CODE, NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import TRANSIENT, all_ended
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.client import Consensus, NoAnswer, RpcError, Unreachable
from hyperlane.errors import DatabaseError, DecodeError
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Address, Bytes32, bytes32_to_address
from hyperlane.store.operations import Operation, OperationStore
from hyperlane.store.payments import GasPaid


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery that is worth building metadata for."""

    operation: Operation
    module: Address
    """The recipient's security module."""
    paid: GasPaid


@dataclass(frozen=True, slots=True)
class Sifted:
    """Deliveries that go on, and the verdicts on all others."""

    candidates: Sequence[Candidate]
    verdicts: Sequence[Verdict]


@dataclass(frozen=True)
class Prepared:
    """A delivery with its metadata."""

    candidate: Candidate
    metadata: Metadata

    @cached_property
    def data(self) -> bytes:
        """Data of a transaction that delivers it alone."""
        message = self.candidate.operation.message
        return Mailbox.process.encode(self.metadata.encode(), message.encode())

    @property
    def fragile(self) -> bool:
        """True if a delivery of this message failed in a block: from then on it goes alone."""
        operation = self.candidate.operation
        return operation.failures > 0 or operation.reason == Reason.REVERTED_OR_REORGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """Prepares deliveries to one chain."""

    chain: Chain
    operations: OperationStore
    origins: Mapping[int, Origin]
    """Connected origins by domain."""
    policy: RelayPolicy
    builder: MetadataBuilder
    metrics: Metrics
    warm_up: Callable[[], Coroutine[Any, Any, None]]
    """Reads ahead what the submission takes."""

    async def sift(self, operations: Sequence[Operation]) -> Sifted:
        """Find the deliveries that can be made now, as far as that is cheap to see.

        Unreachable when the chain does not answer.
        """
        allowed, ignored = _split(operations, lambda item: self.policy.allows(item.message))
        wanted, impossible = _split(allowed, lambda item: _why_impossible(item) is None)
        modules, known, _ = await all_ended(
            self._modules({item.message.recipient for item in wanted}),
            self._delivered([item.message.id for item in wanted]),
            self.warm_up(),
        )
        missing, before = _split(wanted, lambda item: item.message.id not in known)
        paid = await self.operations.paid_for(missing)
        judged = [
            self._judge(item, modules[item.message.recipient], paid[item.message.id])
            for item in missing
        ]
        return Sifted(
            [item for item in judged if isinstance(item, Candidate)],
            [
                Ignored(ignored),
                *(Impossible(item, _why_impossible(item) or "") for item in impossible),
                DeliveredBefore(before),
                *(item for item in judged if not isinstance(item, Candidate)),
            ],
        )

    def _judge(
        self, operation: Operation, module: Address | NotReady | None, paid: GasPaid
    ) -> Candidate | Parked | Retry:
        if module is None:
            return _without_code(operation)
        try:
            if isinstance(module, NotReady):
                raise module
            self.policy.check(operation, paid, 0, MARGIN)
        except NotReady as error:
            return Retry(operation, error.reason, error.detail)
        return Candidate(operation, module, paid)

    async def build(self, candidate: Candidate) -> Prepared | Retry | Postponed:
        """Build the metadata that the security module wants."""
        operation = candidate.operation
        try:
            return Prepared(candidate, await self._metadata(candidate))
        except NotReady as error:
            return Retry(operation, error.reason, error.detail)
        except Unreachable as error:
            return Postponed([operation], str(error))
        except DatabaseError:
            raise
        except Exception as error:
            # Strangers choose the message and its modules: what they manage to break here must
            # cost their message an attempt and not end the relayer.
            defect = None if isinstance(error, TRANSIENT) else error
            return Retry(operation, Reason.ERROR_BUILDING_METADATA, repr(error), defect=defect)

    async def _metadata(self, candidate: Candidate) -> Metadata:
        message = candidate.operation.message
        origin = self.origins.get(message.origin)
        if origin is None:
            raise Unreachable(f"origin domain {message.origin} is not connected yet")
        context = self.policy.app_context(message)
        began, status = time.monotonic(), "failure"
        try:
            tried = candidate.operation.reason is not None
            metadata = await self.builder.build(origin, message, candidate.module, anew=tried)
            status = "success"
        finally:
            labels = (context, origin.chain.name, self.chain.name, status)
            self.metrics.metadata_builds.labels(*labels).inc()
            self.metrics.metadata_seconds.labels(*labels).inc(time.monotonic() - began)
        return metadata

    async def _delivered(self, ids: Sequence[Bytes32]) -> set[Bytes32]:
        """Messages that are delivered as of the final block.

        Nearly none is, so the latest block is asked first: that takes no round trip to find the
        final one. Where URLs have to agree, only a block with a number will do.
        """
        client = self.chain.client
        if client.consensus in (Consensus.SINGLE, Consensus.FALLBACK):
            ids = list(await delivered(self.chain, ids, "latest"))
        return await delivered(self.chain, ids, await client.final_block()) if ids else set()

    async def _modules(self, recipients: set[Bytes32]) -> dict[Bytes32, Address | NotReady | None]:
        """Look up each recipient's module: its address, the error, or None without code there."""
        found = await asyncio.gather(*map(self._module, recipients))
        return dict(zip(recipients, found, strict=True))

    async def _module(self, recipient: Bytes32) -> Address | NotReady | None:
        client, mailbox = self.chain.client, self.chain.settings.mailbox
        try:
            address = bytes32_to_address(recipient, "recipient")
            # At once, and apart from other recipients: strangers' contracts can take their time.
            found: tuple[Any, Any] = await asyncio.gather(
                client.has_code(address),
                client.call(mailbox, Mailbox.recipient_ism, address),
                return_exceptions=True,
            )
        except DecodeError as error:
            return NotReady(Reason.ERROR_FETCHING_ISM_ADDRESS, str(error))
        has_code, module = found
        if has_code is False:
            return None
        for answer in found:
            # Unreachable, too: nodes give up on contracts that take long. Others must not wait for
            # that one, and where the chain is down `_delivered` says so.
            if isinstance(answer, RpcError | NoAnswer | DecodeError | Unreachable):
                return NotReady(Reason.ERROR_FETCHING_ISM_ADDRESS, str(answer))
            if isinstance(answer, BaseException):
                raise answer
        return cast(Address, module)


def _without_code(operation: Operation) -> Parked | Retry:
    """Park a delivery after several answers in a row that there is no code at its recipient.

    One answer proves little: the node may lag, and the contract may be deployed later.
    """
    reason, detail = Reason.RECIPIENT_NOT_CONTRACT, "no contract at the recipient"
    if operation.reason != reason or operation.retries + 1 < TRIES_WITHOUT_CODE:
        return Retry(operation, reason, detail)
    return Parked(operation, reason, f"{detail} so far")


def _why_impossible(operation: Operation) -> str | None:
    """Why no state of any chain lets a message be delivered; None for nearly all messages."""
    try:
        bytes32_to_address(operation.message.recipient, "recipient")
    except DecodeError as error:
        return str(error)
    return None


def _split(
    operations: Sequence[Operation], holds: Callable[[Operation], bool]
) -> tuple[list[Operation], list[Operation]]:
    """Operations for which a condition holds, and the others."""
    held = [item for item in operations if holds(item)]
    ids = {item.message.id for item in held}
    return held, [item for item in operations if item.message.id not in ids]
