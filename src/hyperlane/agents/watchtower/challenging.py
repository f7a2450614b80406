"""Censorship challenges: opened against late operators, and resolved if they do not answer.

Chain and database hold the state, so that a restart resumes where the last run ended.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.challenges import Challenge, OpenChallenges
from hyperlane.agents.runtime.execute import execute
from hyperlane.agents.runtime.sender import Sender
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.judging import judge
from hyperlane.agents.watchtower.slashing import stake_of
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.abi import CensorshipChallenges, StakingManager, Token
from hyperlane.errors import ChainError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.store.censorships import CensorshipStore, Stage
from hyperlane.store.sightings import Sighting, SightingStore

log = structlog.get_logger()

_OPEN, _ANSWERED = 1, 2
"""CensorshipChallenges.Asked; 0 is never."""
_PLACES = 8
"""Open challenges that one operator can have. While all are taken, no other can be opened."""


@dataclass(slots=True, kw_only=True)
class Challenger:
    """Opens at most one challenge per operator at a time, and none beyond the budget."""

    chain: Chain
    sender: Sender
    manager: Address
    budget: int
    """Most that open and answered challenges may cost together, in the stake token."""
    challenges: OpenChallenges
    tree: TrueTree
    store: CensorshipStore
    sightings: SightingStore
    alerts: Alerts
    clock: Callable[[], float] = time.time

    async def note(self, index: int) -> None:
        """Take a snapshot of the tree with this leaf, which proves its age later."""
        if await self._snapshot_with(index) is None:
            await self._execute("take snapshot", CensorshipChallenges.take_snapshot.encode())

    async def is_asking(self, operator: Address) -> bool:
        """Whether this watchtower has a challenge open: there is one at a time."""
        return operator in [asked for asked, _ in await self.store.open()]

    async def challenge(self, operator: Address, index: int, since: int, grace: int) -> None:
        """Challenge an operator to sign a leaf, if that is allowed by now and within the budget."""
        client, contract = self.chain.client, await self.challenges.contract()
        if await self.is_asking(operator):
            return
        asked = await client.call(contract, CensorshipChallenges.asked, operator, index)
        if asked == _ANSWERED:
            return await self._take_answer(operator, index)
        if asked == _OPEN or await client.call(contract, CensorshipChallenges.open_count, operator):
            # They keep us from asking for the leaf, or make asking dearer.
            await self._end_overdue(operator, index)
            if not await client.call(self.manager, StakingManager.is_accountable, operator):
                return  # that had it punished
        if asked == _OPEN:
            return
        snapshot = await self._snapshot_with(index)
        if snapshot is None:
            return
        taken, _ = await client.call(contract, CensorshipChallenges.snapshots, snapshot)
        if (await client.block()).timestamp < max(taken, since) + grace:
            return
        await self._open(operator, index, snapshot)

    async def settle(self) -> None:
        """Resolve overdue challenges, which punishes operators; read the answers to others."""
        rows, client = set(await self.store.open()), self.chain.client
        open_now = await self.challenges.read()
        ours = {
            (item.operator, item.index): item
            for item in open_now
            if item.challenger == self.sender.address
        }
        for found in ours.keys() - rows:  # a restart came between
            await self.store.begin(*found, ours[found].bond)
        now = (await client.block()).timestamp
        for operator, index in sorted(rows | ours.keys()):
            challenge = ours.get((operator, index))
            if challenge is None:
                await self._close(operator, index)
            elif now > challenge.deadline:
                await self._resolve(challenge)
        for challenge in open_now:
            if challenge.challenger != self.sender.address and now > challenge.deadline:
                await self._resolve_of_another(challenge)
        contract, me = await self.challenges.contract(), self.sender.address
        if await client.call(contract, CensorshipChallenges.owed, me):
            await self._execute("collect bonds", CensorshipChallenges.collect.encode(me))

    async def _open(self, operator: Address, index: int, snapshot: int) -> None:
        bond = await self._bond(operator)
        at_risk = await self.store.at_risk()
        if at_risk + bond > self.budget:
            left = self.budget - at_risk
            self._log(operator, index).error("challenge.unaffordable", bond=bond, left=left)
            return
        await self._allow(bond)
        await self.store.begin(operator, index, bond)
        data = CensorshipChallenges.open.encode(operator, index, snapshot, bond)
        await self._execute(f"challenge {to_checksum(operator)} {index}", data)
        self._log(operator, index).warning("challenge.opened", bond=bond)

    async def _bond(self, operator: Address) -> int:
        """Bond of the next challenge of an operator."""
        client, contract = self.chain.client, await self.challenges.contract()
        parameters = await client.call(self.manager, StakingManager.parameters)
        first: int = parameters[StakingManager.CHALLENGE_BOND]
        others: int = await client.call(contract, CensorshipChallenges.open_count, operator)
        return first << others

    async def _allow(self, bond: int) -> None:
        client, contract = self.chain.client, await self.challenges.contract()
        token = await client.call(self.manager, StakingManager.token)
        allowed = await client.call(token, Token.allowance, self.sender.address, contract)
        if allowed < bond:
            data = Token.approve.encode(contract, bond)
            await execute(self.chain, self.sender, "approve bond", token, data)

    async def _resolve_of_another(self, challenge: Challenge) -> None:
        """Resolve an overdue challenge that somebody else opened, which punishes the operator.

        Only if it pays, or if all places of the operator are taken: then even a punishment that
        pays nothing, as the operator has next to no stake of its own, is the only way to challenge
        it again. If it fails, somebody was quicker, which delays nothing else.
        """
        client, contract = self.chain.client, await self.challenges.contract()
        operator, function = challenge.operator, CensorshipChallenges.resolve
        try:
            me = self.sender.address
            gain = await client.call(contract, function, challenge.number, sender=me)
            places = await client.call(contract, CensorshipChallenges.open_count, operator)
            if gain or places >= _PLACES:
                await self._end(challenge, gain)
        except ChainError as error:
            self._log(operator, challenge.index).info("challenge.unresolved", error=str(error))

    async def _end_overdue(self, operator: Address, index: int) -> None:
        """Resolve overdue challenges of others that block one of this watchtower.

        One for the same leaf may be covered by an earlier punishment: nobody gains by resolving it,
        so it would stay open for ever. Others take places: one punishment frees them all.
        """
        client, contract = self.chain.client, await self.challenges.contract()
        now, me = (await client.block()).timestamp, self.sender.address
        overdue = [
            item
            for item in await self.challenges.read()
            if item.operator == operator and item.challenger != me and now > item.deadline
        ]
        for item in overdue:
            places = await client.call(contract, CensorshipChallenges.open_count, operator)
            if item.index == index or places:
                function = CensorshipChallenges.resolve
                gain = await client.call(contract, function, item.number, sender=me)
                await self._end(item, gain)

    async def _end(self, challenge: Challenge, gain: int) -> None:
        data = CensorshipChallenges.resolve.encode(challenge.number)
        await self._execute(f"resolve {challenge.number}", data)
        self._log(challenge.operator, challenge.index).warning("challenge.resolved", gain=gain)

    async def _resolve(self, challenge: Challenge) -> None:
        operator = challenge.operator
        data = CensorshipChallenges.resolve.encode(challenge.number)
        block = await self._execute(f"resolve {challenge.number}", data)
        await self.store.close(operator, challenge.index, Stage.RETURNED)
        await self.alerts.unanswered(
            self.chain.name,
            operator,
            challenge.index,
            await stake_of(self.chain.client, self.manager, operator, block - 1),
            await stake_of(self.chain.client, self.manager, operator, block),
        )

    async def _close(self, operator: Address, index: int) -> None:
        """Record that a challenge of this watchtower is not open any more, or never was."""
        contract = await self.challenges.contract()
        asked = await self.chain.client.call(contract, CensorshipChallenges.asked, operator, index)
        # An answer counts no more once the operator has another key: it may be false all the same.
        if asked == _ANSWERED or await self._answer(operator, index) is not None:
            await self._take_answer(operator, index)
        else:
            await self.store.close(operator, index, Stage.RETURNED)

    async def _take_answer(self, operator: Address, index: int) -> None:
        """Check the checkpoint in an answer: it may be false."""
        signed = await self._answer(operator, index)
        if signed is None:
            raise ChainError(f"{self.chain.name}: no answer of leaf {index} is in the logs yet")
        location = f"answer of {to_checksum(operator)}"
        fault = judge(signed, self.tree.tree, self.tree.hook)
        sighting = Sighting(signed, signed.signer, location, fault)
        await self.sightings.add([sighting], self.clock())
        await self.store.tell(operator, index)
        await self.store.close(operator, index, Stage.ANSWERED)
        self._log(operator, index).warning("challenge.answered", fault=fault)

    async def _answer(self, operator: Address, index: int) -> SignedCheckpoint | None:
        """The last answer for a leaf in the logs."""
        client, contract = self.chain.client, await self.challenges.contract()
        latest = (await client.block()).number
        logs = await client.logs(
            contract, CensorshipChallenges.ANSWERED, await self.tree.block_of(index), latest
        )
        for entry in reversed(logs):
            values, signature = CensorshipChallenges.ANSWERED.decode(entry.data)
            if values[3] == index and entry.topics[2][12:] == operator:
                return SignedCheckpoint(Checkpoint(*values), signature)
        return None

    async def _snapshot_with(self, index: int) -> int | None:
        """The first snapshot with a leaf, by bisection, as counts never fall."""
        client, contract = self.chain.client, await self.challenges.contract()
        low, high = 0, await client.call(contract, CensorshipChallenges.snapshot_count)
        count = high
        while low < high:
            middle = (low + high) // 2
            _, leaves = await client.call(contract, CensorshipChallenges.snapshots, middle)
            low, high = (low, middle) if leaves > index else (middle + 1, high)
        return low if low < count else None

    def _log(self, operator: Address, index: int) -> Any:
        return log.bind(chain=self.chain.name, operator=to_checksum(operator), index=index)

    async def _execute(self, purpose: str, data: bytes) -> int:
        """Send a call of the challenges contract; returns the block that it is in."""
        contract = await self.challenges.contract()
        receipt = await execute(self.chain, self.sender, purpose, contract, data)
        return receipt.block_number
