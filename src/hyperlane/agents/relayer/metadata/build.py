"""Building the metadata that satisfies a message's security modules."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from hyperlane.agents.relayer.metadata.arbitrum import ArbitrumProofs
from hyperlane.agents.relayer.metadata.dry_run import DryRun
from hyperlane.agents.relayer.metadata.lookups import Lookups
from hyperlane.agents.relayer.metadata.modules import (
    Aggregation,
    ArbitrumChild,
    Lookup,
    Module,
    ModuleReader,
    Multisig,
    Null,
    Unsatisfiable,
)
from hyperlane.agents.relayer.metadata.multisig import Multisigs
from hyperlane.agents.relayer.metadata.parts import Aggregate, Fixed, Metadata, Proven
from hyperlane.agents.relayer.origin.provable import Provable
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.client import Unreachable
from hyperlane.errors import ChainError, TreeError
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import MerkleRootMultisigMetadata
from hyperlane.protocol.typecasts import Address

_USABLE = 3600.0
"""Seconds for which what is known of a module saves a delivery the round trips to read it."""
_MAX_SIZE = 100_000
"""Bytes; nodes take no transactions of more than 128 KiB."""


@dataclass(slots=True)
class MetadataBuilder:
    """Builds metadata for messages to one chain."""

    destination: Chain
    relayer: Address
    """Address that will deliver: some modules accept no other caller."""
    lookups: Lookups
    multisigs: Multisigs
    time_limit: float = 120.0
    """Seconds for one message: servers that strangers' modules name may be slow on purpose."""
    modules: ModuleReader = field(init=False)
    dry_run: DryRun = field(init=False)
    arbitrum: ArbitrumProofs = field(init=False)

    def __post_init__(self) -> None:
        self.modules = ModuleReader(self.destination, _USABLE)
        self.dry_run = DryRun(self.destination, self.relayer)
        self.arbitrum = ArbitrumProofs(self.modules)

    async def build(
        self, origin: Provable, message: Message, module: Address, *, anew: bool = False
    ) -> Metadata:
        """Metadata that should satisfy `module`; it is encoded later, alone or in a batch.

        `anew`: an attempt before failed, perhaps because what was known of the module or of its
        validators had changed, so that only what was read a moment ago is taken.
        NotReady when something is missing, and says what. Unreachable when a chain does not answer.
        """
        try:
            async with asyncio.timeout(self.time_limit):
                wanted = await self.modules.read(module, message, anew=anew)
                metadata = await _Build(self, origin, message, anew).satisfy(wanted)
        except Unreachable:
            raise
        except TimeoutError:
            raise NotReady(
                Reason.COULD_NOT_FETCH_METADATA, f"was not there within {self.time_limit:g} s"
            ) from None
        except (ChainError, TreeError) as error:
            raise NotReady(Reason.ERROR_BUILDING_METADATA, str(error)) from None
        size = len(metadata.encode())
        if size > _MAX_SIZE:
            raise NotReady(
                Reason.ERROR_BUILDING_METADATA,
                f"the metadata has {size} bytes, more than {_MAX_SIZE}",
            )
        return metadata


@dataclass(frozen=True, slots=True)
class _Build:
    """One attempt to build metadata for one message."""

    builder: MetadataBuilder
    origin: Provable
    message: Message
    anew: bool

    async def satisfy(self, module: Module) -> Metadata:
        match module:
            case Null():
                return Fixed(b"")
            case Multisig():
                return await self._multisig(module)
            case Lookup():
                return Fixed(await self._lookup(module))
            case ArbitrumChild():
                proofs = self.builder.arbitrum
                return Fixed(await proofs.build(module, self.origin, self.message))
            case Aggregation():
                return await self._aggregation(module)
            case Unsatisfiable():
                raise module.why

    async def _multisig(self, module: Multisig) -> Metadata:
        if self.anew:
            self.origin.signatures.forget_expired(module.validators)
        metadata = await self.builder.multisigs.build(module, self.origin, self.message)
        if isinstance(metadata, MerkleRootMultisigMetadata) and (
            await self.builder.dry_run.remembers(module.address, metadata, self.message)
        ):
            return Proven(module.address, self.message, metadata)
        return Fixed(metadata.encode())

    async def _lookup(self, module: Lookup) -> bytes:
        lookup = await self.builder.modules.lookup(module, self.message)
        dispatched = await self.origin.messages.get(self.message.nonce)
        tx_hash = None if dispatched is None else dispatched.tx_hash
        return await self.builder.lookups.fetch(lookup, tx_hash)

    async def _aggregation(self, module: Aggregation) -> Metadata:
        """Metadata for `threshold` of the parts: the cheapest, and others for those that fail.

        As many parts are tried at once as are still missing: no metadata is fetched needlessly.
        """
        waiting = sorted(range(len(module.parts)), key=lambda place: module.parts[place].cost)
        satisfied: dict[int, Metadata] = {}
        failures: list[NotReady] = []
        while len(satisfied) < module.threshold:
            if not waiting:
                raise _sum_up(failures, len(satisfied), module.threshold)
            wanted = module.threshold - len(satisfied)
            now, waiting = waiting[:wanted], waiting[wanted:]
            results = await asyncio.gather(
                *(self._part(module.parts[place]) for place in now), return_exceptions=True
            )
            for place, result in zip(now, results, strict=True):
                if isinstance(result, NotReady):
                    failures.append(result)
                elif isinstance(result, BaseException):
                    raise result
                else:
                    satisfied[place] = result
        return Aggregate([satisfied.get(place) for place in range(len(module.parts))])

    async def _part(self, module: Module) -> Metadata:
        """Metadata for a part of an aggregation, after a dry run in which the part accepted it.

        One part that refuses would fail the whole aggregation, though another could replace it.
        """
        metadata = await self.satisfy(module)
        await self.builder.dry_run.check(module.address, metadata.encode(), self.message)
        return metadata


def _sum_up(failures: Sequence[NotReady], ready: int, threshold: int) -> NotReady:
    """Sum up why an aggregation is not ready.

    It waits for signatures if those would be enough; that reason is retried within seconds.
    """
    waiting = [item for item in failures if item.reason is Reason.AWAITING_VALIDATOR_SIGNATURES]
    reason = (
        Reason.AWAITING_VALIDATOR_SIGNATURES
        if ready + len(waiting) >= threshold
        else Reason.COULD_NOT_FETCH_METADATA
    )
    details = "; ".join(item.detail for item in failures)
    return NotReady(reason, f"{ready} of {threshold} aggregated modules are ready: {details}")
