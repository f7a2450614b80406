"""Answers to censorship challenges, from published signatures. See docs/concepts/staking.md."""

import asyncio
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.challenges import Challenge, OpenChallenges
from hyperlane.agents.runtime.execute import execute
from hyperlane.agents.runtime.pulse import Pulse
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

_IDLE_INTERVAL, _IDLE_LONGEST = 60.0, 300.0
"""Seconds between looks while there is no new challenge, and between full ones: there is an hour
and more for an answer."""


@dataclass(slots=True, kw_only=True)
class Answerer:
    """Answers challenges of the operator whose signing key this validator has.

    It only uses published signatures, and waits for leaves that are not signed yet because they are
    not final. A challenge for an index that the tree never reaches fails by itself. Keys that the
    operator has replaced, and answers after the deadline, would not count: they are not sent.
    """

    chain: Chain
    account: "BaseAccount"
    """The validator's signing key."""
    sender: Sender
    """Sender of the key that pays for the transactions."""
    storage: CheckpointStorage
    commitments: CheckpointStore
    metrics: Metrics
    manager: Address
    challenges: OpenChallenges
    pulse: Pulse | None = None
    """Tells whether there is a new challenge; None before the first look."""
    _logged: set[int] = field(default_factory=set)
    """Challenges that were logged."""

    async def look(self) -> None:
        """Answer the open challenges if there may be any."""
        if self.pulse is None:
            self.pulse = Pulse(
                client=self.chain.client,
                counters=[(await self.challenges.contract(), CensorshipChallenges.challenge_count)],
                idle_interval=_IDLE_INTERVAL,
                longest=_IDLE_LONGEST,
            )
        if await self.pulse.worth_a_look():
            is_over = False
            try:
                is_over = not await self.step()
            finally:
                self.pulse.looked([self.challenges.count] if is_over else ())

    async def step(self) -> int:
        """Answer the open challenges; returns how many there were.

        One that fails is retried, and delays no other.
        """
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
        return len(ours)

    async def _answer(self, challenge: Challenge) -> None:
        if challenge.number not in self._logged:
            self._logged.add(challenge.number)
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
        """The published checkpoint of a leaf; None if there is none yet."""
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
