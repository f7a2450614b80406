"""What a deployment consists of: an ordered list of steps, as data.

A step names what it makes, so that later steps can refer to it before it exists, and carries the
readings that are true once it is carried out: they tell whether a step is done, and the last word
on each checks the whole in the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ref:
    """The address of the contract that the step with this name makes."""

    step: str

    def __str__(self) -> str:
        return f"<{self.step}>"


Target = Ref | str
"""A contract of this deployment, or an address."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`target.method(*arguments)` returns `expected`."""

    target: Target
    contract: str
    """Whose ABI the target has."""
    method: str
    expected: Any
    arguments: tuple[Any, ...] = ()

    @property
    def subject(self) -> tuple[Target, str, tuple[Any, ...]]:
        """What is read; two readings of it cannot expect different things at the same time."""
        return (self.target, self.method, self.arguments)


@dataclass(frozen=True, slots=True)
class Create:
    """Create a contract by a transaction."""

    name: str
    contract: str
    arguments: tuple[Any, ...] = ()
    readings: tuple[Reading, ...] = ()
    replaceable: bool = False
    """Whether other arguments than in an earlier run mean another contract, not a mistake."""

    def describe(self) -> str:
        return f"create {self.contract}({_listed(self.arguments)})"


@dataclass(frozen=True, slots=True)
class CreateSet:
    """Have a static factory deploy `contract` for a list of addresses, unless it did before."""

    name: str
    contract: str
    factory: str
    """The step that made the factory; the contract is this contract's name and `Factory`."""
    members: tuple[Target, ...]
    threshold: int
    readings: tuple[Reading, ...] = ()

    def describe(self) -> str:
        members = _listed(self.members)
        return f"create {self.contract} of {self.threshold} of {len(self.members)}: {members}"


@dataclass(frozen=True, slots=True)
class Call:
    """Call a contract by a transaction, unless its readings hold already."""

    name: str
    target: Target
    contract: str
    method: str
    arguments: tuple[Any, ...]
    readings: tuple[Reading, ...] = ()
    repeatable: bool = False
    """Whether the target's owner may call again, as soon as the readings do not hold any more."""

    def describe(self) -> str:
        return f"call {self.target}.{self.method}({_listed(self.arguments)})"


Step = Create | CreateSet | Call


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(_shown, values))


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{_listed(value)}]" if isinstance(value, list) else f"({_listed(value)})"
    return str(value)


def final_readings(steps: Iterable[Step]) -> list[Reading]:
    """What holds when all steps are carried out: a later reading replaces an earlier one."""
    final = {reading.subject: reading for step in steps for reading in step.readings}
    return list(final.values())
