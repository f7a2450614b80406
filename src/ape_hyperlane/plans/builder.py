"""What all plans are made of: contracts, what their views say, and who gets them in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ape_hyperlane.plans.steps import (
    ADMIN_SLOT,
    IMPLEMENTATION_SLOT,
    MAKER,
    Call,
    Create,
    Includes,
    Reading,
    Ref,
    Step,
    Surplus,
    Target,
    Use,
    Within,
    made_by,
)
from hyperlane.errors import ConfigError
from hyperlane.registry import ChainAddresses
from hyperlane.registry.core_config import ProxyAdmin
from hyperlane.registry.fields import Placed
from hyperlane.registry.models import checksummed, suggest

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a plan knows of the registry: a domain for each chain, and the contracts there."""

    domains: Mapping[str, int]
    addresses: Mapping[str, ChainAddresses] = field(default_factory=dict)
    here: str = ""
    """The chain that the plan is for."""

    def domain(self, chain: str, place: str) -> int:
        """Of a chain in the registry, or the number itself; ConfigError naming `place`."""
        if chain.isdecimal():
            if not 0 < int(chain) < 2**32:
                raise ConfigError(f"{place}.{chain}: expected a domain, 1 to {2**32 - 1}")
            return int(chain)
        if chain not in self.domains:
            raise ConfigError(
                f"{place}.{chain}: not in the registry; {suggest(chain, self.domains)}, or a domain"
            )
        return self.domains[chain]

    def by_domain(self, values: Mapping[str, Any], place: str) -> dict[int, Any]:
        """The same by domain; ConfigError when two names mean one."""
        found: dict[int, Any] = {}
        for chain, value in values.items():
            domain = self.domain(chain, place)
            if domain in found:
                raise ConfigError(f"{place}.{chain}: domain {domain} appears twice")
            found[domain] = value
        return found

    def over_ccip(self, kind: str, remote: str) -> str:
        """The contract here that the registry has, as the reference writes it, for a remote chain;
        ConfigError when it has none."""
        key, file = f"{kind}_{remote}", f"chains/{self.here}/addresses.yaml"
        known = self.addresses[self.here].as_file() if self.here in self.addresses else {}
        if not known.get(key):
            raise ConfigError(
                f"{kind}: router and chainSelector: required, since {file} has no {key}; name both,"
                " or the address of one that exists"
            )
        try:
            return checksummed(known[key])
        except ValueError as error:
            raise ConfigError(f"{file}: {key}: {error}") from None

    def counterpart(self, chain: str, key: str) -> str | None:
        """What the registry has under `key` for a chain given by name or domain."""
        names = [chain]
        if chain.isdecimal():
            names = [name for name, domain in self.domains.items() if str(domain) == chain]
        for name in names:
            if name in self.addresses:
                known = self.addresses[name].as_file()
                return known.get(key) or known.get(f"{key}_{self.here}") or None
        return None


