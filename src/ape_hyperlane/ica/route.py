"""Finds an interchain account: the routers of two chains, and the address that belongs to an owner.

Sources: docs/protocol/accounts.md, "Interchain accounts"; what the routers answer is compared with
the address computed here, so that a wrong registry or router is noticed before anything is sent.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import ape

from ape_hyperlane.console import connected_to
from ape_hyperlane.plans.views import ask
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.accounts import account_address_by_hash, account_salt
from hyperlane.protocol.typecasts import (
    ZERO_ADDRESS,
    ZERO_BYTES32,
    Address,
    Bytes32,
    address_from_hex,
    address_to_bytes32,
    bytes32_to_address,
    to_checksum,
)
from hyperlane.registry import Registry
from hyperlane.registry.models import suggest

KEY = "interchainAccountRouter"
"""Key of account routers in `addresses.yaml`."""
DEPLOY = "getDeployedInterchainAccount(uint32,bytes32,bytes32,address,bytes32)"
"""Method by which a router makes an account, unless it exists, and answers its address."""


@dataclass(frozen=True, slots=True)
class Route:
    """The way from an owner on one chain to its account on another."""

    registry: Registry
    origin: str
    destination: str
    origin_domain: int
    destination_domain: int
    owner: Address
    router: Address
    """Account router on the origin."""
    remote_router: Address
    """Account router on the destination, as the origin's router has it enrolled."""
    ism: Bytes32
    """Module on the destination that verifies the calls; zero for the Mailbox's default there."""
    user_salt: Bytes32
    account: Address
    """The account on the destination, deployed or not."""

    def on_origin(self) -> AbstractContextManager[None]:
        """Connects ape to the origin."""
        return connected_to(self.registry, self.origin)

    def on_destination(self) -> AbstractContextManager[None]:
        """Connects ape to the destination."""
        return connected_to(self.registry, self.destination)

    def describe(self) -> str:
        """The account and its owner, for messages to users; and who else could drive it, where that
        is not who everybody there trusts: the module that the origin's router enrolled."""
        module = bytes32_to_address(self.ism, "module")
        verified = "" if module == ZERO_ADDRESS else f", verified by module {to_checksum(module)}"
        return (
            f"account {to_checksum(self.account)} on {self.destination} of"
            f" {to_checksum(self.owner)} on {self.origin}{verified}"
        )


def find_route(
    registry: Registry,
    origin: str,
    destination: str,
    owner: Address,
    user_salt: Bytes32 = ZERO_BYTES32,
) -> Route:
    """Asks both chains for the route.

    ConfigError when a chain is missing, has no account router, or the origin's router does not know
    the destination's; ChainError when a router is not what the registry or the protocol says.
    """
    if origin == destination:
        raise ConfigError(f"{destination}: origin and destination are one chain; name two")
    domains = {name: registry.metadata(name).domain_id for name in (origin, destination)}
    router = registry.addresses(origin).require(origin, KEY)
    with connected_to(registry, origin):
        _require_mailbox(registry, origin, router)
        remote, ism = _enrolled(registry, origin, router, destination, domains[destination])
    with connected_to(registry, destination):
        _require_mailbox(registry, destination, to_checksum(remote))
        account = _account(
            destination, remote, domains[origin], owner, address_from_hex(router), ism, user_salt
        )
    return Route(
        registry=registry,
        origin=origin,
        destination=destination,
        origin_domain=domains[origin],
        destination_domain=domains[destination],
        owner=owner,
        router=address_from_hex(router),
        remote_router=remote,
        ism=ism,
        user_salt=user_salt,
        account=account,
    )


def connected_chain(registry: Registry) -> str:
    """Name of the chain of the registry that ape is connected to. ConfigError if there is none."""
    provider = ape.networks.active_provider
    if provider is None:
        raise ConfigError("origin: required, since ape is connected to no network")
    chain_id = int(provider.chain_id)
    for name in registry.chains():
        try:
            if registry.metadata(name).chain_id == chain_id:
                return name
        except ConfigError:  # of another protocol
            continue
    raise ConfigError(
        f"origin: {registry.folder} has no chain with id {chain_id}, which ape is connected to;"
        " name one of its chains, or add this one"
    )


