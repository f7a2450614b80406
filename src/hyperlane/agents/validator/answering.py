"""Answering the challenges to sign what was signed long ago. See docs/concepts/staking.md."""

import asyncio
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.challenges import Challenge, OpenChallenges
from hyperlane.agents.runtime.execute import execute
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.abi import CensorshipChallenges, StakingManager
from hyperlane.chain.signer import address_of
from hyperlane.checkpoints.storage import CheckpointStorage
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.store.commitments import CheckpointStore

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Answerer:
    """Answers for the operator whose signing key this validator has.

    With published signatures only: signing is somebody else's, and what was not signed yet, since
    it is not final, is waited for. An index that the tree never gets is left to fail. Nothing is
    answered with a key that the operator has replaced, nor after the deadline: it would not count.
    """

    chain: Chain
    account: "BaseAccount"
    """The validator's own."""
    sender: Sender
    """Who pays for the transactions."""
    storage: CheckpointStorage
    commitments: CheckpointStore
    metrics: Metrics
    manager: Address
    challenges: OpenChallenges
    _told: set[int] = field(default_factory=set)
    """The challenges that were logged."""

    async def step(self) -> None:
        """Answer what can be. What fails is tried again, and keeps nothing else waiting."""
        client, key = self.chain.client, address_of(self.account)
        operator = await client.call(self.manager, StakingManager.operator_of, key)
        _, current, _ = await client.call(self.manager, StakingManager.operator_state, operator)
        now = (await client.block()).timestamp
        ours = [
            item
            for item in await self.challenges.read()
            if item.operator == operator and current == key and now <= item.deadline
        ]
        self.metrics.open_challenges.labels(self.chain.name).set(len(ours))
        outcomes = await asyncio.gather(*map(self._answer, ours), return_exceptions=True)
        for failure in outcomes:
            if failure is not None:
                raise failure

    async def _answer(self, challenge: Challenge) -> None:
        if challenge.number not in self._told:
            self._told.add(challenge.number)
            log.warning(
                "challenge.opened",
                chain=self.chain.name,
                challenge=challenge.number,
                operator=to_checksum(challenge.operator),
                index=challenge.index,
                deadline=challenge.deadline,
            )
        signed = await self._signed(challenge.index)
        if signed is None:
            return
        data = CensorshipChallenges.answer.encode(
            challenge.number, astuple(signed.checkpoint), signed.signature
        )
        contract = await self.challenges.contract()
        receipt = await execute(
            self.chain, self.sender, f"answer {challenge.number}", contract, data
        )
        log.info(
            "challenge.answered",
            chain=self.chain.name,
            challenge=challenge.number,
            index=challenge.index,
            tx_hash=to_hex(receipt.tx_hash),
        )

    async def _signed(self, index: int) -> SignedCheckpoint | None:
        """What we committed to and published for a leaf; None if that is yet to come."""
        committed = await self.commitments.at(index)
        stored = None if committed is None else await self.storage.checkpoint(index)
        if stored is None:
            return None
        if stored.checkpoint != committed or stored.signer != address_of(self.account):
            raise ChainError(
                f"{self.chain.name}: leaf {index} is challenged, and the storage holds something"
                " else than this validator signs"
            )
        return stored
