"""The gas of a transaction under any schedule, computed from the trace of its instructions.

What is computed under the schedule of the node equals the receipt's gas exactly: `bills.py` asserts
that for each transaction before it says what the same instructions cost under another schedule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from benchmarks.opcodes import (
    STATIC,
    by_size,
    memory_gas,
    memory_words,
    precompile_gas,
    words,
)
from benchmarks.schedules import Schedule

CALL_VALUE, STIPEND, NEW_ACCOUNT = 9_000, 2_300, 25_000
PRECOMPILES = 17
ENDS = {"STOP", "RETURN", "REVERT"}
CALLS = {"CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"}
CREATIONS = {"CREATE", "CREATE2"}
QUESTIONS = {"BALANCE", "EXTCODESIZE", "EXTCODEHASH", "EXTCODECOPY"}
NOBODY = -1
"""Stands for the address of a contract whose creation fails."""


class OutOfGas(Exception):
    """A call would fail under this schedule that succeeded on the node."""


@dataclass(frozen=True)
class Trace:
    """A mined transaction: its fields, its instructions, and the accounts before it."""

    transaction: Mapping[str, Any]
    created: int | None
    coinbase: int
    steps: Sequence[Mapping[str, Any]]
    before: Mapping[int, Mapping[str, Any]]

    def slot(self, address: int, slot: int) -> int:
        storage = self.before.get(address, {}).get("storage", {})
        return int(storage.get(f"0x{slot:064x}", "0x0"), 16)

    def existed(self, address: int) -> bool:
        account = self.before.get(address, {})
        return bool(
            int(account.get("balance", "0x0"), 16)
            or account.get("nonce", 0)
            or account.get("code", "0x") != "0x"
        )


@dataclass
class State:
    """What a call that reverts takes back."""

    warm: set[int | tuple[int, int]]
    slots: dict[tuple[int, int], int] = field(default_factory=dict)
    alive: set[int] = field(default_factory=set)
    refund: int = 0

    def copy(self) -> "State":
        return State(set(self.warm), dict(self.slots), set(self.alive), self.refund)


@dataclass
class Frame:
    """A call that runs."""

    address: int
    gas: int
    before: State
    creates: bool = False
    memory: int = 0

    def spend(self, gas: int) -> None:
        if gas > self.gas:
            raise OutOfGas(f"{gas:,} of {self.gas:,} left, in {self.address:#x}")
        self.gas -= gas


def gas_used(trace: Trace, schedule: Schedule, limit: int | None = None) -> int:
    """The gas that the receipt would say under a schedule, with another gas limit if one is given.

    OutOfGas if a call that passes on a fixed amount needs more than that.
    """
    return _Computation(trace, schedule, limit or int(trace.transaction["gas"], 16)).run()


def intrinsic(transaction: Mapping[str, Any], schedule: Schedule) -> tuple[int, int]:
    """What a transaction takes before its first instruction, and what it takes at least."""
    data = bytes.fromhex(transaction["input"][2:])
    zeros = data.count(0)
    base = schedule.transaction
    if int(transaction["value"], 16):
        base += schedule.with_value
    least = base + schedule.floor_token * (zeros + 4 * (len(data) - zeros))
    creation = 0 if transaction["to"] else 32_000 + 2 * words(len(data))
    return base + 4 * zeros + 16 * (len(data) - zeros) + creation, least


class _Computation:
    def __init__(self, trace: Trace, schedule: Schedule, limit: int) -> None:
        self.trace, self.schedule = trace, schedule
        to, created = trace.transaction["to"], trace.created
        target = int(to, 16) if to else NOBODY if created is None else created
        sender = int(trace.transaction["from"], 16)
        warm = {sender, target, trace.coinbase, *range(1, PRECOMPILES + 1)}
        self.state = State(set(warm))
        first, self.least = intrinsic(trace.transaction, schedule)
        self.limit = limit
        self.frames = [Frame(target, limit, self.state.copy(), creates=not to)]
        self.frames[0].spend(first)

    def run(self) -> int:
        left = self.frames[0].gas
        for index, (step, following) in enumerate(pairwise([*self.trace.steps, {"depth": 0}])):
            name, stack, frame = step["op"], step["stack"], self.frames[-1]
            if name in CALLS:
                self._call(step, entered=following["depth"] > step["depth"])
            elif name in CREATIONS:
                self._create(index, name, stack, entered=following["depth"] > step["depth"])
            elif name in ENDS:
                left = self._end(name, stack)
            elif following["depth"] < step["depth"]:
                left = self._halt()
            else:
                frame.spend(self._price(name, stack))
        used = self.limit - left
        return max(used - min(self.state.refund, used // 5), self.least)

    def _price(self, name: str, stack: Sequence[str]) -> int:
        if name == "SLOAD":
            return self._find_slot(int(stack[-1], 16)) or self.schedule.warm
        if name == "SSTORE":
            return self._store(int(stack[-1], 16), int(stack[-2], 16))
        asked = name in QUESTIONS
        plain = self._find_account(int(stack[-1], 16)) if asked else STATIC[name]
        return plain + by_size(name, stack) + self._grow(name, stack)

    def _grow(self, name: str, stack: Sequence[str]) -> int:
        frame, size = self.frames[-1], memory_words(name, stack)
        if size <= frame.memory:
            return 0
        before, frame.memory = frame.memory, size
        return memory_gas(size) - memory_gas(before)

    def _find_account(self, address: int) -> int:
        address %= 2**160
        if address in self.state.warm:
            return self.schedule.warm
        self.state.warm.add(address)
        return self.schedule.cold_account

    def _find_slot(self, slot: int) -> int:
        """What finding a slot costs if it is cold."""
        key = self.frames[-1].address, slot
        if key in self.state.warm:
            return 0
        self.state.warm.add(key)
        return self.schedule.cold_slot

    def _store(self, slot: int, new: int) -> int:
        found = self._find_slot(slot)
        key = self.frames[-1].address, slot
        original = self.trace.slot(*key)
        current = self.state.slots.get(key, original)
        if new == current:
            return found + self.schedule.warm
        self.state.slots[key] = new
        full = self.schedule.rewritten_slot if original else self.schedule.new_slot
        if original:
            self.state.refund += self.schedule.cleared_slot * ((new == 0) - (current == 0))
        if current == original:
            return found + full
        if new == original:
            self.state.refund += full - self.schedule.warm
        return found + self.schedule.warm

    def _call(self, step: Mapping[str, Any], *, entered: bool) -> None:
        name, stack = step["op"], step["stack"]
        frame, to = self.frames[-1], int(stack[-2], 16) % 2**160
        value = int(stack[-3], 16) if name in ("CALL", "CALLCODE") else 0
        gas = self._find_account(to) + self._grow(name, stack)
        if value:
            gas += CALL_VALUE
            if name == "CALL" and not self._alive(to):
                gas += NEW_ACCOUNT
        frame.spend(gas)
        given, wanted = frame.gas - frame.gas // 64, int(stack[-1], 16)
        if wanted < int(step["gas"]):  # or it asked for all there was, which may be more now
            given = min(given, wanted)
        frame.spend(given)
        inner = Frame(
            address=to if name in ("CALL", "STATICCALL") else frame.address,
            gas=given + (STIPEND if value else 0),
            before=self.state.copy(),
        )
        if value:
            self.state.alive.add(to)
        if entered:
            self.frames.append(inner)
            return
        if 0 < to <= PRECOMPILES:
            size = int(stack[-5 if name in ("CALL", "CALLCODE") else -4], 16)
            inner.spend(precompile_gas(to, size))
        frame.gas += inner.gas

    def _alive(self, address: int) -> bool:
        return address in self.state.alive or self.trace.existed(address)

    def _create(self, index: int, name: str, stack: Sequence[str], *, entered: bool) -> None:
        frame = self.frames[-1]
        frame.spend(STATIC[name] + by_size(name, stack) + self._grow(name, stack))
        address = self._created(index) or NOBODY
        self.state.warm.add(address)
        given = frame.gas - frame.gas // 64
        inner = Frame(address, given, self.state.copy(), creates=True)
        self.state.alive.add(address)
        if entered:
            frame.spend(given)
            self.frames.append(inner)

    def _created(self, index: int) -> int:
        """The address that a creation leaves on the stack once it is done."""
        steps = self.trace.steps
        depth = steps[index]["depth"]
        after = next(step for step in steps[index + 1 :] if step["depth"] == depth)
        return int(after["stack"][-1], 16)

    def _end(self, name: str, stack: Sequence[str]) -> int:
        """Ends the innermost call as its last instruction says; the gas that it leaves."""
        frame = self.frames[-1]
        frame.spend(self._grow(name, stack))
        if name == "REVERT":
            self.state = frame.before
        elif frame.creates and name == "RETURN":
            frame.spend(self.schedule.code_byte * int(stack[-2], 16))
        return self._leave(frame.gas)

    def _halt(self) -> int:
        """Ends the innermost call by an error that takes all of its gas."""
        self.state = self.frames[-1].before
        return self._leave(0)

    def _leave(self, left: int) -> int:
        self.frames.pop()
        if self.frames:
            self.frames[-1].gas += left
        return left
