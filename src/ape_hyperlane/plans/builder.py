"""The builder of plans: collects steps that create, configure and hand over contracts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ape_hyperlane.plans.contract import PlannedContract
from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import (
    ADMIN_SLOT,
    CREATOR,
    IMPLEMENTATION_SLOT,
    Call,
    Create,
    CreateSet,
    Reading,
    Ref,
    Reserve,
    Step,
    Target,
    Use,
    with_creator,
)
from hyperlane.registry.core_config import ProxyAdmin
from hyperlane.registry.fields import Placed

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass
class PlanBuilder:
    """Collects steps. `create` returns a handle, by which the contract is configured. Transfers of
    ownership are collected apart and come last, when nothing is left to configure."""

    deployer: str
    """Account of the first run. A later run may have another sender, who first owns what that run
    creates: see `CREATOR`."""
    owner: str
    """Final owner of all contracts for which the config names no other."""
    mailbox: Target
    registry: RegistryView
    proxy_admin: ProxyAdmin | None = None
    """Admin of proxies; None for contracts that cannot be upgraded."""
    router: Ref | None = None
    """The token router that rate limits apply to unless their config names another."""
    steps: list[Step] = field(default_factory=list)
    transfers: list[Step] = field(default_factory=list)
    """Transfers of ownership."""
    hybrids: list[tuple[Placed, Ref]] = field(default_factory=list)
    """Contracts planned so far that are hook and security module at once: an equal config in the
    other position stands for the same contract."""
    clones: bool = False
    """True for static multisigs that are proxies with their set, instead of copies of the code."""

    @property
    def all_steps(self) -> list[Step]:
        """The plan: all steps in order."""
        return self.steps + self.transfers

    def create(
        self,
        name: str,
        contract: str,
        arguments: tuple[Any, ...] = (),
        *readings: Reading,
        address: str | None = None,
        permanent: bool = False,
        reserve: Reserve | None = None,
        state: Mapping[str, Any] = NOTHING,
    ) -> PlannedContract:
        """Plans a new contract, or the use of the one at `address`. `state` has the expected
        results of views without arguments, by name. `reserve` gives it a reserved address."""
        created = PlannedContract(self, Ref(name), contract, reserve)
        readings = (*readings, *created.state_readings(state))
        if address is not None:
            self.steps.append(Use(name, address, readings))
        else:
            arguments = with_creator(name, arguments)
            if reserve is not None:
                self.steps.append(reserve)
                permanent = True  # there is one address, for one contract
            self.steps.append(Create(name, contract, arguments, readings, permanent, reserve))
        return created

    def create_upgradeable(
        self,
        name: str,
        contract: str,
        arguments: tuple[Any, ...] = (),
        *,
        reserve: Reserve | None = None,
        state: Mapping[str, Any] = NOTHING,
    ) -> PlannedContract:
        """Plans a permanent contract, behind a proxy if the plan has a proxy admin. Of the two, the
        proxy has the reserved address; its code is the sender's to initialise."""
        if self.proxy_admin is None:
            return self.create(
                name, contract, arguments, permanent=True, reserve=reserve, state=state
            )
        admin = self._admin(self.proxy_admin)
        implementation = self.create(f"{name}Implementation", contract, arguments, permanent=True)
        proxied = PlannedContract(self, Ref(name), contract)
        self.create(
            name,
            "TransparentUpgradeableProxy",
            (implementation.ref, admin, b""),
            replace(
                proxied.reading("implementation", implementation.ref), slot=IMPLEMENTATION_SLOT
            ),
            replace(proxied.reading("admin", admin), slot=ADMIN_SLOT),
            *proxied.state_readings(state),
            permanent=True,
            reserve=reserve,
        )
        return proxied

    def create_set(self, step: CreateSet) -> PlannedContract:
        """Plans a contract of a static factory."""
        self.steps.append(step)
        return PlannedContract(self, Ref(step.name), step.contract)

    def expect_at_creation(self, reading: Reading) -> None:
        """Adds a reading to the step that creates the target, if one does: a new contract's list is
        empty, so nothing has to be removed from it."""
        for index, step in enumerate(self.steps):
            if isinstance(step, Create) and Ref(step.name) == reading.target:
                self.steps[index] = replace(step, readings=(*step.readings, reading))

    def transfer_ownership(self, contract: PlannedContract, owner: str | None) -> None:
        """Plans the last step of a contract: its transfer to `owner`, or to the plan's owner."""
        new_owner = owner or self.owner
        method = "transferOwnership"
        self.transfers.append(
            Call(
                f"{method} of {contract.ref.step}",
                contract.ref,
                contract.contract,
                method,
                (new_owner,),
                (contract.reading("owner", new_owner),),
                repeatable=True,
            )
        )

    def has(self, name: str) -> bool:
        """True if a step has this name."""
        return any(step.name == name for step in self.steps)

    def unique(self, name: str) -> str:
        """A name for a step: this one, with a number if it is taken."""
        numbers = range(1, len(self.steps) + 1)
        candidates = [name, *(f"{name}.{number}" for number in numbers)]
        return next(candidate for candidate in candidates if not self.has(candidate))

    def _admin(self, config: ProxyAdmin) -> Ref:
        """The proxy admin, which all proxies of a plan share."""
        ref = Ref("proxyAdmin")
        if not self.has(ref.step):
            admin = self.create(ref.step, "ProxyAdmin", (CREATOR,), address=config.address)
            admin.hand_over(config.owner)
        return ref
