"""Checks that messages between two chains can be verified: modules, validators, storages."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

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
from hyperlane.agents.runtime.announcements import Announcements
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Function, Mailbox
from hyperlane.checkpoints.announced import AnnouncedLocation
from hyperlane.checkpoints.storage import CheckpointReader
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ChainError, DecodeError, StorageError
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum
from hyperlane.setup.chain_checks import ChainState
from hyperlane.setup.checks import Check

_SECONDS = 10.0
_LOCATIONS = 3
"""Newest locations of a validator that are read, as by the relayer."""
_PAUSE = 0.5
_TRUSTED_RELAYER = Function("trustedRelayer()", ("address",))
NOBODY = Address(bytes(20))
"""A recipient without a module of its own: the Mailbox's default verifies."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Messages from one chain to a recipient on another."""

    origin: ChainState
    destination: ChainState
    recipient: Address = NOBODY
    sender: Address = NOBODY

    @property
    def name(self) -> str:
        """The lane in words."""
        text = f"{self.origin.settings.name} to {self.destination.settings.name}"
        return text if self.recipient == NOBODY else f"{text}, {to_checksum(self.recipient)}"


@dataclass(slots=True)
class SignatureChecks:
    """Looks at who has to sign messages, and whether they do."""

    allow_local: bool
    web: Web
    relayer: dict[str, Address] = field(default_factory=dict)
    """The account that delivers, by chain, as far as it is known."""
    patience: float = 5.0
    """Seconds that validators get to sign the newest leaves."""
    _seen: dict[tuple[str, Address], asyncio.Task[tuple[bool, str]]] = field(default_factory=dict)

    async def check(self, lane: Lane) -> Check:
        """Check that messages of a lane can be verified."""
        subject = f"{lane.name}: verification"
        destination = lane.destination
        message = Message(
            version=VERSION,
            nonce=0,
            origin=lane.origin.settings.domain_id,
            sender=address_to_bytes32(lane.sender),
            destination=destination.settings.domain_id,
            recipient=address_to_bytes32(lane.recipient),
            body=b"",
        )
        try:
            address = await destination.client.call(
                destination.settings.mailbox, Mailbox.recipient_ism, lane.recipient
            )
            module = await ModuleReader(Chain(destination.settings, destination.client)).read(
                address, message
            )
            passed, found = await self._judge(module, lane)
        except ChainError as error:
            return Check(False, subject, str(error), "look at the node, and at the recipient")
        remedy = (
            "start the validators that are missing, or look at what they say; who has to sign is"
            f" decided by the security module on {destination.settings.name}"
        )
        return Check(passed, subject, f"module {to_checksum(address)}: {found}", remedy)

    async def _judge(self, module: Module, lane: Lane) -> tuple[bool, str]:
        match module:
            case Multisig():
                return await self._multisig(module, lane.origin)
            case Aggregation():
                parts = await asyncio.gather(*(self._judge(part, lane) for part in module.parts))
                good = sum(passed for passed, _ in parts)
                texts = "; ".join(text for _, text in parts)
                return good >= module.threshold, f"{module.threshold} of these: {texts}"
            case Null():
                return await self._null(module, lane)
            case Lookup():
                return True, "asks servers for the metadata"
            case ArbitrumChild():
                return True, "waits for the rollup's own bridge"
            case Unsatisfiable():
                return False, module.why.detail

    async def _null(self, module: Null, lane: Lane) -> tuple[bool, str]:
        destination = lane.destination
        try:
            trusted = await destination.client.call(module.address, _TRUSTED_RELAYER)
        except ChainError:
            return True, "no signatures are needed"
        relayer = self.relayer.get(destination.settings.name)
        if relayer is None or relayer == trusted:
            return True, f"believes the relayer {to_checksum(trusted)}, without signatures"
        return False, (
            f"believes the relayer {to_checksum(trusted)} alone, and this one is"
            f" {to_checksum(relayer)}: use that key, or a module with validators"
        )

    async def _multisig(self, module: Multisig, origin: ChainState) -> tuple[bool, str]:
        states = await asyncio.gather(*(self.signed(each, origin) for each in module.validators))
        weight = sum(
            weight for weight, (passed, _) in zip(module.weights, states, strict=True) if passed
        )
        bad = [
            f"{to_checksum(validator)} {text}"
            for validator, (passed, text) in zip(module.validators, states, strict=True)
            if not passed
        ]
        found = f"{weight} of {sum(module.weights)} sign all {origin.leaves} leaves"
        needed = f", {module.threshold} needed"
        return weight >= module.threshold, "; ".join([f"{found}{needed}", *bad])

    async def signed(self, validator: Address, origin: ChainState) -> tuple[bool, str]:
        """Tell whether a validator of a chain has signed its whole tree, and in words how far."""
        key = origin.settings.name, validator
        if key not in self._seen:
            self._seen[key] = asyncio.ensure_future(self._signed(validator, origin))
        return await self._seen[key]

    async def _signed(self, validator: Address, origin: ChainState) -> tuple[bool, str]:
        reader = Announcements(Chain(origin.settings, origin.client))
        try:
            locations = (await reader.of([validator]))[validator]
        except ChainError as error:
            return False, str(error)
        if isinstance(locations, ChainError):
            return False, str(locations)
        if not locations:
            return False, "has announced no storage"
        return await self.last_checkpoint(locations[:_LOCATIONS], validator, origin)

    async def last_checkpoint(
        self, locations: Sequence[str], validator: Address, origin: ChainState
    ) -> tuple[bool, str]:
        """Look for a validator's signature on the last leaf in its storages, newest first."""
        problem = ""
        for location in locations:
            storage = AnnouncedLocation(location, self.allow_local, self.web)
            try:
                return await self._await_last(storage, validator, origin)
            except StorageError as error:
                problem = problem or str(error)
        return False, f"has a storage that cannot be read: {problem}"

    async def _await_last(
        self, storage: AnnouncedLocation, validator: Address, origin: ChainState
    ) -> tuple[bool, str]:
        """The last checkpoint of a storage against the tree; StorageError."""
        waited = 0.0
        while True:
            if await storage.read(_is_flagged, _SECONDS):
                return False, "stopped after a reorg"
            latest = await storage.read(_latest, _SECONDS)
            signed = 0 if latest is None else latest + 1
            if signed >= origin.leaves or waited >= self.patience:
                break
            await asyncio.sleep(_PAUSE)
            waited += _PAUSE
        if signed < origin.leaves:
            return False, f"has signed {signed} of {origin.leaves} leaves"
        if not origin.leaves:
            return True, "has nothing to sign yet"
        last = origin.leaves - 1
        stored = await storage.read(lambda reader: reader.checkpoint(last), _SECONDS)
        try:
            signer = None if stored is None else stored.signer
        except DecodeError as error:
            raise StorageError(str(error)) from None
        hook = address_to_bytes32(origin.settings.merkle_tree_hook)
        if stored is None or signer != validator:
            return False, f"has no valid signature on leaf {last}"
        if stored.checkpoint.merkle_tree_hook != hook:
            return False, f"signs for another tree, 0x{stored.checkpoint.merkle_tree_hook.hex()}"
        return True, f"has signed all {origin.leaves} leaves"


async def _latest(reader: CheckpointReader) -> int | None:
    return await reader.latest_index()


async def _is_flagged(reader: CheckpointReader) -> bool:
    return await reader.has_reorg_flag()
