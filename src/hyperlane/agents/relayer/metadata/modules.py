"""Reading which security modules have to be satisfied for a message."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.ttl_cache import TtlCache
from hyperlane.chain.abi import Function, SecurityModule
from hyperlane.chain.client import ChainClient, Reverted, Unreachable
from hyperlane.errors import ChainError, DecodeError
from hyperlane.protocol.ccip_read import OffchainLookup
from hyperlane.protocol.ism_metadata import ModuleType
from hyperlane.protocol.message import Message
from hyperlane.protocol.signature import SIGNATURE_SIZE
from hyperlane.protocol.typecasts import ZERO_ADDRESS, Address, to_checksum

# A recipient's owner chooses its modules, so whatever is read for one message has a bound.
_MAX_DEPTH = 13
_MAX_MODULES = 100
_MAX_VALIDATORS = 50
_MAX_LOOKUP = 32 * 1024
_MOST_ANSWER = 32 * 1024
"""Bytes of one answer: more than so many modules and validators take."""
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
    """How hard a module is to satisfy; the smaller is preferred."""

    effort: int
    """Rank of the kind of module; compared first."""
    size: int
    """Bytes of metadata."""


_FREE = Cost(0, 0)
_BRIDGE = Cost(3, 0)
_LOOKUP = Cost(4, 0)
_IMPOSSIBLE = Cost(5, 0)


@dataclass(frozen=True, slots=True)
class Null:
    """Module that takes empty metadata."""

    address: Address
    cost: Cost = _FREE


@dataclass(frozen=True, slots=True)
class Multisig:
    """Module that wants signatures of validators."""

    address: Address
    kind: ModuleType
    validators: tuple[Address, ...]
    """Validators in the order that their signatures must have."""
    weights: tuple[int, ...]
    threshold: int
    """Sum of weights that has to sign."""

    @property
    def cost(self) -> Cost:
        """Cost of the fewest signatures; a merkle proof ranks behind a signed message id."""
        fixed = _MULTISIG_SIZE[self.kind]
        signatures = min(self.threshold, len(self.validators))
        return Cost(1 if fixed == 68 else 2, fixed + SIGNATURE_SIZE * signatures)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Module that names servers for its metadata (CCIP-Read)."""

    address: Address
    cost: Cost = _LOOKUP


