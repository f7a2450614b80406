"""The first half of an attempt: from a message to metadata, for many messages side by side."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hyperlane.agents.relayer.delivery.mailbox_queries import delivered
from hyperlane.agents.relayer.delivery.outcomes import Outcomes
from hyperlane.agents.relayer.metadata import Metadata, MetadataBuilder
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.client import NoAnswer, RpcError, Unreachable
from hyperlane.errors import DecodeError
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
class Preparation:
    """For deliveries to one chain."""

    chain: Chain
    operations: OperationStore
    origins: Mapping[int, Origin]
    """By domain; those that are connected."""
    policy: RelayPolicy
    builder: MetadataBuilder
    outcomes: Outcomes
    metrics: Metrics

    async def sift(self, operations: Sequence[Operation]) -> list[Candidate]:
        """Those that can be delivered now, as far as it is cheap to see; others get their outcome.

        Unreachable when the chain does not answer: then nothing has changed.
        """
        allowed, ignored = _split(operations, lambda item: self.policy.allows(item.message))
        wanted, impossible = _split(allowed, lambda item: _why_impossible(item) is None)
        modules = await self._modules({item.message.recipient for item in wanted})
        final = await self.chain.client.final_block()
        ids = [item.message.id for item in wanted]
        done = await delivered(self.chain, ids, final)
        paid = await self.operations.paid_for(wanted)
        await self.outcomes.ignored(ignored)
        for item in impossible:
            await self.outcomes.impossible(item, _why_impossible(item) or "")
        await self.outcomes.already_delivered([item for item in wanted if item.message.id in done])
        candidates = []
        for item in wanted:
            message = item.message
            if message.id in done:
                continue
            module = modules[message.recipient]
            sum_paid = paid[message.id]
            try:
                if module is None:
                    await self.outcomes.without_code(item)
                    continue
                if isinstance(module, NotReady):
                    raise module
                self.policy.check(item, sum_paid, 0)
            except NotReady as error:
                await self.outcomes.retry(item, error.reason, error.detail)
            else:
                candidates.append(Candidate(item, module, sum_paid))
        return candidates

    async def metadata(self, candidate: Candidate) -> Metadata:
        """What its security module wants to see; NotReady while that does not exist."""
        message = candidate.operation.message
        origin = self.origins.get(message.origin)
        if origin is None:
            raise Unreachable(f"origin domain {message.origin} is not connected yet")
        context = self.policy.app_context(message)
        began, status = time.monotonic(), "failure"
        try:
            metadata = await self.builder.build(origin, message, candidate.module)
            status = "success"
        finally:
            labels = (context, origin.chain.name, self.chain.name, status)
            self.metrics.metadata_builds.labels(*labels).inc()
            self.metrics.metadata_seconds.labels(*labels).inc(time.monotonic() - began)
        return metadata

    async def _modules(self, recipients: set[Bytes32]) -> dict[Bytes32, Address | NotReady | None]:
        """Each recipient's security module, why there is none, or None where no code is."""
        found = await asyncio.gather(*map(self._module, recipients))
        return dict(zip(recipients, found, strict=True))

    async def _module(self, recipient: Bytes32) -> Address | NotReady | None:
        client = self.chain.client
        try:
            address = bytes32_to_address(recipient, "recipient")
            if not await client.has_code(address):
                return None
            module: Address = await client.call(
                self.chain.settings.mailbox, Mailbox.recipient_ism, address
            )
        except (RpcError, NoAnswer, DecodeError) as error:
            return NotReady(Reason.ERROR_FETCHING_ISM_ADDRESS, str(error))
        return module


def _why_impossible(operation: Operation) -> str | None:
    """Why no state of any chain lets a message be delivered; None for nearly all."""
    try:
        bytes32_to_address(operation.message.recipient, "recipient")
    except DecodeError as error:
        return str(error)
    return None


def _split(
    operations: Sequence[Operation], holds: Callable[[Operation], bool]
) -> tuple[list[Operation], list[Operation]]:
    """Those for which it holds, and the others."""
    held = [item for item in operations if holds(item)]
    ids = {item.message.id for item in held}
    return held, [item for item in operations if item.message.id not in ids]
