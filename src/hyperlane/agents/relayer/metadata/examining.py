"""Examination of a security module: whose signatures it takes, what else it requires, and its JSON.

A module's type and parts do not tell whether it is paused, trusts one relayer, or accepts any
message. So the module is called; `hyperlane.agents.relayer.metadata.redundancy` computes how many
signers it has to spare.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from hyperlane.agents.relayer.metadata.modules import (
    Aggregation,
    Module,
    ModuleReader,
    Multisig,
    Null,
    Unsatisfiable,
    Walk,
    trusted_relayer,
)
from hyperlane.agents.relayer.metadata.redundancy import (
    Redundancy,
    parts_of,
    redundancy_of,
    validators_of,
    without_paused,
)
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Function, SecurityModule
from hyperlane.chain.client import Unreachable
from hyperlane.checkpoints.announced import printable
from hyperlane.errors import ChainError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, to_checksum

LONGEST_PROBLEM = 400
"""Most characters of a problem's text."""
_DEEPEST, _MOST_SHOWN, _MOST_VALIDATORS_SHOWN = 16, 100, 200
"""Most levels, modules and validators that are shown of one module: a module that has itself as a
part would have no end."""
_NEVER_SENT = 2**32 - 1
"""Nonce that no Mailbox reaches."""


class Signer(Protocol):
    """A validator of a module, as it was last seen."""

    @property
    def live(self) -> bool:
        """True if it signed the newest leaf that is due."""

    @property
    def leaf(self) -> int | None:
        """Newest leaf of which a signature was verified; None if there is none."""

    @property
    def seen_at(self) -> float | None:
        """Time at which that signature was first seen, in Unix seconds."""

    @property
    def problem(self) -> str | None:
        """Reason for which its signatures could not be read or verified; None if there is none."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A module as it verifies one message."""

    root: Address
    walk: Walk
    module: Module
    """The module, in which parts that are paused count as impossible to satisfy."""
    relayers: Mapping[Address, Address]
    """The relayer that a part trusts, by the part's address."""
    open: Collection[Address]
    """Parts that accept any message."""

    @property
    def validators(self) -> tuple[Address, ...]:
        """All validators, each once."""
        return validators_of(self.module)

    @property
    def broken(self) -> str:
        """Reason for which no signatures satisfy a part; empty if there is no such part."""
        parts = parts_of(self.module)
        why = (part.why.detail for part in parts if isinstance(part, Unsatisfiable))
        return printable(next(why, ""), LONGEST_PROBLEM)

    def redundancy(self, signers: Mapping[Address, Signer]) -> Redundancy:
        """Compute how many live signers it has to spare."""
        live = [validator for validator, signer in signers.items() if signer.live]
        return redundancy_of(self.module, live, self.relayers, self.open)

    def to_json(
        self, signers: Mapping[Address, Signer], due: int | None, *, certain: bool
    ) -> dict[str, Any]:
        """The module and all its parts as JSON, with its redundancy. `delivers` and `critical` are
        null unless it is `certain` who is live."""
        found = self.redundancy(signers)
        return _Tree(self, signers).of(self.root, 0) | {
            "due": due,
            "delivers": found.delivers if certain else None,
            "critical": _spelled(found.critical) if certain else None,
            "alone": _spelled(found.alone),
            "open": found.open,
        }


@dataclass(slots=True)
class Examiner:
    """Examiner of modules of one chain."""

    chain: Chain
    _modules: ModuleReader = field(init=False)

    def __post_init__(self) -> None:
        self._modules = ModuleReader(self.chain)

    async def examine(self, root: Address, message: Message) -> Examined:
        """Read a module and its parts. Parts that want no metadata are called: whether they trust
        one relayer, are paused, or accept a message that nobody has sent."""
        walk = await self._modules.walk(root, message)
        relayers: dict[Address, Address] = {}
        paused, open_ = set[Address](), set[Address]()
        forged = replace(message, nonce=_NEVER_SENT).encode()
        parts = {part.address for part in parts_of(walk.module) if isinstance(part, Null)}
        for address in parts:
            relayer = await trusted_relayer(self.chain.client, address)
            if relayer is not None:
                relayers[address] = relayer
            elif await self._says(address, SecurityModule.paused):
                paused.add(address)
            elif await self._says(address, SecurityModule.verify, b"", forged):
                open_.add(address)
        return Examined(root, walk, without_paused(walk.module, paused), relayers, open_)

    async def _says(self, module: Address, function: Function, *arguments: object) -> bool:
        """True if a module returns true; False if it returns false, or its call fails."""
        try:
            return bool(await self.chain.client.call(module, function, *arguments))
        except Unreachable:
            raise
        except ChainError:
            return False


@dataclass(frozen=True, slots=True)
class _Tree:
    """Modules as JSON."""

    examined: Examined
    signers: Mapping[Address, Signer]
    _wanted: dict[Address, Module] = field(init=False, default_factory=dict)
    _shown: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self._wanted.update((each.address, each) for each in parts_of(self.examined.module))

    def of(self, address: Address, depth: int) -> dict[str, Any]:
        """One module with all its parts."""
        found, kind = self._wanted.get(address), self.examined.walk.kinds.get(address)
        self._shown["modules"] += 1
        threshold = found.threshold if isinstance(found, Multisig | Aggregation) else None
        relayer = self.examined.relayers.get(address)
        return {
            "address": to_checksum(address),
            "type": "unknown" if kind is None else kind.name.lower(),
            "threshold": threshold,
            "validators": list(self._signers_of(found)) if isinstance(found, Multisig) else [],
            "relayer": None if relayer is None else to_checksum(relayer),
            "problem": (
                printable(found.why.detail, LONGEST_PROBLEM)
                if isinstance(found, Unsatisfiable)
                else None
            ),
            "modules": list(self._below(address, depth)),
        }

    def _below(self, address: Address, depth: int) -> Iterator[dict[str, Any]]:
        for each in self.examined.walk.below.get(address, ()) if depth < _DEEPEST else ():
            if self._shown["modules"] < _MOST_SHOWN:
                yield self.of(each, depth + 1)

    def _signers_of(self, module: Multisig) -> Iterator[dict[str, Any]]:
        for validator, weight in zip(module.validators, module.weights, strict=True):
            self._shown["validators"] += 1
            if self._shown["validators"] > _MOST_VALIDATORS_SHOWN:
                return
            signer = self.signers[validator]
            yield {
                "address": to_checksum(validator),
                "weight": weight,
                "live": signer.live,
                "latestLeaf": signer.leaf,
                "latestTime": None if signer.seen_at is None else int(signer.seen_at),
                "problem": signer.problem,
            }


def _spelled(keys: frozenset[Address]) -> list[str]:
    return sorted(map(to_checksum, keys))
