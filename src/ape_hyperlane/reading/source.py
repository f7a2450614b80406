"""State of reading one chain: names of chains, modules read so far, and notes for the reader."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import to_checksum_address

from ape_hyperlane.plans.chain import has_code
from ape_hyperlane.plans.views import ask
from hyperlane.errors import ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.known import Decimals, Domains

MOST_CONTRACTS = 5_000
"""Contracts that one reading follows; a deployment could name new ones for ever."""
MOST_ENTRIES = 50_000
"""Most modules and table entries of a config. A module is written out wherever it is named: a few
contracts, each naming the next one twice, would fill any disk."""
DEEPEST = 24
"""Most levels of modules within modules."""

Config = dict[str, Any] | str
"""A module as a config names it: a mapping with a `type`, or an address."""


@dataclass
class Source:
    """The chain that is read, seen with the names of a registry."""

    registry: Registry
    with_addresses: bool = False
    """True to write the address of each module, for a config that uses the contracts read."""
    notes: list[str] = field(default_factory=list)
    """Notes for the reader: what is not in the config, and why."""
    chain: str = ""
    """Name of the chain that is read."""
    core_owner: str = ""
    """Owner that a config of the core, or route, names for all contracts at once."""
    clones: bool = False
    """True once a multisig was read that is a small proxy with its set."""
    _read: dict[tuple[str, str], Config] = field(default_factory=dict)
    _path: list[str] = field(default_factory=list)
    _sizes: dict[tuple[str, str], int] = field(default_factory=dict)
    _entries: int = 0

    def __post_init__(self) -> None:
        self.names = {domain: name for name, domain in Domains(self.registry).items()}
        """Chains of the registry by domain."""
        self.decimals = Decimals(self.registry)

    def note(self, text: str) -> None:
        """Adds a note, once."""
        if text not in self.notes:
            self.notes.append(text)

    def key(self, domain: int) -> str:
        """Name of a remote chain in configs: the registry's, or the domain."""
        return self.names.get(domain, str(domain))

    def module(
        self, kind: str, address: str | None, reader: Callable[[str], Config | None]
    ) -> Config:
        """Config of the hook, ISM or fee contract (`kind`) at an address. What `reader` does not
        recognise stays an address. None, from a contract without such a view, counts as zero."""
        if address is None:
            self.note(f"{kind} that no view names; written as zero")
        if address in (None, ZERO_ADDRESS):
            return ZERO_ADDRESS
        known = self._read.get((kind, address))
        if known is not None:
            self._count(self._sizes[kind, address], address)
            return known
        if address in self._path or len(self._path) >= DEEPEST:
            self.note(f"{address}: {kind} that asks itself, or too many levels; kept as an address")
            return address
        if len(self._read) >= MOST_CONTRACTS:
            raise ConfigError(f"{address}: more than {MOST_CONTRACTS} contracts; cannot be read")
        before = self._entries
        self._count(1, address)
        self._path.append(address)
        found = self._recognised(kind, address, reader)
        self._path.pop()
        self._read[kind, address] = found
        self._sizes[kind, address] = self._entries - before
        return found

    def _count(self, entries: int, address: str) -> None:
        self._entries += entries
        if self._entries > MOST_ENTRIES:
            raise ConfigError(
                f"{address}: the config would have more than {MOST_ENTRIES} entries; cannot be read"
            )

    def _recognised(
        self, kind: str, address: str, reader: Callable[[str], Config | None]
    ) -> Config:
        if not has_code(address):
            self.note(f"{address}: {kind} without code; kept as an address")
            return address
        found = reader(address)
        if isinstance(found, dict):
            return {**found, "address": address} if self.with_addresses else found
        return found if found is not None else address

    def unknown(self, kind: str, address: str, why: str) -> None:
        """Notes why a contract stays an address."""
        self.note(f"{address}: {kind}, {why}; kept as an address")

    def owner(self, address: str) -> dict[str, str]:
        """`owner` of a contract, for its config. A pending owner counts, as in `check`."""
        owner = ask(address, "owner()", "address")
        pending = ask(address, "pendingOwner()", "address")
        if pending not in (None, ZERO_ADDRESS):
            self.note(f"{address}: {pending} becomes the owner when it calls acceptOwnership()")
            owner = pending
        if owner in (None, ZERO_ADDRESS):
            self.note(f"{address}: nobody owns it; its config names no owner")
            return {}
        return {"owner": owner}

    def domains(self, address: str) -> list[int]:
        """Domains of a contract's table, or, where it does not list them, those of the registry."""
        listed = ask(address, "domains()", "uint256[]")
        if listed is not None:
            self._count(len(listed), address)
            return [int(domain) for domain in listed if domain < 2**32]
        self.note(
            f"{address}: does not list its domains; asked for the {len(self.names)} of the registry"
        )
        return sorted(self.names)

    def origin_of(self, contract: bytes, keys: Iterable[str]) -> str | None:
        """Chain of the registry that has this contract (32 bytes) under one of the keys in its
        `addresses.yaml`, or under the same with this chain's name; None if none has."""
        for name in self.names.values():
            if not self.registry.has_addresses(name):
                continue
            try:
                known = self.registry.addresses(name).as_file()
            except ConfigError:
                continue  # a chain of another protocol
            for key in keys:
                for address in (known.get(key), known.get(f"{key}_{self.chain}")):
                    if address and word(str(address)) == contract:
                        return name
        return None


def address_of(word_: bytes) -> str | None:
    """Address in a word; None if it is zero, or more than an address."""
    if not any(word_) or any(word_[:12]):
        return None
    return to_checksum_address(word_[12:])
