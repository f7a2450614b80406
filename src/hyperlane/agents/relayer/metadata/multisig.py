"""Metadata of multisigs: a checkpoint that enough validators signed, and what proves a message."""

import asyncio
import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from hyperlane.agents.relayer.metadata.modules import Multisig
from hyperlane.agents.relayer.origin import Origin
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.ism_metadata import (
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
    ModuleType,
    select_by_weight,
)
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum

AnyMultisigMetadata: TypeAlias = MessageIdMultisigMetadata | MerkleRootMultisigMetadata

_PROVABLE_LATER = (ModuleType.MERKLE_ROOT_MULTISIG, ModuleType.WEIGHTED_MERKLE_ROOT_MULTISIG)
_MAX_CANDIDATES = 32
"""How many checkpoints are tried below the one that should have a quorum."""
_QUORUM_LIVE = 5.0
_MAX_QUORUMS = 256


@dataclass(frozen=True, slots=True)
class Quorum:
    """A checkpoint with enough signatures."""

    checkpoint: Checkpoint
    signatures: tuple[bytes, ...]


@dataclass(slots=True)
class _Latest:
    """The newest quorum that was found; who looks for a newer one has the lock."""

    found_at: float = float("-inf")
    quorum: Quorum | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Multisigs:
    """Builds for multisigs of one chain. A NotReady says who has not signed, and why."""

    ignore_reorg_reports: bool = False
    clock: Callable[[], float] = time.monotonic
    _latest: dict[tuple[int, Multisig], _Latest] = field(default_factory=dict)

    async def build(
        self, module: Multisig, origin: Origin, message: Message
    ) -> AnyMultisigMetadata:
        """Metadata with just enough signatures."""
        leaf = await self._leaf(module, origin, message)
        if module.kind in _PROVABLE_LATER:
            quorum = await self._quorum(module, origin, leaf)
        else:
            quorum = await self._find_quorum(module, origin, [leaf])
        checkpoint, signatures = quorum.checkpoint, quorum.signatures
        if module.kind in _PROVABLE_LATER:
            return MerkleRootMultisigMetadata(
                checkpoint.merkle_tree_hook,
                leaf,
                checkpoint.message_id,
                origin.tree.proof(leaf, checkpoint.index),
                checkpoint.index,
                signatures,
            )
        return MessageIdMultisigMetadata(
            checkpoint.merkle_tree_hook, checkpoint.root, checkpoint.index, signatures
        )

    async def _leaf(self, module: Multisig, origin: Origin, message: Message) -> int:
        leaf = await origin.leaf_index(message.id)
        if leaf is None:
            raise NotReady(
                Reason.COULD_NOT_FETCH_METADATA,
                f"no final leaf of {origin.chain.name}'s merkle tree holds the message",
            )
        if not self.ignore_reorg_reports:
            stopped = await origin.signatures.stopped(module.validators)
            if stopped:
                raise NotReady(
                    Reason.MESSAGE_METADATA_REFUSED,
                    f"{', '.join(map(to_checksum, stopped))} reported a reorg of"
                    f" {origin.chain.name}",
                )
        return leaf

    async def _quorum(self, module: Multisig, origin: Origin, leaf: int) -> Quorum:
        """One that covers `leaf`: if possible the one that other messages got a moment ago."""
        if len(self._latest) >= _MAX_QUORUMS:
            self._latest.clear()
        latest = self._latest.setdefault((origin.chain.domain, module), _Latest())
        async with latest.lock:
            known = latest.quorum
            if (
                known is None
                or self.clock() - latest.found_at > _QUORUM_LIVE
                or not leaf <= known.checkpoint.index < len(origin.tree)
                or known.checkpoint != _checkpoint(origin, known.checkpoint.index)
            ):
                candidates = await self._candidates(module, origin, leaf)
                known = await self._find_quorum(module, origin, candidates)
                latest.quorum, latest.found_at = known, self.clock()
            return known

    async def _candidates(self, module: Multisig, origin: Origin, leaf: int) -> list[int]:
        """Checkpoints that may have a quorum and cover `leaf`, newest first: it proves the most."""
        latest = await origin.signatures.latest(module.validators)
        claims = sorted(
            (latest.get(validator, -1), weight)
            for validator, weight in zip(module.validators, module.weights, strict=True)
        )
        reached, newest = 0, len(origin.tree) - 1
        while reached < module.threshold:
            index, weight = claims.pop()
            reached += weight
            newest = min(newest, index)
        candidates = list(range(newest, leaf - 1, -1))[:_MAX_CANDIDATES]
        return candidates if leaf in candidates else [*candidates, leaf]

    async def _find_quorum(
        self, module: Multisig, origin: Origin, candidates: Sequence[int]
    ) -> Quorum:
        failures = []
        for index in candidates:
            checkpoint = _checkpoint(origin, index)
            signed = await origin.signatures.at(module.validators, index)
            signatures = signed.by_checkpoint.get(checkpoint, {})
            chosen = select_by_weight(
                module.validators, module.weights, module.threshold, signatures
            )
            if chosen is not None:
                return Quorum(checkpoint, chosen)
            failures.append((_weight(module, signatures), index, signed))
        weight, index, signed = max(failures, key=lambda item: item[:2])
        raise _awaiting(module, weight, index, signed.missing(_checkpoint(origin, index)))


def _checkpoint(origin: Origin, index: int) -> Checkpoint:
    """What honest validators sign for a leaf that this relayer has seen, too."""
    hook = address_to_bytes32(origin.chain.settings.merkle_tree_hook)
    tree = origin.tree
    return Checkpoint(origin.chain.domain, hook, tree.root(index), index, tree.leaf(index))


def _weight(module: Multisig, signers: Container[Address]) -> int:
    pairs = zip(module.validators, module.weights, strict=True)
    return sum(weight for validator, weight in pairs if validator in signers)


def _awaiting(
    module: Multisig, weight: int, index: int, missing: Mapping[Address, str]
) -> NotReady:
    """Who has not signed leaf `index`, and why as far as it is known."""
    listed = ", ".join(
        to_checksum(validator) + (f" ({why})" if why else "") for validator, why in missing.items()
    )
    subject = "" if set(module.weights) == {1} else "weight "
    return NotReady(
        Reason.AWAITING_VALIDATOR_SIGNATURES,
        f"waiting for validators {listed}: {subject}{weight} of {module.threshold} signed"
        f" leaf {index}",
    )
