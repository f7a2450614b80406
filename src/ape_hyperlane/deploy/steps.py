"""What a deployment consists of: an ordered list of steps, as data.

A step names what it makes, so that later steps can refer to it before it exists, and carries the
readings that are true once everything is deployed: they tell whether a step is done, and check the
whole in the end.
"""

from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Create:
    """Create a contract by a transaction."""

    name: str
    contract: str
    arguments: tuple[Any, ...] = ()
    readings: tuple[Reading, ...] = ()

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
    readings: tuple[Reading, ...] = field(default=())

    def describe(self) -> str:
        return f"call {self.target}.{self.method}({_listed(self.arguments)})"


Step = Create | CreateSet | Call


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join(str(value) for value in values)
