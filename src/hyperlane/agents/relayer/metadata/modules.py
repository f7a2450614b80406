"""Finding out which security modules have to be satisfied for a message."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.relayer.ttl_cache import TtlCache
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Function, SecurityModule
from hyperlane.chain.client import Reverted, Unreachable
from hyperlane.errors import ChainError, DecodeError
from hyperlane.protocol.ccip_read import OffchainLookup
from hyperlane.protocol.ism_metadata import ModuleType
from hyperlane.protocol.message import Message
from hyperlane.protocol.signature import SIGNATURE_SIZE
from hyperlane.protocol.typecasts import Address, to_checksum

_MAX_DEPTH = 13
_MAX_MODULES = 100
_MAX_VALIDATORS = 50
_MAX_LOOKUP = 32 * 1024
_SETUP_TTL = 10.0

_MULTISIG_SIZE = {
    ModuleType.MESSAGE_ID_MULTISIG: 68,
    ModuleType.WEIGHTED_MESSAGE_ID_MULTISIG: 68,
    ModuleType.LEGACY_MULTISIG: 1092,
    ModuleType.MERKLE_ROOT_MULTISIG: 1096,
    ModuleType.WEIGHTED_MERKLE_ROOT_MULTISIG: 1096,
}
_WEIGHTED = (ModuleType.WEIGHTED_MESSAGE_ID_MULTISIG, ModuleType.WEIGHTED_MERKLE_ROOT_MULTISIG)


class Cost(NamedTuple):
    """For comparing modules: what it takes to get their metadata, then its bytes."""

    effort: int
    size: int


_FREE = Cost(0, 0)
_BRIDGE = Cost(3, 0)
_LOOKUP = Cost(4, 0)
_IMPOSSIBLE = Cost(5, 0)


@dataclass(frozen=True, slots=True)
class Null:
    """Takes empty metadata."""

    address: Address
    cost: Cost = _FREE


@dataclass(frozen=True, slots=True)
class Multisig:
    """Wants signatures of validators."""

    address: Address
    kind: ModuleType
    validators: tuple[Address, ...]
    """In the order in which they must sign."""
    weights: tuple[int, ...]
    threshold: int
    """Weight that it takes."""

    @property
    def cost(self) -> Cost:
        """A proof in a tree costs more than a signed id."""
        fixed = _MULTISIG_SIZE[self.kind]
        signatures = min(self.threshold, len(self.validators))
        return Cost(1 if fixed == 68 else 2, fixed + SIGNATURE_SIZE * signatures)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Sends relayers to a server."""

    address: Address
    cost: Cost = _LOOKUP