@dataclass(frozen=True, slots=True)
class ArbitrumChild:
    """Module that wants the proof of an L2-to-L1 message of an Arbitrum chain to this chain."""

    address: Address
    cost: Cost = _BRIDGE


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Module that wants exactly `threshold` of its parts satisfied."""

    address: Address
    parts: tuple["Module", ...]
    threshold: int

    @property
    def cost(self) -> Cost:
        """Cost of the cheapest parts that reach the threshold."""
        cheapest = sorted(part.cost for part in self.parts)[: self.threshold]
        return Cost(
            max((cost.effort for cost in cheapest), default=0),
            8 * len(self.parts) + sum(cost.size for cost in cheapest),
        )


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """Module for which no metadata can be built."""

    address: Address
    why: NotReady
    cost: Cost = _IMPOSSIBLE


Module: TypeAlias = Null | Multisig | Lookup | ArbitrumChild | Aggregation | Unsatisfiable
"""A module to satisfy. Routing modules do not occur: the one that they route to replaces them."""


@dataclass(frozen=True, slots=True)
class Walk:
    """All that was read for one message, for people who ask which way it goes."""

    module: Module
    kinds: Mapping[Address, ModuleType]
    """Kinds of all modules on the way, as far as they say."""
    below: Mapping[Address, tuple[Address, ...]]
    """Parts of each aggregation, and the one module that a routing module routes to."""


@dataclass(slots=True)
class ModuleReader:
    """Reads the modules of one chain."""

    chain: Chain
    usable: float = 0.0
    """Seconds for which an answer of before is taken while the module is asked again."""
    _setups: TtlCache[tuple[Address, Function, int], Any] = field(init=False)

    def __post_init__(self) -> None:
        self._setups = TtlCache(_SETUP_TTL, usable=self.usable)

    async def read(self, address: Address, message: Message, *, anew: bool = False) -> Module:
        """Read what `address` wants for `message`; Unsatisfiable in place of a NotReady.

        `anew`: without answers that have expired.
        """
        return (await self.walk(address, message, anew=anew)).module

    async def walk(self, address: Address, message: Message, *, anew: bool = False) -> Walk:
        """Read the same, and keep the routing modules on the way."""
        reading = _Reading(self, message, anew)
        module = await reading.read(address, 0)
        return Walk(module, reading.kinds, reading.below)

    async def ask(self, module: Address, function: Function, *arguments: object) -> Any:
        """Call a module; NotReady when the call fails."""
        try:
            return await self.chain.client.call(module, function, *arguments, most=_MOST_ANSWER)
        except Unreachable:
            raise
        except ChainError as error:
            raise NotReady(Reason.ERROR_BUILDING_METADATA, str(error)) from None

    async def lookup(self, module: Lookup, message: Message) -> OffchainLookup:
        """Read the servers that a module names; NotReady when it names none."""
        silent = f"{_name(module.address)} does not say where its metadata is:"
        try:
            await self.chain.client.call(
                module.address, SecurityModule.offchain_verify_info, message.encode()
            )
        except Reverted as error:
            # Checked before decoding: by ABI offsets, many URLs can share the same long text, so
            # little data could become very much.
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

    async def setup(
        self, module: Address, function: Function, message: Message, *, anew: bool = False
    ) -> Any:
        """Call a module, or take its answer of before for a message of the same origin.

        If the answer has changed since, the delivery fails in its simulation and is retried, then
        `anew`: with an answer of a moment ago at most.
        """
        arguments = (message.encode(),) if function.inputs else ()
        key = module, function, message.origin
        if anew:
            self._setups.forget_expired(key)
        return await self._setups.get_or_find(key, lambda: self.ask(module, function, *arguments))


async def trusted_relayer(client: ChainClient, module: Address) -> Address | None:
    """Read the relayer that a module without metadata trusts alone; None if it is none of these."""
    try:
        found: Address = await client.call(
            module, SecurityModule.trusted_relayer, most=_MOST_ANSWER
        )
    except Unreachable:
        raise
    except ChainError:
        return None
    return None if found == ZERO_ADDRESS else found


@dataclass(slots=True)
class _Reading:
    """One walk through the modules of one message, counting them."""

    reader: ModuleReader
    message: Message
    anew: bool
    kinds: dict[Address, ModuleType] = field(default_factory=dict)
    below: dict[Address, tuple[Address, ...]] = field(default_factory=dict)
    _modules: int = 0

    async def read(self, address: Address, depth: int) -> Module:
        try:
            return await self._read(address, depth)
        except NotReady as error:
            return Unsatisfiable(address, error)

    async def _read(self, address: Address, depth: int) -> Module:
        self._modules += 1
        if depth > _MAX_DEPTH:
            raise _broken(address, f"is nested deeper than {_MAX_DEPTH} levels")
        if self._modules > _MAX_MODULES:
            raise _broken(address, f"is one of more than {_MAX_MODULES} for one message")
        kind = self.kinds[address] = await self._kind(address)
        if kind is ModuleType.NULL:
            return Null(address)
        if kind is ModuleType.CCIP_READ:
            return Lookup(address)
        if kind is ModuleType.ARB_L2_TO_L1:
            return ArbitrumChild(address)
        if kind is ModuleType.ROUTING:
            route = await self.reader.ask(address, SecurityModule.route, self.message.encode())
            self.below[address] = (route,)
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
        self.below[address] = tuple(modules)
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
        return await self.reader.setup(address, function, self.message, anew=self.anew)


def _name(address: Address) -> str:
    return f"security module {to_checksum(address)}"


def _no_lookup(why: str) -> NotReady:
    return NotReady(Reason.COULD_NOT_FETCH_METADATA, why)


def _broken(address: Address, what: str) -> NotReady:
    return NotReady(Reason.ERROR_BUILDING_METADATA, f"{_name(address)} {what}")
