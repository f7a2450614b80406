"""Makes sure that what is enrolled on a chain is a router or gateway of the other chain: an account
router's enrolment cannot be changed, and a gateway believes those that it has enrolled."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ape.exceptions import ApeException
from requests import RequestException
from web3.exceptions import Web3Exception

from ape_hyperlane.console import connected_to
from ape_hyperlane.core import accounts, gateways
from ape_hyperlane.plans.chain import has_code
from ape_hyperlane.plans.steps import Action, Call
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.plans.views import NOBODY, ask, refuses_with
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.registry import Registry
from hyperlane.registry.known import Domains


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A contract of another chain that a plan enrols."""

    key: str
    """Key of such a contract in `addresses.yaml`."""
    view: tuple[Any, ...]
    """A view that only such a contract has: signature, type of its result, arguments."""
    domain: int
    address: str
    modules: tuple[bytes, ...] = ()
    chain_id: int | None = None
    """None if the enrolment has none."""


def _enrolment(step: Action) -> Enrolment | None:
    """The enrolment that a step makes; None if it does something else."""
    if not isinstance(step, Call):
        return None
    if step.method == accounts.ENROL:
        domain, router, *modules = step.arguments
        address, view = to_checksum(Address(router[12:])), ("bytecodeHash()", "bytes32")
        return Enrolment(accounts.KEY, view, domain, address, tuple(modules))
    if step.method == gateways.ENROL:
        chain_id, domain, address, _ = step.arguments
        asked = ("remoteGatewayOf(uint256)", "uint32 address uint256", chain_id)
        return Enrolment(gateways.KEY, asked, domain, address, chain_id=chain_id)
    return None


def verify_enrolments(steps: Iterable[Action], registry: Registry) -> list[str]:
    """Looks at each contract that a plan enrols, on its own chain. Returns a line for each whose
    node does not answer; the registry vouches for it.

    ConfigError for a chain that the registry does not have, for a contract that is not of this kind
    or of another domain's Mailbox, and for one that neither its chain nor the registry vouches for.
    The registry vouches for no module: one is enrolled only if its node answers.
    """
    chains = {domain: chain for chain, domain in Domains(registry).items()}
    notes = []
    for wanted in filter(None, map(_enrolment, steps)):
        key, domain, address = wanted.key, wanted.domain, wanted.address
        where = f"{key}: {address} for domain {domain}"
        if domain not in chains:
            raise ConfigError(
                f"{where}: no such chain in the registry, so nobody knows what is there; add its"
                " metadata.yaml"
            )
        chain = chains[domain]
        chain_id = registry.metadata(chain).chain_id
        if wanted.chain_id not in (None, chain_id):
            raise ConfigError(f"{where}: chainId {wanted.chain_id}, the registry has {chain_id}")
        if not registry.has_addresses(chain):
            known: dict[str, str] = {}
        else:
            known = registry.addresses(chain).as_file()
        try:
            with _answering(registry, chain):
                _require_contract(where, wanted, known.get("mailbox"))
                for each in wanted.modules:
                    _require_module(where, each)
        except _Silent:
            if known.get(key) != address:
                raise ConfigError(
                    f"{where}: the node of {chain} does not answer, and the registry has"
                    f" {known.get(key, 'none')} there; nobody else knows whether it is the right"
                    " one: repeat this when the node answers"
                ) from None
            for each in filter(any, wanted.modules):
                raise ConfigError(
                    f"{where}: the node of {chain} does not answer, so nobody vouches for its"
                    f" module 0x{each.hex()}, which could not be changed: repeat this when the node"
                    " answers"
                ) from None
            notes.append(f"{chain} does not answer: {address} is enrolled as the registry has it")
    return notes


def require_enrollable(steps: Iterable[Action], survey: Survey) -> None:
    """ConfigError for a router or module in place of one that was enrolled before on the connected
    chain: the router would refuse it in the midst of the plan."""
    for step in steps:
        if not isinstance(step, Call) or step.method != accounts.ENROL:
            continue
        if not survey.can_resolve(step.target):
            continue  # a new router, which has none
        router = survey.resolve(step.target)
        owner = ask(router, "owner()", "address") or NOBODY
        domain, remote, module = step.arguments
        method = f"{accounts.ENROL}(uint32,bytes32,bytes32)"
        if refuses_with(router, method, *step.arguments, sender=owner):
            raise ConfigError(
                f"{accounts.KEY}.remoteRouters.{domain}: {router} refuses to enrol"
                f" 0x{remote.hex()} with module 0x{module.hex()}: it had another router or module"
                " for this domain, and that cannot be changed; name those"
            )


_NO_ANSWER = (ApeException, Web3Exception, RequestException, OSError)
_NONSENSE = (ValueError, TypeError, AttributeError, LookupError)
"""What clients raise for answers that are none: web pages, nulls, text where bytes should be."""


class _Silent(Exception):
    """Raised when a node does not answer."""


@contextmanager
def _answering(registry: Registry, chain: str) -> Iterator[None]:
    try:
        with connected_to(registry, chain):
            yield
    except (*_NO_ANSWER, *_NONSENSE) as error:
        raise _Silent from error


def _require_contract(where: str, wanted: Enrolment, mailbox: str | None) -> None:
    """ConfigError unless the connected chain, which is the registry's, has such a contract of this
    domain's Mailbox there."""
    used = ask(wanted.address, "mailbox()", "address")
    if used is None or ask(wanted.address, *wanted.view) is None:
        what = "another contract" if has_code(wanted.address) else "no contract"
        raise ConfigError(f"{where}: there is {what}; expected one of the same kind")
    if mailbox is not None and used != mailbox:
        raise ConfigError(f"{where}: its Mailbox is {used}, expected the registry's, {mailbox}")
    found = ask(used, "localDomain()", "uint32")
    if found != wanted.domain:
        raise ConfigError(f"{where}: its Mailbox is of domain {found}")


def _require_module(where: str, module: bytes) -> None:
    """ConfigError for a security module that is not on the connected chain."""
    if any(module) and not has_code(to_checksum(Address(module[12:]))):
        raise ConfigError(f"{where}: no contract at its module 0x{module.hex()}; expected one")