@dataclass
class Builder:
    """Collects steps. Ownership goes last, when its owner has nothing left to set up."""

    deployer: str
    """Of the first run. What a run makes, its sender owns at first: `MAKER`."""
    owner: str
    """Of all for which no other is named."""
    mailbox: Target
    surroundings: Surroundings
    proxy_admin: ProxyAdmin | None = None
    """Set when contracts that can be upgraded shall be."""
    router: Ref | None = None
    """Whose transfers a rate limit is for, if the config does not say."""
    steps: list[Step] = field(default_factory=list)
    hand_overs: list[Step] = field(default_factory=list)
    hybrids: list[tuple[Placed, Ref]] = field(default_factory=list)
    """What was planned as a hook and may be meant as a module, too, or the other way round."""

    def create(
        self,
        name: str,
        contract: str,
        arguments: tuple[Any, ...] = (),
        *readings: Reading,
        address: str | None = None,
        permanent: bool = False,
        state: Mapping[str, Any] = NOTHING,
    ) -> Ref:
        """A new contract, or the one at `address`, and what its views say from then on."""
        told = (*readings, *readings_of(Ref(name), contract, state))
        arguments = made_by(name, arguments)
        if address is not None:
            self.steps.append(Use(name, address, told))
        else:
            self.steps.append(Create(name, contract, arguments, told, permanent))
        return Ref(name)

    def create_upgradeable(
        self,
        name: str,
        contract: str,
        arguments: tuple[Any, ...] = (),
        *,
        state: Mapping[str, Any] = NOTHING,
    ) -> Ref:
        """A new contract for good; behind a proxy if code shall be upgradeable."""
        if self.proxy_admin is None:
            return self.create(name, contract, arguments, permanent=True, state=state)
        admin = self._admin(self.proxy_admin)
        implementation = self.create(f"{name}Implementation", contract, arguments, permanent=True)
        return self.create(
            name,
            "TransparentUpgradeableProxy",
            (implementation, admin, b""),
            Reading(
                Ref(name), contract, "implementation", implementation, slot=IMPLEMENTATION_SLOT
            ),
            Reading(Ref(name), contract, "admin", admin, slot=ADMIN_SLOT),
            *readings_of(Ref(name), contract, state),
            permanent=True,
        )

    def _admin(self, config: ProxyAdmin) -> Ref:
        admin = Ref("proxyAdmin")
        if not self.has(admin.step):
            self.create(admin.step, "ProxyAdmin", (MAKER,), address=config.address)
            self.hand_over(admin, "ProxyAdmin", config.owner)
        return admin

    def call(
        self,
        method: str,
        target: Ref,
        contract: str,
        arguments: tuple[Any, ...],
        *readings: Reading,
        repeatable: bool = False,
        once: bool = False,
        state: Mapping[str, Any] = NOTHING,
        about: str = "",
    ) -> None:
        """A call, and what the views of its target say from then on. `about` tells calls of one
        method apart."""
        told = (*readings, *readings_of(target, contract, state))
        arguments = made_by(target.step, arguments)
        name = f"{method} {about}of {target.step}"
        self.steps.append(Call(name, target, contract, method, arguments, told, repeatable, once))

    def set(self, target: Ref, contract: str, view: str, value: Any, setter: str = "") -> None:
        """What the owner can change: `setX` for the view `x`, if there is no other setter."""
        setter = setter or f"set{view[0].upper()}{view[1:]}"
        self.call(setter, target, contract, (value,), repeatable=True, state={view: value})

    def pause(self, target: Ref, contract: str, paused: bool) -> None:
        method = "pause" if paused else "unpause"
        self.call(method, target, contract, (), repeatable=True, state={"paused": paused})

    def table(
        self,
        target: Ref,
        contract: str,
        entries: Mapping[int, Any],
        *,
        view: str,
        setter: str,
        remover: str,
        removed: tuple[Any, ...] = (),
        columns: bool = False,
    ) -> None:
        """A table by domain that has these entries and no others. The setter takes a list of pairs,
        or two `columns`."""
        listed = Reading(target, contract, "domains", Within(tuple(entries)))
        self._starts_with(listed)
        told = [
            Reading(target, contract, view, value, (domain,)) for domain, value in entries.items()
        ]
        surplus = Surplus(listed, removed)
        self.call(remover, target, contract, (surplus,), listed, repeatable=True, about="surplus ")
        if entries:
            rows: tuple[Any, ...] = (list(entries.items()),)
            if columns:
                rows = (list(entries), list(entries.values()))
            self.call(setter, target, contract, rows, *told, repeatable=True)

    def members(
        self,
        target: Ref,
        contract: str,
        view: str,
        wanted: tuple[Any, ...],
        *,
        adder: str,
        remover: str,
        key: tuple[Any, ...] = (),
        columns: bool = False,
        empty: bool = True,
    ) -> None:
        """A list, under a key or not, that has these members and no others. Adder and remover take
        a key and a member, or with `columns` a list of each. `empty` when it has none of others at
        first."""
        self.prune(target, contract, view, wanted, remover, key=key, columns=columns, empty=empty)
        for each in wanted:
            told = Reading(target, contract, view, Includes(each), key)
            arguments, about = _row((*key, each), columns), " ".join(map(_name, (*key, each, "")))
            self.call(adder, target, contract, arguments, told, repeatable=True, about=about)

    def entry(
        self,
        target: Ref,
        contract: str,
        view: str,
        key: int,
        value: Any,
        *,
        setter: str,
        remover: str,
        absent: Any,
    ) -> None:
        """The value under a key; None for no entry, of which the view says `absent`."""
        told = Reading(target, contract, view, absent if value is None else value, (key,))
        method, arguments = (setter, (key, value)) if value is not None else (remover, (key,))
        if value is None:
            self._starts_with(told)
        self.call(method, target, contract, arguments, told, repeatable=True, about=f"{key} ")

    def _starts_with(self, reading: Reading) -> None:
        """What a new target says from the beginning."""
        for index, step in enumerate(self.steps):
            if isinstance(step, Create) and Ref(step.name) == reading.target:
                self.steps[index] = replace(step, readings=(*step.readings, reading))

    def prune(
        self,
        target: Ref,
        contract: str,
        view: str,
        wanted: tuple[Any, ...],
        remover: str,
        rest: tuple[Any, ...] = (),
        key: tuple[Any, ...] = (),
        columns: bool = False,
        empty: bool = True,
    ) -> None:
        """Removes the members of a list that are not wanted, one by one."""
        listed = Reading(target, contract, view, Within(wanted), key)
        if empty:
            self._starts_with(listed)
        arguments = _row((*key, Surplus(listed, first=True), *rest), columns)
        about = " ".join(map(str, ("surplus", *key, "")))
        self.call(remover, target, contract, arguments, listed, repeatable=True, about=about)

    def hand_over(self, target: Ref, contract: str, owner: str | None) -> None:
        """To `owner`, if one is named, or to who owns the rest."""
        wanted = owner or self.owner
        reading = Reading(target, contract, "owner", wanted)
        name = f"transferOwnership of {target.step}"
        arguments = (wanted,)
        self.hand_overs.append(
            Call(
                name, target, contract, "transferOwnership", arguments, (reading,), repeatable=True
            )
        )

    def has(self, name: str) -> bool:
        return any(step.name == name for step in self.steps)

    def unique(self, name: str) -> str:
        """The name, with a number if it is taken."""
        numbers = range(1, len(self.steps) + 1)
        candidates = [name, *(f"{name}.{number}" for number in numbers)]
        return next(candidate for candidate in candidates if not self.has(candidate))


def _row(values: tuple[Any, ...], columns: bool) -> tuple[Any, ...]:
    return tuple([each] for each in values) if columns else values


def _name(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def readings_of(target: Ref, contract: str, state: Mapping[str, Any]) -> tuple[Reading, ...]:
    """What each view without arguments says."""
    return tuple(
        Reading(target, contract, view, made_by(target.step, told)) for view, told in state.items()
    )
