"""Modules and validators that change after they were read: the next attempt sees it."""

from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.building import Line, addresses, announce_at
from tests.support.devnet import key
from tests.support.words import raw

from hyperlane.agents.relayer.delivery.preparation import Candidate, Preparation, Prepared
from hyperlane.agents.relayer.delivery.verdicts import Postponed, Retry
from hyperlane.agents.relayer.reasons import Reason
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import Message
from hyperlane.store.payments import GasPaid

LATER = 300.0
"""Seconds between two attempts: nothing that the first one read is recent."""


class Attempts:
    """Attempts to prepare one message, by the outcome of the one before."""

    def __init__(self, way: Line, message: Message, module: Any) -> None:
        nothing: Any = None
        policy: Any = SimpleNamespace(app_context=lambda _: "test")
        self.way, self.module, self.now = way, raw(module), 0.0
        self.operation: Any = SimpleNamespace(message=message, reason=None)
        self.preparation = Preparation(
            chain=way.builder.destination, operations=nothing, origins={1337: way.origin},
            policy=policy, builder=way.builder, metrics=Metrics(), warm_up=nothing,
        )  # fmt: skip
        way.builder.modules._setups.clock = lambda: self.now
        way.origin.signatures._located.clock = lambda: self.now

    async def next(self) -> Reason | None:
        """Why nothing could be prepared."""
        self.now += LATER
        paid = GasPaid()
        found = await self.preparation.build(Candidate(self.operation, self.module, paid))
        assert not isinstance(found, Postponed)
        if isinstance(found, Prepared):
            return None
        assert isinstance(found, Retry)
        self.operation.reason = found.reason
        return found.reason


@pytest.mark.parametrize("kind", ["MessageId", "MerkleRoot"])
async def test_a_retry_asks_for_the_validators_that_sign_now(kind, way: Line):
    module = way.target.deploy(f"Storage{kind}MultisigIsm", addresses(1, 2), 2)
    message = await way.send(module)
    await way.sign(3, 4)
    attempts = Attempts(way, message, module)
    for _ in range(2):
        assert await attempts.next() is Reason.AWAITING_VALIDATOR_SIGNATURES
    way.target.send(module.functions.setValidatorsAndThreshold(addresses(3, 4), 2))
    assert await attempts.next() is None


async def test_a_retry_reads_where_a_validator_stores_its_signatures_now(way: Line):
    moved = 7
    announce_at(way.source, moved, f"file://{way.folders}/before")
    module = way.target.deploy("StorageMessageIdMultisigIsm", [key(moved).address], 1)
    message = await way.send(module)
    (way.folders / f"v{moved}").mkdir()
    await way.sign(moved)
    attempts = Attempts(way, message, module)
    for _ in range(2):
        assert await attempts.next() is Reason.AWAITING_VALIDATOR_SIGNATURES
    announce_at(way.source, moved, f"file://{way.folders}/v{moved}")
    assert await attempts.next() is None
