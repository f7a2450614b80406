"""Slashing in three steps: commit to the fault, store the root for the proof, prove.

Each step asks the chain what is done already, so that a restart resumes where the last run ended.
"""

import asyncio
import secrets
from dataclasses import astuple, dataclass

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.execute import execute
from hyperlane.agents.runtime.sender import Sender
from hyperlane.agents.watchtower.judging import FaultKind, judge
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.abi import CheckpointFraudProofs, CheckpointSlasher, StakingManager
from hyperlane.chain.client import ChainClient
from hyperlane.errors import ChainError
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex
from hyperlane.store.sightings import Sighting, SightingStore

log = structlog.get_logger()

_ROOTS_TRIED = 64
_NOBODY = bytes(20)


async def stake_of(client: ChainClient, manager: Address, operator: Address, block: int) -> int:
    """Stake that an operator can lose at a block: staked, and unbonding."""
    staked, _ = await client.call(manager, StakingManager.pools, operator, block=block)
    unbonding, _ = await client.call(manager, StakingManager.unbonding_pools, operator, block=block)
    return int(staked + unbonding)


async def is_staked(client: ChainClient, manager: Address | None, key: Address) -> bool:
    """Whether an operator can be punished for what a key signs; never without a manager."""
    if manager is None:
        return False
    operator = await client.call(manager, StakingManager.operator_of, key)
    return bool(operator != _NOBODY)


@dataclass(slots=True)
class Slasher:
    """Proves the faults of one chain's operators."""

    chain: Chain
    sender: Sender
    manager: Address
    tree: TrueTree
    sightings: SightingStore

    async def punish(self, sighting: Sighting) -> None:
        """Slash the signer of a false checkpoint, unless that was done or cannot be done.

        ChainError when a step fails; the caller retries.
        """
        client = self.chain.client
        key, index = sighting.validator, sighting.signed.checkpoint.index
        slasher = await client.call(self.manager, StakingManager.slasher)
        fault = await client.call(slasher, CheckpointSlasher.fault_of, key, index)
        if await client.call(slasher, CheckpointSlasher.punished, fault):
            return
        operator = await client.call(self.manager, StakingManager.operator_of, key)
        if operator == _NOBODY:
            log.warning("fault.unstaked", chain=self.chain.name, validator=to_checksum(key))
            return
        status, *_ = await client.call(self.manager, StakingManager.operator_state, operator)
        if status == StakingManager.TOMBSTONED:
            log.warning("fault.tombstoned", chain=self.chain.name, validator=to_checksum(key))
            return
        other = await self._contradiction(sighting)
        if other is None and judge(sighting.signed, self.tree.tree, self.tree.hook) is None:
            log.warning("fault.came_true", chain=self.chain.name, validator=to_checksum(key))
            return
        salt = await self._commit(slasher, fault, sighting)
        data = await self._proof(slasher, sighting, other, salt)
        receipt = await execute(self.chain, self.sender, f"slash {to_hex(fault)}", slasher, data)
        block = receipt.block_number
        log.error(
            "fault.punished",
            chain=self.chain.name,
            operator=to_checksum(operator),
            validator=to_checksum(key),
            index=index,
            fault=sighting.fault,
            stake_before=await stake_of(client, self.manager, operator, block - 1),
            stake_after=await stake_of(client, self.manager, operator, block),
        )

    async def _commit(self, slasher: Address, fault: Bytes32, sighting: Sighting) -> Bytes32:
        """Commit to the fault unless that was done; returns the salt of the commitment."""
        client = self.chain.client
        salt = await self.sightings.salt(sighting, Bytes32(secrets.token_bytes(32)))
        arguments = (fault, self.sender.address, salt)
        commitment = await client.call(slasher, CheckpointSlasher.commitment_of, *arguments)
        if not await client.call(slasher, CheckpointSlasher.committed_in, commitment):
            data = CheckpointSlasher.commit.encode(commitment)
            purpose = f"commit {to_hex(commitment)}"
            await execute(self.chain, self.sender, purpose, slasher, data)
        return salt

    async def _contradiction(self, sighting: Sighting) -> SignedCheckpoint | None:
        """Another checkpoint that the validator signed for that tree and index; None if none."""
        checkpoint = sighting.signed.checkpoint
        seen = await self.sightings.of_index(sighting.validator, checkpoint.index)
        others = (each.signed for each in seen if each.signed.checkpoint != checkpoint)
        tree = checkpoint.merkle_tree_hook
        return next((each for each in others if each.checkpoint.merkle_tree_hook == tree), None)

    async def _proof(
        self,
        slasher: Address,
        sighting: Sighting,
        other: SignedCheckpoint | None,
        salt: Bytes32,
    ) -> bytes:
        """The cheapest call that proves the fault."""
        signed = sighting.signed
        checkpoint, signature = astuple(signed.checkpoint), signed.signature
        index = signed.checkpoint.index
        if signed.checkpoint.merkle_tree_hook != self.tree.hook:
            return CheckpointSlasher.slash_wrong_tree.encode(checkpoint, signature, salt)
        if other is not None:
            return CheckpointSlasher.slash_equivocation.encode(
                checkpoint, signature, astuple(other.checkpoint), other.signature, salt
            )
        if index >= self.tree.count:
            return CheckpointSlasher.slash_premature.encode(checkpoint, signature, salt)
        proof = self.tree.tree.proof(index, await self._stored_root(slasher, index))
        actual = self.tree.tree.leaf(index)
        if sighting.fault == FaultKind.MESSAGE_ID or actual != signed.checkpoint.message_id:
            return CheckpointSlasher.slash_message_id.encode(
                checkpoint, proof, actual, signature, salt
            )
        return CheckpointSlasher.slash_root.encode(checkpoint, proof, signature, salt)

    async def _stored_root(self, slasher: Address, index: int) -> int:
        """The leaf index of a root that the fraud proofs contract has stored, at `index` or later.

        Has the latest root stored if none of the last ones is. ChainError while the local tree is
        behind that root.
        """
        proofs = await self.chain.client.call(slasher, CheckpointSlasher.fraud_proofs)
        known = await self._known_root(proofs, index)
        if known is not None:
            return known
        hook = self.chain.settings.merkle_tree_hook
        data = CheckpointFraudProofs.store_latest_checkpoint.encode(hook)
        await execute(self.chain, self.sender, f"store root for leaf {index}", proofs, data)
        await self.tree.sync()
        known = await self._known_root(proofs, index)
        if known is None:
            raise ChainError(f"{self.chain.name}: the stored root is not of a final leaf yet")
        return known

    async def _known_root(self, proofs: Address, index: int) -> int | None:
        hook, function = self.chain.settings.merkle_tree_hook, CheckpointFraudProofs
        last = self.tree.count - 1
        candidates = range(last, max(index, last - _ROOTS_TRIED + 1) - 1, -1)
        answers = await asyncio.gather(
            *(
                self.chain.client.call(
                    proofs, function.stored_checkpoints, hook, self.tree.tree.root(candidate)
                )
                for candidate in candidates
            )
        )
        return next(
            (item for item, (_, exists) in zip(candidates, answers, strict=True) if exists), None
        )
