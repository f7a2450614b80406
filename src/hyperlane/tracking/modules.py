"""The way through a recipient's security modules, with who signed what."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from hyperlane.agents.relayer.metadata.modules import (
    Aggregation,
    Multisig,
    Null,
    Unsatisfiable,
    Walk,
    trusted_relayer,
)
from hyperlane.agents.relayer.metadata.modules import Module as Wanted
from hyperlane.agents.relayer.metadata.redundancy import parts_of
from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.runtime.chain import Chain
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.tracking.report import Leaf, Module, Signer

_DEEPEST, _MOST = 16, 100
"""Levels and number of modules that are shown: one that has itself as a part has no end."""


@dataclass(frozen=True, slots=True)
class PathReader:
    """Reads the way of one message."""

    destination: Chain
    signatures: Signatures
    leaf: Leaf | None
    message_id: Bytes32
    _shown: Counter[Address] = field(init=False, default_factory=Counter)

    async def read(self, root: Address, walk: Walk) -> Module:
        """The tree of modules below `root`."""
        wanted = {each.address: each for each in parts_of(walk.module)}
        return await self._read(root, walk, wanted, 0)

    async def _read(
        self, address: Address, walk: Walk, wanted: dict[Address, Wanted], depth: int
    ) -> Module:
        self._shown[address] += 1
        kind = walk.kinds[address].name.lower() if address in walk.kinds else "unknown"
        found = wanted.get(address)
        if isinstance(found, Multisig):
            signers = await self._signers(found)
            return Module(address, kind, threshold=found.threshold, signers=signers)
        below = []
        for each in walk.below.get(address, ()) if depth < _DEEPEST else ():
            if self._shown.total() < _MOST:
                below.append(await self._read(each, walk, wanted, depth + 1))
        return Module(
            address,
            kind,
            tuple(below),
            found.threshold if isinstance(found, Aggregation) else None,
            relayer=(
                await trusted_relayer(self.destination.client, address)
                if isinstance(found, Null)
                else None
            ),
            problem=found.why.detail if isinstance(found, Unsatisfiable) else "",
        )

    async def _signers(self, module: Multisig) -> tuple[Signer, ...]:
        latest = await self.signatures.latest(module.validators)
        written = await self.signatures.written(latest)
        signed: set[Address] = set()
        absent: dict[Address, str] = {}
        if self.leaf is not None:
            found = await self.signatures.at(module.validators, self.leaf.index)
            absent |= found.absent
            for checkpoint, signers in found.by_checkpoint.items():
                if checkpoint.message_id == self.message_id:
                    signed |= set(signers)
                else:
                    absent |= dict.fromkeys(signers, "signed another message at this leaf")
        return tuple(
            Signer(
                validator,
                weight,
                validator in signed,
                latest.get(validator),
                written.get(validator),
                absent.get(validator, ""),
            )
            for validator, weight in zip(module.validators, module.weights, strict=True)
        )


def multisigs(module: Module) -> Iterable[Module]:
    """All multisigs on the way."""
    if module.signers:
        yield module
    for part in module.below:
        yield from multisigs(part)


def trusted_relayers(module: Module) -> set[Address]:
    """The relayers that modules on the way trust alone."""
    own = set() if module.relayer is None else {module.relayer}
    return own.union(*map(trusted_relayers, module.below))