def registry_at(folder: str | Path) -> Registry:
    """The registry in a folder. ConfigError if there is none."""
    if not Path(folder, "chains").is_dir():
        raise ConfigError(f"registry: {folder} has no folder `chains`; name a registry's folder")
    return Registry(Path(folder))


def require_chain_name(registry: Registry, chain: str, option: str) -> None:
    """ConfigError, with close names, for a chain that the registry does not have."""
    if not registry.has_metadata(chain):
        raise ConfigError(f"{option}: {chain!r}: {suggest(chain, registry.chains())}")


def _enrolled(
    registry: Registry, origin: str, router: str, destination: str, domain: int
) -> tuple[Address, Bytes32]:
    """Router and module that the origin's router has for the destination."""
    enrolled = ask(router, "routers(uint32)", "bytes32", domain)
    ism = ask(router, "isms(uint32)", "bytes32", domain)
    if enrolled is None or ism is None:
        raise ChainError(f"{origin}: {KEY} {router} is no account router; correct addresses.yaml")
    if enrolled == ZERO_BYTES32:
        raise ConfigError(
            f"{origin}: the account router {router} has no router enrolled for {destination}"
            f" (domain {domain}); its owner enrols one, see docs/interchain-accounts.md"
        )
    remote = bytes32_to_address(Bytes32(enrolled), f"router enrolled for {destination}")
    if registry.has_addresses(destination):
        known = registry.addresses(destination).interchain_account_router
        if known is not None and address_from_hex(known) != remote:
            raise ChainError(
                f"{origin}: the account router sends calls for {destination} to"
                f" {to_checksum(remote)}, but the registry has {known} there; find out which is"
                " right before anything is sent"
            )
    return remote, Bytes32(ism)


def _require_mailbox(registry: Registry, chain: str, router: str) -> None:
    """ChainError when the router, on the connected chain, has another Mailbox than the registry: a
    message would be sent, but not arrive, or not be found."""
    expected = registry.addresses(chain).require(chain, "mailbox")
    found = ask(router, "mailbox()", "address")
    if found is None:
        raise ChainError(
            f"{chain}: {router} is no account router, and calls to it would be lost; correct"
            " addresses.yaml"
        )
    if address_from_hex(found) != address_from_hex(expected):
        raise ChainError(
            f"{chain}: the account router {router} has the Mailbox {found}, but the registry"
            f" {expected}; find out which is right before anything is sent"
        )


def _account(
    destination: str,
    remote: Address,
    origin_domain: int,
    owner: Address,
    router: Address,
    ism: Bytes32,
    user_salt: Bytes32,
) -> Address:
    """The account's address, computed, and compared with what the router on the connected chain
    answers."""
    where = to_checksum(remote)
    words = (address_to_bytes32(owner), address_to_bytes32(router))
    module = to_checksum(bytes32_to_address(ism, f"module of accounts on {destination}"))
    code_hash = ask(where, "bytecodeHash()", "bytes32")
    # Not a view, but called as one: all routers have it, also those that know no other with a salt.
    deployed = ask(where, DEPLOY, "address", origin_domain, *words, module, user_salt)
    if code_hash is None or deployed is None:
        raise ChainError(
            f"{destination}: {where} is no account router, and calls sent there would be lost"
        )
    salt = account_salt(origin_domain, *words, ism, user_salt)
    computed = account_address_by_hash(remote, Bytes32(code_hash), salt)
    if address_from_hex(deployed) != computed:
        raise ChainError(
            f"{destination}: {where} answers the account {deployed}, and by the protocol it is"
            f" {to_checksum(computed)}: do not trust this router"
        )
    return computed
