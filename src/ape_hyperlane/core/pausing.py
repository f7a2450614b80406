"""Commands `ape hyperlane pause`, `unpause` and `rearm`: calls of pausable contracts by their
owner, in an emergency, without a config. A guardian can `pause`, too."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ape
from ape.api import AccountAPI
from rich.console import Console

from ape_hyperlane.console import (
    choose_network,
    connected,
    default_chain_name,
    find_account,
    one_line_errors,
    show_proposals,
    unlock,
)
from ape_hyperlane.core.messages import contract
from ape_hyperlane.plans.checks import require_chain
from ape_hyperlane.plans.disclosure import print_line
from ape_hyperlane.plans.gas_price import read_offer
from ape_hyperlane.plans.proposals import (
    OwnedCall,
    by_owner,
    require_proposable,
    write_proposals,
)
from ape_hyperlane.plans.values import unix_time
from ape_hyperlane.plans.views import ask
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import address_from_hex, to_checksum
from hyperlane.registry import Registry

PAUSE, UNPAUSE, REARM = "pause", "unpause", "rearm"


@dataclass(frozen=True, slots=True)
class _Pausable:
    """A pausable hook or module, with its state on the chain."""

    address: str
    owner: str
    guarded: bool
    """True if guardians can pause it."""
    paused: bool
    until: int | None
    """End of a guardian's pause, Unix seconds; None if the owner has paused, or nobody has."""

    @classmethod
    def at(cls, address: str) -> "_Pausable":
        """Reads the contract at an address. ConfigError if it cannot be paused."""
        paused, owner = ask(address, "paused()", "bool"), ask(address, "owner()", "address")
        if paused is None or owner is None:
            raise ConfigError(
                f"{address}: not a contract that can be paused; expected a pausable hook or module"
                " of this chain, by its own address, not that of an aggregation around it"
            )
        for_good = ask(address, "pausedForGood()", "bool")
        until = ask(address, "pausedUntil()", "uint48") if paused and for_good is False else None
        return cls(address, owner, for_good is not None, paused, until)

    @property
    def state(self) -> str:
        if not self.paused:
            return "messages pass"
        if self.until is None:
            return "stopped until its owner unpauses"
        return f"stopped by a guardian until {unix_time(self.until)}"

    def needs(self, method: str) -> bool:
        """True if the call would change anything. ConfigError if the contract lacks the method."""
        if method == REARM and not self.guarded:
            raise ConfigError(f"{self.address}: has no guardians that could be rearmed")
        return {PAUSE: not self.paused or self.until is not None, UNPAUSE: self.paused}.get(
            method, True
        )

    def lets(self, account: str, method: str) -> bool:
        """True if the account may make the call."""
        guards = method == PAUSE and bool(ask(self.address, "canPause(address)", "bool", account))
        return account == self.owner or guards

    def call(self, method: str) -> OwnedCall:
        """The call, for the owner to make."""
        handler = getattr(self._contract, method)
        data = bytes(handler.encode_input())
        return OwnedCall(self.owner, method, self.address, handler.abis[0], (), data)

    def send(self, method: str, sender: AccountAPI, max_gas_price: int | None) -> str:
        """Makes the call and returns the transaction's hash."""
        handler = getattr(self._contract, method)
        receipt = handler(sender=sender, **read_offer().fields(max_gas_price))
        return str(receipt.txn_hash)

    @property
    def _contract(self) -> ape.contracts.ContractInstance:
        return contract("GuardedPausableIsm" if self.guarded else "PausableIsm", self.address)


def run(
    method: str,
    *,
    contracts: Sequence[str],
    network: str | None,
    account: str | None,
    registry: Path,
    chain: str | None,
    max_gas_price: int | None,
    proposals: Path,
) -> None:
    """Calls each contract, or writes the call for the Safe or timelock that owns it. ClickException
    with one line on failure; a call that can be neither sent nor written is refused before any is
    sent."""
    console = Console(soft_wrap=True)
    folder = Registry(registry)
    with one_line_errors():
        named = [to_checksum(address_from_hex(each, "CONTRACTS")) for each in contracts]
        with connected(choose_network(network, folder, chain)):
            name = chain or default_chain_name()
            if folder.has_metadata(name):
                require_chain(folder, name)
            signer = find_account(account)
            found = [_Pausable.at(each) for each in dict.fromkeys(named)]
            needed = [each for each in found if each.needs(method)]
            mine = [each for each in needed if each.lets(signer.address, method)]
            others = [each.call(method) for each in needed if each not in mine]
            calls = by_owner(others).items()
            require_proposable({who: [each.describe() for each in owned] for who, owned in calls})
            for each in found:
                if each not in needed:
                    print_line(console, f"{each.address}: nothing to do: {each.state}")
            if mine:
                unlock(signer)
            for each in mine:
                sent = each.send(method, signer, max_gas_price)
                after = _Pausable.at(each.address)
                print_line(console, f"{each.address}: {method} in {sent}: {after.state}")
            if others:
                chain_id = int(ape.networks.provider.chain_id)
                show_proposals(console, write_proposals(proposals, name, chain_id, others))
