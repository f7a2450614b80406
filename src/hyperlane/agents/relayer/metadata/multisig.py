"""Metadata for multisigs: a checkpoint that enough validators signed, and a merkle proof."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from weakref import WeakValueDictionary

from hyperlane.agents.relayer.metadata.modules import Multisig
from hyperlane.agents.relayer.origin.provable import Provable
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.ttl_cache import TtlCache
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.ism_metadata import ModuleType
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import (
    LegacyMultisigMetadata,
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
    select_by_weight,
)
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum

AnyMultisigMetadata: TypeAlias = (
    LegacyMultisigMetadata | MerkleRootMultisigMetadata | MessageIdMultisigMetadata
)

_MERKLE_ROOT = (ModuleType.MERKLE_ROOT_MULTISIG, ModuleType.WEIGHTED_MERKLE_ROOT_MULTISIG)
_MAX_CANDIDATES = 32
"""Checkpoints that are tried, downwards from the newest that may have a quorum."""
_QUORUM_TTL = 1.0


@dataclass(frozen=True, slots=True)
class Quorum:
    """A checkpoint with enough signatures."""

    checkpoint: Checkpoint
    signatures: tuple[bytes, ...]
    tree: MerkleTree
    """Tree that has the checkpoint's leaves; after a reorg the origin has a new tree."""

    def covers(self, leaf: int, tree: MerkleTree) -> bool:
        """Whether it proves a leaf of this very tree, which only grows: its roots stay valid."""
        return self.tree is tree and leaf <= self.checkpoint.index


@dataclass(frozen=True, slots=True)
class _NoQuorum:
    """Record that no quorum covers this leaf, and therefore none covers a later leaf."""

    leaf: int
    why: NotReady


@dataclass(slots=True)
class Multisigs:
    """Builds metadata for multisigs. A NotReady names validators that have not signed, and why."""

    ignore_reorg_reports: bool = False
    _newest: TtlCache[tuple[int, Multisig], Quorum | _NoQuorum] = field(
        default_factory=lambda: TtlCache(_QUORUM_TTL)
    )
    _searches: WeakValueDictionary[tuple[int, Multisig], asyncio.Lock] = field(
        default_factory=WeakValueDictionary
    )
    """Locks, held while a quorum is looked for, so that others wait for what is found.

    No `SingleFlight`: the one that is found may not cover the leaf of a caller that waited, who
    then has to look again.
    """

    async def build(
        self, module: Multisig, origin: Provable, message: Message
    ) -> AnyMultisigMetadata:
        """Build metadata with as few signatures as reach the threshold."""
        leaf = await self._leaf(module, origin, message)
        if module.kind in _MERKLE_ROOT:
            quorum = await self._newest_quorum(module, origin, leaf)
        else:
            quorum = await _find_quorum(module, origin, [leaf])
        checkpoint, signatures = quorum.checkpoint, quorum.signatures
        hook, root = checkpoint.merkle_tree_hook, checkpoint.root
        if module.kind not in (*_MERKLE_ROOT, ModuleType.LEGACY_MULTISIG):
            return MessageIdMultisigMetadata(hook, root, leaf, signatures)
        tree = await origin.load(leaf, checkpoint.index)
        if tree is not quorum.tree:
            raise _reorganised(origin)
        proof = tree.proof(leaf, checkpoint.index)
        if module.kind in _MERKLE_ROOT:
            return MerkleRootMultisigMetadata(
                hook, leaf, checkpoint.message_id, proof, checkpoint.index, signatures
            )
        return LegacyMultisigMetadata(root, leaf, hook, proof, signatures)

    async def _leaf(self, module: Multisig, origin: Provable, message: Message) -> int:
        leaf = await origin.leaf_index(message.id)
        if leaf is None:
            raise NotReady(
                Reason.COULD_NOT_FETCH_METADATA,
                f"no final leaf of {origin.chain.name}'s merkle tree holds the message",
            )
        if not (self.ignore_reorg_reports or origin.chain.settings.ignore_reorg_reports):
            stopped = await origin.signatures.stopped(module.validators)
            if stopped:
                raise NotReady(
                    Reason.MESSAGE_METADATA_REFUSED,
                    f"{', '.join(map(to_checksum, stopped))} reported a reorg of"
                    f" {origin.chain.name}",
                )
        return leaf

    async def _newest_quorum(self, module: Multisig, origin: Provable, leaf: int) -> Quorum:
        """Find a quorum that covers `leaf`: if possible the one that other messages just got.

        Messages under the same checkpoint share its signatures, and subtrees, in a batch.
        """
        key = (origin.chain.domain, module)
        async with self._searches.setdefault(key, asyncio.Lock()):
            known = self._newest.get(key)
            if isinstance(known, Quorum) and known.covers(leaf, origin.tree):
                return known
            if isinstance(known, _NoQuorum) and known.leaf <= leaf:
                raise NotReady(known.why.reason, known.why.detail)
            candidates = await _candidates(module, origin, leaf)
            try:
                quorum = await _find_quorum(module, origin, candidates)
            except NotReady as error:
                self._newest.put(key, _NoQuorum(leaf, error))
                raise
            self._newest.put(key, quorum)
            return quorum


async def _candidates(module: Multisig, origin: Provable, leaf: int) -> list[int]:
    """Checkpoints that may have a quorum and cover `leaf`, newest first, which proves the most.

    Claims are walked from the highest down until they reach the threshold: the lowest of those is
    the newest index that enough validators claim to have signed. Claims may be false, so the leaf's
    own checkpoint is always tried, too.
    """
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


async def _find_quorum(module: Multisig, origin: Provable, candidates: Sequence[int]) -> Quorum:
    """Find the first of these checkpoints with a quorum; NotReady is about the one nearest to it.

    Only signatures on roots of the tree that this relayer indexed count.
    """
    failures, known = [], origin.tree
    hook = address_to_bytes32(origin.chain.settings.merkle_tree_hook)
    for index in candidates:
        tree = await origin.load(index)
        if tree is not known:
            raise _reorganised(origin)
        checkpoint = Checkpoint(
            origin.chain.domain, hook, tree.root(index), index, tree.leaf(index)
        )
        signed = await origin.signatures.at(module.validators, index)
        signatures = signed.by_checkpoint.get(checkpoint, {})
        chosen = select_by_weight(module.validators, module.weights, module.threshold, signatures)
        if chosen is not None:
            return Quorum(checkpoint, chosen, tree)
        failures.append((_weight(module, signatures), index, signed.missing(checkpoint)))
    raise _awaiting(module, *max(failures, key=lambda item: item[:2]))


def _reorganised(origin: Provable) -> NotReady:
    return NotReady(
        Reason.COULD_NOT_FETCH_METADATA, f"{origin.chain.name}'s merkle tree is being read again"
    )


def _weight(module: Multisig, signers: Container[Address]) -> int:
    pairs = zip(module.validators, module.weights, strict=True)
    return sum(weight for validator, weight in pairs if validator in signers)


def _awaiting(
    module: Multisig, weight: int, index: int, missing: Mapping[Address, str]
) -> NotReady:
    """Name the validators that have not signed leaf `index`, and the reasons that are known."""
    listed = ", ".join(
        to_checksum(validator) + (f" ({why})" if why else "") for validator, why in missing.items()
    )
    subject = "" if set(module.weights) == {1} else "weight "
    return NotReady(
        Reason.AWAITING_VALIDATOR_SIGNATURES,
        f"waiting for validators {listed}: {subject}{weight} of {module.threshold} signed"
        f" leaf {index}",
    )
