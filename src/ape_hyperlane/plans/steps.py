"""The steps of a deployment, as data: an ordered list that makes and configures contracts.

A step has a name, so that later steps can refer to its contract before it exists. It also lists
readings: what views return once the step is done. They show whether a step is done already, and the
last reading of each view verifies the whole deployment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hyperlane.protocol.reserved import (
    reservation_address,
    reservation_code,
    reservation_salt,
    reserved_address,
)
from hyperlane.protocol.typecasts import Address, Bytes32, address_from_hex, to_checksum, to_hex


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to the contract that the step with this name makes."""

    step: str

    def __str__(self) -> str:
        return f"<{self.step}>"


@dataclass(frozen=True, slots=True)
class Creator:
    """A reference to the account that creates this step's contract: the sender of the run that does
    it, who may differ from the sender of the first run. The creator owns a contract until it is
    handed over."""

    step: str = ""
    """Filled in by the builder."""

    def __str__(self) -> str:
        return "<sender>"


CREATOR = Creator()


def with_creator(step: str, value: Any) -> Any:
    """`value`, with each unnamed creator replaced by that of the step."""
    if value == CREATOR:
        return Creator(step)
    if isinstance(value, tuple | list):
        return type(value)(with_creator(step, item) for item in value)
    return value


Target = Ref | str
"""A contract of this deployment, or an address."""


@dataclass(frozen=True, slots=True)
class Made:
    """A reference to the contract that another one has made itself, and returns by a view."""

    maker: Target
    contract: str
    """Name of the contract whose ABI the maker has."""
    view: str

    def __str__(self) -> str:
        return f"{self.maker}.{self.view}()"


@dataclass(frozen=True, slots=True)
class Initial:
    """An argument of a constructor that later calls can change. A journal does not compare it."""

    value: Any

    def __str__(self) -> str:
        return _shown(self.value)


IMPLEMENTATION_SLOT = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
"""Storage slot of a proxy's implementation, by ERC-1967."""
ADMIN_SLOT = 0xB53127684A568B3173AE13B9F8A6016E243E63B6E8EE1178D6A717850B5D6103
"""Storage slot of a proxy's admin, by ERC-1967."""

ABSENT = "nothing"
"""Stands for the result of a view that reverts because it has no such entry."""


@dataclass(frozen=True, slots=True)
class Subset:
    """An expected list that may have only these members, in any order; some may be missing."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return f"nothing but {_shown(list(self.values))}"


@dataclass(frozen=True, slots=True)
class Contains:
    """An expected list that has this member, whatever its others."""

    value: Any

    def __str__(self) -> str:
        return f"{_shown(self.value)} among it"


@dataclass(frozen=True, slots=True)
class Reading:
    """The expectation that `target.method(*arguments)` returns `expected`."""

    target: Target
    contract: str
    """Name of the contract whose ABI the target has."""
    method: str
    expected: Any
    arguments: tuple[Any, ...] = ()
    slot: int | None = None
    """Storage slot of the value, an address, for values that no view returns."""

    @property
    def subject(self) -> tuple[Any, ...]:
        """Identity of what is read: of two readings with one subject, the later one replaces the
        earlier one."""
        member = self.expected if isinstance(self.expected, Contains) else None
        return (self.target, self.method, self.arguments, member)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Call argument resolved on chain: the list's members that the config does not name. `rest` is
    appended to each. `first`: only one, for methods that remove one at a time."""

    reading: Reading
    """Reads the list; its `Subset` has the members that stay."""
    rest: tuple[Any, ...] = ()
    first: bool = False

    def __str__(self) -> str:
        return f"all of {self.reading.method}() but {_shown(list(self.reading.expected.values))}"


@dataclass(frozen=True, slots=True)
class Use:
    """A step without a transaction: names a contract that exists, or that another step makes."""

    name: str
    address: Target | Made
    readings: tuple[Reading, ...] = ()

    def describe(self) -> str:
        return f"use {self.address}"


