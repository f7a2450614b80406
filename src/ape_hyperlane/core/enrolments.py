"""Makes sure that what is enrolled on a chain is a router of the other chain: an account router's
enrolment cannot be changed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ape.exceptions import ApeException
from requests import RequestException
from web3.exceptions import Web3Exception

from ape_hyperlane.console import connected_to
from ape_hyperlane.core.accounts import ENROL, KEY
from ape_hyperlane.plans.chain import has_code
from ape_hyperlane.plans.steps import Action, Call
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.plans.views import NOBODY, ask, refuses_with
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.registry import Registry
from hyperlane.registry.known import Domains

VIEWS = {ENROL: (KEY, "bytecodeHash()")}
"""By method that enrols: the key in `addresses.yaml`, and a view that only such a contract has."""


def verify_enrolments(steps: Iterable[Action], registry: Registry) -> list[str]:
    """Looks at each router that a plan enrols, on its own chain. Returns a line for each whose node
    does not answer; the registry vouches for it.

    ConfigError for a chain that the registry does not have, for a contract that is not of this kind
    or of another domain's Mailbox, and for one that neither its chain nor the registry vouches for.
    The registry vouches for no module: one is enrolled only if its node answers.
    """
    chains = {domain: chain for chain, domain in Domains(registry).items()}
    notes = []
    for step in steps:
        if not isinstance(step, Call) or step.method not in VIEWS:
            continue
        domain, router, *module = step.arguments
        key, view = VIEWS[step.method]
        address = to_checksum(Address(router[12:]))
        where = f"{key}: {address} for domain {domain}"
        if domain not in chains:
            raise ConfigError(
                f"{where}: no such chain in the registry, so nobody knows what is there; add its"
                " metadata.yaml"
            )
        chain = chains[domain]
        if not registry.has_addresses(chain):
            known: dict[str, str] = {}
        else:
            known = registry.addresses(chain).as_file()
        try:
            with _answering(registry, chain):
                _require_router(where, address, view, domain, known.get("mailbox"))
                for each in module:
                    _require_module(where, each)
        except _Silent:
            if known.get(key) != address:
                raise ConfigError(
                    f"{where}: the node of {chain} does not answer, and the registry has"
                    f" {known.get(key, 'none')} there; enrolling the wrong one could not be undone:"
                    " repeat this when the node answers"
                ) from None
            if any(map(any, module)):
                raise ConfigError(
                    f"{where}: the node of {chain} does not answer, so nobody vouches for its"
                    f" module 0x{module[0].hex()}, which could not be changed: repeat this when the"
                    " node answers"
                ) from None
            notes.append(f"{chain} does not answer: {address} is enrolled as the registry has it")
    return notes


def require_enrollable(steps: Iterable[Action], survey: Survey) -> None:
    """ConfigError for a router or module in place of one that was enrolled before on the connected
    chain: the router would refuse it in the midst of the plan."""
    for step in steps:
        if not isinstance(step, Call) or step.method != ENROL:
            continue
        if not survey.can_resolve(step.target):
            continue  # a new router, which has none
        router = survey.resolve(step.target)
        owner = ask(router, "owner()", "address") or NOBODY
        domain, remote, module = step.arguments
        if refuses_with(router, f"{ENROL}(uint32,bytes32,bytes32)", *step.arguments, sender=owner):
            raise ConfigError(
                f"{KEY}.remoteRouters.{domain}: {router} refuses to enrol 0x{remote.hex()} with"
                f" module 0x{module.hex()}: it had another router or module for this domain, and"
                " that cannot be changed; name those"
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


def _require_router(where: str, address: str, view: str, domain: int, mailbox: str | None) -> None:
    """ConfigError unless the connected chain has such a router of this domain's Mailbox there."""
    used = ask(address, "mailbox()", "address")
    if used is None or ask(address, view, "bytes32") is None:
        what = "another contract" if has_code(address) else "no contract"
        raise ConfigError(f"{where}: there is {what}; expected a router of the same kind")
    if mailbox is not None and used != mailbox:
        raise ConfigError(f"{where}: its Mailbox is {used}, expected the registry's, {mailbox}")
    found = ask(used, "localDomain()", "uint32")
    if found != domain:
        raise ConfigError(f"{where}: its Mailbox is of domain {found}")


def _require_module(where: str, module: bytes) -> None:
    """ConfigError for a security module that is not on the connected chain."""
    if any(module) and not has_code(to_checksum(Address(module[12:]))):
        raise ConfigError(f"{where}: no contract at its module 0x{module.hex()}; expected one")
