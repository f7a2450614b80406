"""When a delivery is settled, what is written down of it, and when it is tried again."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from hyperlane.agents.relayer.delivery import confirmation
from hyperlane.agents.relayer.delivery.confirmation import Confirmation
from hyperlane.agents.relayer.delivery.outcomes import Outcomes
from hyperlane.agents.relayer.delivery.preparation import _without_code
from hyperlane.agents.relayer.delivery.verdicts import (
    OUTAGE_PAUSE,
    Postponed,
    Retry,
    Settled,
    Verdict,
)
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import UNPAID, Reason
from hyperlane.chain.answers import Receipt
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.operations import Lane, Operation, OperationStore, State
from hyperlane.store.transactions import Signed, TransactionStore

MESSAGE = Message(VERSION, 1, 1337, bytes(32), 7331, bytes(32), b"")
OTHER = Message(VERSION, 2, 1337, bytes(32), 7331, bytes(32), b"")
BATCH, KEY, HASH = "batch", b"\x11" * 20, b"\x22" * 32
FINAL, NONCE, GAS = 100, 7, 90_000


@dataclass
class Relayer:
    """One delivery, and the parts of a relayer that settle it. Its chain is made up."""

    operations: OperationStore
    transactions: TransactionStore
    now: float = 0.0
    used: dict[Any, int] = field(default_factory=lambda: {FINAL: NONCE, "latest": NONCE})
    """By block, how many nonces are used."""
    receipts_now: list[Receipt | None] = field(default_factory=lambda: [None])
    """Told one after the other, the last for ever."""
    delivered: set[bytes] = field(default_factory=set)
    """By the final chain."""
    sending: set[str] = field(default_factory=set)
    maintained: int = 0
    asked: int = 0
    """Transactions whose receipts were asked for."""

    address = KEY

    async def write(self, *verdicts: Verdict) -> None:
        outcomes = Outcomes(
            chain="beta",
            operations=self.operations,
            transactions=self.transactions,
            chain_name=str,
            metrics=Metrics(),
            policy=RelayPolicy(),
            clock=lambda: self.now,
        )
        await outcomes.write(verdicts)

    async def receipts(self, transactions: list[Any], *, expected: bool = False) -> list[Any]:
        said = self.receipts_now
        self.asked += len(transactions)
        return [said.pop(0) if len(said) > 1 else said[0] for _ in transactions]

    async def maintain(self, _lost: list[Any]) -> None:
        self.maintained += 1

    async def final_block(self) -> int:
        return FINAL

    async def transaction_count(self, _address: bytes, block: Any) -> int:
        return self.used[block]

    async def confirms(self) -> bool:
        """One look; whether anything was settled."""
        chain: Any = SimpleNamespace(domain=7331, client=self)
        sender: Any = SimpleNamespace(
            store=self.transactions, receipts=self.receipts,
            maintain=self.maintain, address=KEY,
        )  # fmt: skip
        look = Confirmation(
            chain=chain,
            senders=[sender],
            operations=self.operations,
            is_sending=self.sending.__contains__,
        )
        settled = False
        async for verdicts in look.verdicts():
            await self.write(*verdicts)
            settled |= any(isinstance(item, Settled) for item in verdicts)
        return settled

    async def sends(self) -> None:
        fields = {"nonce": NONCE, "data": "0x"}
        await self.transactions.add([Signed(BATCH, fields, HASH, b"")], self.now)
        await self.operations.change(
            [MESSAGE.id], self.now, state=State.SUBMITTED, batch=BATCH, gas_estimate=GAS
        )

    async def operation(self) -> Operation:
        found = await self.operations.get(MESSAGE.id)
        assert found is not None
        return found


@pytest.fixture
async def relayer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Relayer]:
    database = await Database.open("sqlite+aiosqlite://")
    operations = OperationStore(database)
    async with database.write() as connection:
        for item in (MESSAGE, OTHER):
            await connection.execute(
                database.insert(tables.messages).values(
                    origin=1337, nonce=item.nonce, id=item.id, raw=item.encode(), block_number=1,
                    tx_hash=bytes(32),
                )
            )  # fmt: skip
        await operations.create(connection, [MESSAGE, OTHER], 0.0)
    made = Relayer(operations, TransactionStore(database, 7331, KEY))

    async def delivered(_chain: Any, ids: list[bytes], _block: int) -> set[bytes]:
        return made.delivered.intersection(ids)

    monkeypatch.setattr(confirmation, "delivered", delivered)
    yield made
    await database.close()


def receipt(block: int, *, succeeded: bool = True, gas: int = GAS) -> Receipt:
    return Receipt(HASH, block, succeeded, gas, 1)


async def test_several_batches_are_settled_in_one_commit_by_one_question(relayer, monkeypatch):
    """Or by one commit for so many messages that others can write in between."""
    questions: list[int] = []

    async def delivered(_chain: Any, ids: list[bytes], _block: int) -> set[bytes]:
        questions.append(len(ids))
        return set(ids)

    monkeypatch.setattr(confirmation, "delivered", delivered)
    for portion, commits in ((200, 1), (1, 2)):
        monkeypatch.setattr(confirmation, "_PORTION", portion)
        for number, message in enumerate((MESSAGE, OTHER)):
            batch, fields = f"{portion} {number}", {"nonce": NONCE + number, "data": "0x"}
            await relayer.transactions.add([Signed(batch, fields, HASH, b"")], 0.0)
            sent = {"state": State.SUBMITTED, "batch": batch, "gas_estimate": GAS}
            await relayer.operations.change([message.id], 0.0, **sent)
        relayer.receipts_now = [receipt(FINAL)]
        with commits_of(relayer.operations) as counted:
            assert await relayer.confirms()
        assert len(counted) == commits
        for message in (MESSAGE, OTHER):
            operation = await relayer.operations.get(message.id)
            assert operation.state is State.DELIVERED
    assert questions == [2, 2]


@pytest.mark.parametrize("reason", [Reason.GAS_PAYMENT_NOT_FOUND, Reason.ERROR_SUBMITTING])
async def test_a_payment_that_comes_during_an_attempt_counts(reason, relayer):
    operations, room = relayer.operations, dict.fromkeys(Lane, 1)
    (taken,) = await operations.take(7331, 0.0, {Lane.FRESH: 1})
    async with operations._database.write() as connection:
        await operations.promote(connection, [(taken.message.id, 7331)], waiting_for=UNPAID)
    await relayer.write(Retry(taken, reason, ""))
    found = await relayer.operation()
    assert found.lane is Lane.PAID_RETRY
    due = [item.message.id for item in await operations.take(7331, 0.0, room)]
    assert (taken.message.id in due) is (reason in UNPAID)


@contextmanager
def commits_of(operations: OperationStore) -> Iterator[list[int]]:
    """Counts what is committed meanwhile."""
    counted: list[int] = []

    def count(_connection: Any) -> None:
        counted.append(1)

    engine = operations._database.engine.sync_engine
    event.listen(engine, "commit", count)
    yield counted
    event.remove(engine, "commit", count)


class TestATransactionWithoutReceipt:
    @pytest.mark.parametrize(
        ("used", "settled"),
        [
            ({FINAL: NONCE, "latest": NONCE}, False),
            ({FINAL: NONCE, "latest": NONCE + 1}, False),
            ({FINAL: NONCE + 1, "latest": NONCE + 1}, True),
        ],
        ids=["nonce unused", "used in a block that is not final", "used for good"],
    )
    async def test_is_given_up_once_another_has_its_nonce_for_good(self, used, settled, relayer):
        await relayer.sends()
        relayer.used = used
        assert await relayer.confirms() is settled
        operation = await relayer.operation()
        assert operation.state is (State.PENDING if settled else State.SUBMITTED)
        assert bool(await relayer.transactions.live()) is not settled
        assert relayer.maintained == 1

    @pytest.mark.parametrize("block", [FINAL, FINAL + 1])
    async def test_is_asked_for_once_more_before_it_is_given_up(self, block, relayer):
        """One answer may be of a node that lags."""
        await relayer.sends()
        relayer.used[FINAL] = NONCE + 1
        relayer.receipts_now = [None, receipt(block)]
        relayer.delivered = {MESSAGE.id}
        assert await relayer.confirms() is (block == FINAL)
        expected = State.DELIVERED if block == FINAL else State.SUBMITTED
        assert (await relayer.operation()).state is expected

    async def test_is_left_alone_while_it_is_on_its_way_to_the_node(self, relayer):
        await relayer.sends()
        relayer.sending, relayer.used[FINAL] = {BATCH}, NONCE + 1
        assert not await relayer.confirms()
        assert (await relayer.operation()).state is State.SUBMITTED
        assert relayer.maintained == 0


class TestABlock:
    async def test_that_is_not_final_settles_nothing_and_may_go_away_again(self, relayer):
        await relayer.sends()
        relayer.receipts_now = [receipt(FINAL + 1)]
        assert not await relayer.confirms()
        operation = await relayer.operation()
        assert (operation.state, operation.block_number) == (State.INCLUDED, FINAL + 1)
        relayer.receipts_now = [None]
        assert not await relayer.confirms()
        operation = await relayer.operation()
        assert (operation.state, operation.block_number) == (State.SUBMITTED, None)

    async def test_that_is_not_final_is_not_asked_for_again_while_the_nonce_is_used(self, relayer):
        await relayer.sends()
        relayer.receipts_now = [receipt(FINAL + 1)]
        relayer.used["latest"] = NONCE + 1
        for _ in range(3):
            assert not await relayer.confirms()
        assert relayer.asked == 1
        relayer.used["latest"] = NONCE
        assert not await relayer.confirms()
        assert relayer.asked == 2, "a reorg may have removed it"

    async def test_costs_what_all_attempts_took(self, relayer):
        for succeeded in (False, True):
            await relayer.sends()
            relayer.receipts_now = [receipt(FINAL, succeeded=succeeded)]
            relayer.delivered = {MESSAGE.id} if succeeded else set()
            assert await relayer.confirms()
        operation = await relayer.operation()
        assert operation.state is State.DELIVERED
        assert (operation.gas_used, operation.wei_used, operation.failures) == (2 * GAS, 2 * GAS, 1)


@pytest.mark.parametrize(
    ("answers", "states"),
    [
        ([set(), {MESSAGE.id, OTHER.id}], [State.DELIVERED, State.DELIVERED]),
        ([{MESSAGE.id}], [State.DELIVERED, State.PENDING]),
    ],
    ids=["a state before the batch", "a state with a delivery that failed"],
)
async def test_a_state_without_any_delivery_of_a_batch_is_asked_again(
    relayer, monkeypatch, answers, states
):
    """A state that has one of them has all: who fails in a batch must not hold up the others."""
    answers = list(answers)

    async def delivered(*_: Any) -> set[Bytes32]:
        return answers.pop(0)

    monkeypatch.setattr(confirmation, "delivered", delivered)
    monkeypatch.setattr(confirmation, "_STATE_LAG", 0.0)
    await relayer.sends()
    sent = {"state": State.SUBMITTED, "batch": BATCH, "gas_estimate": GAS}
    await relayer.operations.change([OTHER.id], 0.0, **sent)
    relayer.receipts_now = [receipt(FINAL)]
    assert await relayer.confirms()
    found = [await relayer.operations.get(item.id) for item in (MESSAGE, OTHER)]
    assert [item.state for item in found] == states
    assert answers == []


@pytest.mark.parametrize("delivered", [True, False])
async def test_a_fee_that_no_database_holds_ends_nothing(relayer, delivered):
    """A node makes it up; it counts as the most that can be stored."""
    await relayer.sends()
    relayer.delivered = {MESSAGE.id} if delivered else set()
    relayer.receipts_now = [Receipt(HASH, FINAL, delivered, GAS, 1, data_fee=2**255)]
    assert await relayer.confirms()
    operation = await relayer.operation()
    assert operation.state is (State.DELIVERED if delivered else State.PENDING)
    assert operation.gas_used == 2**63 - 1


@pytest.mark.parametrize("again", ["being sent", "sent"])
async def test_a_batch_that_is_sent_again_during_a_look_is_left_alone(relayer, monkeypatch, again):
    """The node refuses it after the look has begun, and keeps the look waiting for its answers."""
    await relayer.operations.change([MESSAGE.id], 0.0, state=State.SUBMITTED, batch=BATCH)

    async def stall(transactions: list[Any], *, expected: bool = False) -> list[Any]:
        if again == "sent":
            await relayer.sends()
        else:
            relayer.sending.add(BATCH)
        return [None for _ in transactions]

    monkeypatch.setattr(relayer, "receipts", stall)
    assert not await relayer.confirms()
    operation = await relayer.operation()
    assert (operation.state, operation.batch) == (State.SUBMITTED, BATCH)


async def test_what_is_in_no_transaction_that_is_known_is_tried_again_at_once(relayer):
    """As after the database of another key."""
    await relayer.operations.change([MESSAGE.id], 0.0, state=State.SUBMITTED, batch="unknown")
    relayer.now = 50.0
    assert await relayer.confirms()
    operation = await relayer.operation()
    assert (operation.state, operation.batch) == (State.PENDING, None)
    assert operation.next_attempt == relayer.now
    assert operation.retries == 0


@pytest.mark.parametrize(
    ("state", "then"),
    [(State.PREPARING, State.PENDING), (State.SUBMITTED, State.SUBMITTED)],
)
async def test_an_outage_postpones_what_is_being_prepared_and_nothing_that_was_sent(
    state, then, relayer
):
    await relayer.operations.change([MESSAGE.id], 0.0, state=state)
    await relayer.write(Postponed([await relayer.operation()], "no RPC answers"))
    operation = await relayer.operation()
    assert (operation.state, operation.retries) == (then, 0)
    if then is State.PENDING:
        assert operation.next_attempt == OUTAGE_PAUSE


async def test_a_recipient_without_code_is_parked_at_the_third_look(relayer):
    states = []
    for _ in range(4):
        await relayer.write(_without_code(await relayer.operation()))
        states.append((await relayer.operation()).state)
    assert states == [State.PENDING, State.PENDING, State.DROPPED, State.DROPPED]


@pytest.mark.parametrize(
    ("age", "pause", "retries"),
    [(0.0, 0.2, 0), (4.0, 1.0, 0), (29.9, 2.0, 0), (30.0, 2.0, 1)],
)
async def test_signatures_are_expected_at_any_moment_for_half_a_minute(
    age, pause, retries, relayer
):
    relayer.now = age
    reason = Reason.AWAITING_VALIDATOR_SIGNATURES
    await relayer.write(Retry(await relayer.operation(), reason, "1 of 2"))
    operation = await relayer.operation()
    assert operation.next_attempt - age == pytest.approx(pause)
    assert operation.retries == retries


async def test_after_each_failure_in_a_block_the_next_attempt_is_four_times_as_far(relayer):
    pauses = []
    for _ in range(3):
        await relayer.sends()
        relayer.receipts_now = [receipt(FINAL, succeeded=False)]
        assert await relayer.confirms()
        pauses.append((await relayer.operation()).next_attempt - relayer.now)
    assert pauses == [15.0, 60.0, 240.0]