@dataclass(frozen=True, slots=True)
class Reserve:
    """A step that has the deterministic deployer create a `Reservation`, which keeps an address for
    one contract of its owner. It depends on the fields here alone, so no journal is needed."""

    name: str
    what: str
    """Name of the contract among those of one salt."""
    owner: str
    salt: Bytes32
    readings: tuple[Reading, ...] = ()

    @property
    def address(self) -> str:
        """Address of the reservation."""
        return to_checksum(reservation_address(self._owner, self.salt, self.what))

    @property
    def reserved(self) -> str:
        """The address that is kept."""
        return to_checksum(reserved_address(self._owner, self.salt, self.what))

    @property
    def data(self) -> bytes:
        """Calldata for the deterministic deployer: salt and creation code."""
        return reservation_salt(self.salt, self.what) + reservation_code(self._owner)

    def describe(self) -> str:
        salt = to_hex(self.salt)
        return f"reserve {self.reserved} for {self.what}: account {self.owner}, salt {salt}"

    @property
    def _owner(self) -> Address:
        return address_from_hex(self.owner, "owner")


def reserve(step: str, what: str, owner: str, salt: Bytes32 | None) -> Reserve | None:
    """The reservation for the contract that the step with this name makes; None without a salt."""
    return None if salt is None else Reserve(f"{step}Reservation", what, owner, salt)


@dataclass(frozen=True, slots=True)
class Create:
    """A step that creates a contract by a transaction."""

    name: str
    contract: str
    arguments: tuple[Any, ...] = ()
    readings: tuple[Reading, ...] = ()
    permanent: bool = False
    """True if other arguments than in an earlier run are an error. Otherwise they make a new
    contract."""
    reserve: Reserve | None = None
    """The reservation that creates the contract; None for the account that sends the step."""

    def describe(self) -> str:
        where = f" at {self.reserve.reserved}" if self.reserve else ""
        return f"create {self.contract}({_listed(self.arguments)}){where}"


@dataclass(frozen=True, slots=True)
class CreateSet:
    """A step that has a static factory deploy `contract` for a list of addresses; nothing is sent
    if the factory did so before."""

    name: str
    contract: str
    factory: str
    """Name of the step that makes the factory, whose contract is called `<contract>Factory`."""
    members: tuple[Any, ...]
    """Addresses, or pairs of an address and its weight."""
    threshold: int
    readings: tuple[Reading, ...] = ()

    @property
    def cloned(self) -> bool:
        """True if the contract is a small proxy, instead of a copy of the code."""
        return self.contract.startswith("Cloned")

    def describe(self) -> str:
        members = _listed(self.members)
        return f"create {self.contract} of {self.threshold} of {len(self.members)}: {members}"


@dataclass(frozen=True, slots=True)
class Call:
    """A step that calls a contract by a transaction, unless its readings hold already."""

    name: str
    target: Target
    contract: str
    method: str
    arguments: tuple[Any, ...]
    readings: tuple[Reading, ...] = ()
    repeatable: bool = False
    """True if the target's owner may call again, which is needed whenever the readings no longer
    hold."""
    reverts_when_done: bool = False
    """True if a second call reverts. That is stronger evidence than readings, which may hold before
    the first call."""
    reserve: Reserve | None = None
    """The reservation that makes the call, as the target's creator; None for the account that sends
    the step."""

    @property
    def repeats(self) -> bool:
        """True if the call removes one member of a list at a time, so may be needed again."""
        columns = (value if isinstance(value, list) else [value] for value in self.arguments)
        return any(
            isinstance(value, Unlisted) and value.first for column in columns for value in column
        )

    def describe(self) -> str:
        return f"call {self.target}.{self.method}({_listed(map(_legible, self.arguments))})"


Action = Reserve | Create | CreateSet | Call
"""A step that takes a transaction."""

Step = Use | Action


def final_readings(steps: Iterable[Step]) -> list[Reading]:
    """The readings that hold once all steps are done: later ones replace earlier ones."""
    final = {reading.subject: reading for step in steps for reading in step.readings}
    return list(final.values())


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(_shown, values))


def _legible(value: Any) -> Any:
    """Bytes as hex. Not for arguments of `Create`: journals compare their description, and earlier
    versions wrote it without."""
    if isinstance(value, list | tuple):
        return type(value)(map(_legible, value))
    return f"0x{value.hex()}" if isinstance(value, bytes) else value


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{_listed(value)}]" if isinstance(value, list) else f"({_listed(value)})"
    return str(value)
