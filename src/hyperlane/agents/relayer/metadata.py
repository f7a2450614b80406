"""Building what a message's security module wants to see."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hyperlane.agents.relayer.origin import Origin
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime import Chain
from hyperlane.chain.abi import Function, SecurityModule
from hyperlane.chain.client import NoAnswer, RpcError
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.ism_metadata import (
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
    ModuleType,
    encode_aggregation,
    select_signatures,
)
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum

_MAX_DEPTH = 13
_MAX_MODULES = 100
_MAX_VALIDATORS = 50
_MAX_CANDIDATES = 32
"""How many checkpoints are tried below the one that should have a quorum."""


@dataclass(slots=True)
class MetadataBuild:
    """One attempt for one message. A NotReady says what it waits for."""

    origin: Origin
    destination: Chain
    message: Message
    ignore_reorg_reports: bool = False
    _modules: int = 0

    async def build(self, module: Address, depth: int = 0) -> bytes:
        """Metadata that should satisfy `module`."""
        self._modules += 1
        if depth > _MAX_DEPTH or self._modules > _MAX_MODULES:
            raise NotReady(
                Reason.ERROR_BUILDING_METADATA,
                f"security modules are nested deeper than {_MAX_DEPTH} or more than {_MAX_MODULES}",
            )
        kind = await self._kind(module)
        if kind == ModuleType.NULL:
            return b""
        if kind == ModuleType.ROUTING:
            routed = await self._ask(module, SecurityModule.route)
            return await self.build(routed, depth + 1)
        if kind == ModuleType.AGGREGATION:
            modules, threshold = await self._ask(module, SecurityModule.modules_and_threshold)
            return await self._aggregation(modules, threshold, depth)
        if kind in (ModuleType.MESSAGE_ID_MULTISIG, ModuleType.MERKLE_ROOT_MULTISIG):
            validators, threshold = await self._ask(module, SecurityModule.validators_and_threshold)
            return await self._multisig(kind, validators, threshold)
        raise NotReady(
            Reason.ERROR_GETTING_METADATA_BUILDER,
            f"security module {to_checksum(module)} is of type {kind}, which is not supported",
        )

    async def _kind(self, module: Address) -> int:
        try:
            kind: int = await self.destination.client.call(module, SecurityModule.module_type)
        except (RpcError, NoAnswer) as error:
            raise NotReady(Reason.ERROR_GETTING_METADATA_BUILDER, str(error)) from None
        return kind

    async def _ask(self, module: Address, function: Function) -> Any:
        """What a module says about the message."""
        try:
            return await self.destination.client.call(module, function, self.message.encode())
        except (RpcError, NoAnswer) as error:
            raise NotReady(Reason.ERROR_BUILDING_METADATA, str(error)) from None

    async def _aggregation(self, modules: Sequence[Address], threshold: int, depth: int) -> bytes:
        """Metadata for exactly `threshold` modules, those that surely accept it first."""
        results = await asyncio.gather(
            *(self.build(module, depth + 1) for module in modules), return_exceptions=True
        )
        built: list[tuple[bool, int, bytes]] = []
        failures = []
        for position, result in enumerate(results):
            if isinstance(result, bytes):
                accepted = await self._accepts(modules[position], result)
                built.append((not accepted, position, result))
            elif isinstance(result, NotReady):
                failures.append(result)
            else:
                raise result
        if len(built) < threshold:
            raise _sum_up(failures, len(built), threshold)
        chosen = {position: blob for _, position, blob in sorted(built)[:threshold]}
        return encode_aggregation([chosen.get(position) for position in range(len(modules))])

    async def _accepts(self, module: Address, metadata: bytes) -> bool:
        """Whether `verify` is true already; some modules say so only during delivery."""
        try:
            accepted: bool = await self.destination.client.call(
                module, SecurityModule.verify, metadata, self.message.encode()
            )
        except (RpcError, NoAnswer):
            return False
        return accepted

    async def _multisig(self, kind: int, validators: Sequence[Address], threshold: int) -> bytes:
        if not 0 < threshold <= len(validators) <= _MAX_VALIDATORS:
            raise NotReady(
                Reason.ERROR_BUILDING_METADATA,
                f"a multisig of {threshold} of {len(validators)} validators cannot be satisfied",
            )
        leaf = await self.origin.leaf_index(self.message.id)
        if leaf is None:
            raise NotReady(
                Reason.COULD_NOT_FETCH_METADATA,
                f"no final leaf of {self.origin.chain.name}'s merkle tree holds the message",
            )
        if not self.ignore_reorg_reports:
            stopped = await self.origin.signatures.stopped(validators)
            if stopped:
                raise NotReady(
                    Reason.MESSAGE_METADATA_REFUSED,
                    f"{_listed(stopped)} reported a reorg of {self.origin.chain.name}",
                )
        if kind == ModuleType.MESSAGE_ID_MULTISIG:
            return await self._message_id_multisig(leaf, validators, threshold)
        return await self._merkle_root_multisig(leaf, validators, threshold)

    async def _message_id_multisig(
        self, leaf: int, validators: Sequence[Address], threshold: int
    ) -> bytes:
        signed: set[Address] = set()
        found = await self.origin.signatures.at(validators, leaf)
        for checkpoint, signatures in found.items():
            if checkpoint.message_id != self.message.id:
                continue
            signed |= signatures.keys()
            chosen = select_signatures(validators, threshold, signatures)
            if chosen is not None:
                return MessageIdMultisigMetadata(
                    checkpoint.merkle_tree_hook, checkpoint.root, checkpoint.index, chosen
                ).encode()
        raise _awaiting(leaf, validators, signed, threshold)

    async def _merkle_root_multisig(
        self, leaf: int, validators: Sequence[Address], threshold: int
    ) -> bytes:
        """The newest checkpoint that enough validators signed proves the most messages."""
        tree = self.origin.tree
        latest = await self.origin.signatures.latest(validators)
        reach = sorted((latest.get(item, -1) for item in validators), reverse=True)
        newest = min(reach[threshold - 1], len(tree) - 1)
        candidates = list(range(newest, leaf - 1, -1))[:_MAX_CANDIDATES]
        if leaf not in candidates:
            candidates.append(leaf)
        signed: set[Address] = set()
        hook = address_to_bytes32(self.origin.chain.settings.merkle_tree_hook)
        for index in candidates:
            checkpoint = Checkpoint(
                self.origin.chain.domain, hook, tree.root(index), index, tree.leaf(index)
            )
            found = await self.origin.signatures.at(validators, index)
            signatures = found.get(checkpoint, {})
            signed |= signatures.keys()
            chosen = select_signatures(validators, threshold, signatures)
            if chosen is not None:
                return MerkleRootMultisigMetadata(
                    hook, leaf, checkpoint.message_id, tree.proof(leaf, index), index, chosen
                ).encode()
        raise _awaiting(leaf, validators, signed, threshold)


def _awaiting(
    leaf: int, validators: Sequence[Address], signed: set[Address], threshold: int
) -> NotReady:
    missing = [item for item in dict.fromkeys(validators) if item not in signed]
    return NotReady(
        Reason.AWAITING_VALIDATOR_SIGNATURES,
        f"waiting for validators {_listed(missing)}: {len(signed)} of {threshold} signed leaf"
        f" {leaf}",
    )


def _sum_up(failures: Sequence[NotReady], built: int, threshold: int) -> NotReady:
    """Why an aggregation is not ready: signatures, if enough modules wait for nothing else."""
    waiting = [item for item in failures if item.reason is Reason.AWAITING_VALIDATOR_SIGNATURES]
    reason = (
        Reason.AWAITING_VALIDATOR_SIGNATURES
        if built + len(waiting) >= threshold
        else Reason.COULD_NOT_FETCH_METADATA
    )
    details = "; ".join(item.detail for item in failures)
    return NotReady(reason, f"{built} of {threshold} aggregated modules are ready: {details}")


def _listed(addresses: Sequence[Address]) -> str:
    return ", ".join(map(to_checksum, addresses))