@dataclass(frozen=True, slots=True)
class ArbitrumChild:
    """Wants the proof that an Arbitrum chain sent something to its parent chain, this one."""

    address: Address
    cost: Cost = _BRIDGE


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Wants some of its parts satisfied: exactly `threshold`."""

    address: Address
    parts: tuple["Module", ...]
    threshold: int

    @property
    def cost(self) -> Cost:
        """That of its cheapest parts."""
        cheapest = sorted(part.cost for part in self.parts)[: self.threshold]
        return Cost(
            max((cost.effort for cost in cheapest), default=0),
            8 * len(self.parts) + sum(cost.size for cost in cheapest),
        )


@dataclass(frozen=True, slots=True)
class Impossible:
    """Nothing can be built for it."""

    address: Address
    why: NotReady
    cost: Cost = _IMPOSSIBLE


Module: TypeAlias = Null | Multisig | Lookup | ArbitrumChild | Aggregation | Impossible
"""What has to be satisfied. Routing modules do not occur: what they route to stands for them."""


@dataclass(slots=True)
class ModuleReader:
    """Asks the modules of one chain."""

    chain: Chain
    _setups: TtlCache[tuple[Address, Function, int], Any] = field(
        default_factory=lambda: TtlCache(_SETUP_TTL)
    )

    async def read(self, address: Address, message: Message) -> Module:
        """What `address` wants for `message`. Impossible instead of NotReady."""
        return await _Reading(self, message).read(address, 0)

    async def ask(self, module: Address, function: Function, *arguments: object) -> Any:
        """What a module answers now; NotReady when it does not."""
        try:
            return await self.chain.client.call(module, function, *arguments)
        except Unreachable:
            raise
        except ChainError as error:
            raise NotReady(Reason.ERROR_BUILDING_METADATA, str(error)) from None

    async def lookup(self, module: Lookup, message: Message) -> OffchainLookup:
        """Where a module sends relayers for metadata; NotReady when it does not say."""
        silent = f"{_name(module.address)} does not say where its metadata is:"
        try:
            await self.chain.client.call(
                module.address, SecurityModule.offchain_verify_info, message.encode()
            )
        except Reverted as error:
            # Each of many URLs may be the same long text in the data, over and over.
            if len(error.data) > _MAX_LOOKUP + 2 * len(message.encode()):
                raise _no_lookup(f"{silent} {len(error.data)} bytes are too much to say") from None
            try:
                lookup = OffchainLookup.decode(error.data)
            except DecodeError as problem:
                raise _no_lookup(f"{silent} {problem}") from None
        else:
            raise _no_lookup(f"{silent} getOffchainVerifyInfo returned instead of reverting")
        if lookup.sender != module.address:
            raise _no_lookup(
                f"{_name(module.address)} wants lookups for {to_checksum(lookup.sender)}"
            )
        return lookup

    async def setup(self, module: Address, function: Function, message: Message) -> Any:
        """What a module answered a moment ago for a message of the same origin.

        Should that have changed meanwhile, the delivery fails in its simulation and is tried again.
        """
        arguments = (message.encode(),) if function.inputs else ()
        return await self._setups.get_or_find(
            (module, function, message.origin), lambda: self.ask(module, function, *arguments)
        )


@dataclass(slots=True)
class _Reading:
    """One walk through the modules for one message."""

    reader: ModuleReader
    message: Message
    _modules: int = 0

    async def read(self, address: Address, depth: int) -> Module:
        try:
            return await self._read(address, depth)
        except NotReady as error:
            return Impossible(address, error)

    async def _read(self, address: Address, depth: int) -> Module:
        self._modules += 1
        if depth > _MAX_DEPTH:
            raise _broken(address, f"is nested deeper than {_MAX_DEPTH} levels")
        if self._modules > _MAX_MODULES:
            raise _broken(address, f"is one of more than {_MAX_MODULES} for one message")
        kind = await self._kind(address)
        if kind is ModuleType.NULL:
            return Null(address)
        if kind is ModuleType.CCIP_READ:
            return Lookup(address)
        if kind is ModuleType.ARB_L2_TO_L1:
            return ArbitrumChild(address)
        if kind is ModuleType.ROUTING:
            route = await self.reader.ask(address, SecurityModule.route, self.message.encode())
            return await self._read(route, depth + 1)
        if kind is ModuleType.AGGREGATION:
            return await self._aggregation(address, depth)
        if kind in _MULTISIG_SIZE:
            return await self._multisig(address, kind)
        raise NotReady(
            Reason.ERROR_GETTING_METADATA_BUILDER,
            f"{_name(address)} is of type {int(kind)} ({kind.name}), which is not supported",
        )

    async def _kind(self, address: Address) -> ModuleType:
        try:
            number = await self._setup(address, SecurityModule.module_type)
        except NotReady as error:
            raise NotReady(Reason.ERROR_GETTING_METADATA_BUILDER, error.detail) from None
        try:
            return ModuleType(number)
        except ValueError:
            raise NotReady(
                Reason.ERROR_GETTING_METADATA_BUILDER,
                f"{_name(address)} is of the unknown type {number}",
            ) from None

    async def _aggregation(self, address: Address, depth: int) -> Aggregation:
        modules, threshold = await self._setup(address, SecurityModule.modules_and_threshold)
        if len(modules) > _MAX_MODULES:
            raise _broken(address, f"has {len(modules)} modules, more than {_MAX_MODULES}")
        if not 0 < threshold <= len(modules):
            raise _broken(address, f"wants {threshold} of {len(modules)} modules, which cannot be")
        parts = await asyncio.gather(*(self.read(module, depth + 1) for module in modules))
        return Aggregation(address, tuple(parts), threshold)

    async def _multisig(self, address: Address, kind: ModuleType) -> Multisig:
        if kind in _WEIGHTED:
            function = SecurityModule.validators_and_threshold_weight
            weighted, threshold = await self._setup(address, function)
            validators = tuple(validator for validator, _ in weighted)
            weights = tuple(weight for _, weight in weighted)
        else:
            function = SecurityModule.validators_and_threshold
            validators, threshold = await self._setup(address, function)
            validators, weights = tuple(validators), (1,) * len(validators)
        if len(validators) > _MAX_VALIDATORS:
            raise _broken(address, f"has {len(validators)} validators, more than {_MAX_VALIDATORS}")
        if not 0 < threshold <= sum(weights):
            unit = "weight " if kind in _WEIGHTED else ""
            raise _broken(address, f"wants {unit}{threshold} of {sum(weights)}, which cannot be")
        return Multisig(address, kind, validators, weights, threshold)

    async def _setup(self, address: Address, function: Function) -> Any:
        return await self.reader.setup(address, function, self.message)


def _name(address: Address) -> str:
    return f"security module {to_checksum(address)}"


def _no_lookup(why: str) -> NotReady:
    return NotReady(Reason.COULD_NOT_FETCH_METADATA, why)


def _broken(address: Address, what: str) -> NotReady:
    return NotReady(Reason.ERROR_BUILDING_METADATA, f"{_name(address)} {what}")
