"""The handle of a planned contract: plans the calls that configure it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ape_hyperlane.plans.steps import (
    Call,
    Contains,
    Reading,
    Ref,
    Reserve,
    Step,
    Subset,
    Unlisted,
    with_creator,
)


@dataclass(frozen=True, slots=True)
class Table:
    """Methods of a table by domain whose keys `domains()` lists."""

    view: str
    setter: str
    remover: str
    removed: tuple[Any, ...] = ()
    """Appended to each domain for a remover that takes pairs."""
    columns: bool = False
    """True if the setter takes a list of keys and a list of values, false for a list of pairs."""


@dataclass(frozen=True, slots=True)
class MemberList:
    """Methods of a list, or of a list per key. Adder and remover take the key, if any, and one
    member."""

    view: str
    adder: str
    remover: str
    columns: bool = False
    """True if adder and remover take a list of each instead."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Methods of a mapping whose keys cannot be listed."""

    view: str
    setter: str
    remover: str
    absent: Any
    """Result of the view for a key without an entry."""


class Steps(Protocol):
    """The part of a builder that handles need."""

    steps: list[Step]

    def expect_at_creation(self, reading: Reading) -> None: ...

    def transfer_ownership(self, contract: "PlannedContract", owner: str | None) -> None: ...


@dataclass(frozen=True, slots=True)
class PlannedContract:
    """A contract of a plan. Its methods append steps to the plan, except `reading` and
    `state_readings`."""

    plan: Steps
    ref: Ref
    contract: str
    """Name of the contract whose ABI it has: behind a proxy, the implementation's."""
    reserve: Reserve | None = None
    """The reservation that creates the code, and so may initialise it; None for the sender."""

    def reading(self, view: str, expected: Any, *arguments: Any) -> Reading:
        """The expectation that a view returns `expected`."""
        return Reading(self.ref, self.contract, view, expected, arguments)

    def state_readings(self, state: Mapping[str, Any]) -> tuple[Reading, ...]:
        """The expected results of views without arguments."""
        return tuple(
            self.reading(view, with_creator(self.ref.step, value)) for view, value in state.items()
        )

    def call(
        self, method: str, arguments: tuple[Any, ...], *readings: Reading, label: str = ""
    ) -> None:
        """Plans a call that the owner may repeat, made whenever a reading does not hold. `label`
        distinguishes the steps that call one method."""
        self._append(method, arguments, readings, label=label, repeatable=True)

    def call_once(
        self,
        method: str,
        arguments: tuple[Any, ...],
        state: Mapping[str, Any],
        *,
        reverts_when_done: bool = False,
    ) -> None:
        """Plans a call that can be made once only, by the contract's creator."""
        readings = self.state_readings(state)
        self._append(
            method,
            arguments,
            readings,
            reverts_when_done=reverts_when_done,
            reserve=self.reserve,
        )

    def set(self, view: str, value: Any, setter: str = "") -> None:
        """Plans a setting: `setX` for the view `x` unless the setter has another name."""
        setter = setter or f"set{view[0].upper()}{view[1:]}"
        self.call(setter, (value,), *self.state_readings({view: value}))

    def pause(self, paused: bool) -> None:
        """Plans pausing or unpausing."""
        method = "pause" if paused else "unpause"
        self.call(method, (), *self.state_readings({"paused": paused}))

    def table(self, table: Table, entries: Mapping[int, Any]) -> None:
        """Plans a table by domain with these entries and no others."""
        listed = self.reading("domains", Subset(tuple(entries)))
        self.plan.expect_at_creation(listed)
        unlisted = Unlisted(listed, table.removed)
        self.call(table.remover, (unlisted,), listed, label="surplus ")
        if entries:
            rows: tuple[Any, ...] = (list(entries.items()),)
            if table.columns:
                rows = (list(entries), list(entries.values()))
            readings = [
                self.reading(table.view, value, domain) for domain, value in entries.items()
            ]
            self.call(table.setter, rows, *readings)

    def members(
        self,
        listing: MemberList,
        members: tuple[Any, ...],
        *key: Any,
        initially_empty: bool = True,
    ) -> None:
        """Plans a list, under a key or not, with these members and no others. `initially_empty`:
        True if a new contract's list has no other members."""
        unlisted = self._unlisted(listing.view, members, key, initially_empty)
        arguments = _row((*key, unlisted), listing.columns)
        self._remove(listing.remover, arguments, unlisted)
        for member in members:
            row = (*key, member)
            reading = self.reading(listing.view, Contains(member), *key)
            label = " ".join(map(_label, (*row, "")))
            self.call(listing.adder, _row(row, listing.columns), reading, label=label)

    def remove_unlisted(
        self, view: str, members: tuple[Any, ...], remover: str, *rest: Any
    ) -> None:
        """Plans the removal of all members of a list but these, one by one. `rest` are further
        arguments of the remover."""
        unlisted = self._unlisted(view, members, (), True)
        self._remove(remover, (unlisted, *rest), unlisted)

    def entry(self, entry: Entry, key: int, value: Any) -> None:
        """Plans the value under a key; None for no entry."""
        label = f"{key} "
        if value is not None:
            reading = self.reading(entry.view, value, key)
            self.call(entry.setter, (key, value), reading, label=label)
            return
        reading = self.reading(entry.view, entry.absent, key)
        self.plan.expect_at_creation(reading)
        self.call(entry.remover, (key,), reading, label=label)

    def hand_over(self, owner: str | None) -> None:
        """Plans the transfer of ownership to `owner`, or to the plan's owner, as a last step."""
        self.plan.transfer_ownership(self, owner)

    def _unlisted(
        self, view: str, members: tuple[Any, ...], key: tuple[Any, ...], initially_empty: bool
    ) -> Unlisted:
        listed = self.reading(view, Subset(members), *key)
        if initially_empty:
            self.plan.expect_at_creation(listed)
        return Unlisted(listed, first=True)

    def _remove(self, remover: str, arguments: tuple[Any, ...], unlisted: Unlisted) -> None:
        # "surplus" is part of step names, by which journals know the steps of earlier runs.
        label = " ".join(map(str, ("surplus", *unlisted.reading.arguments, "")))
        self.call(remover, arguments, unlisted.reading, label=label)

    def _append(
        self,
        method: str,
        arguments: tuple[Any, ...],
        readings: tuple[Reading, ...],
        *,
        label: str = "",
        **kind: Any,
    ) -> None:
        name = f"{method} {label}of {self.ref.step}"
        arguments = with_creator(self.ref.step, arguments)
        call = Call(name, self.ref, self.contract, method, arguments, readings, **kind)
        self.plan.steps.append(call)


def _row(values: tuple[Any, ...], columns: bool) -> tuple[Any, ...]:
    return tuple([value] for value in values) if columns else values


def _label(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
