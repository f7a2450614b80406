"""Replaces the code behind the proxies of a core by that of this version."""

from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from ape_hyperlane.console import (
    ReportProgress,
    connected,
    default_chain_name,
    find_account,
    one_line_errors,
    show_proposals,
    show_steps,
    unlock,
)
from ape_hyperlane.core.deploy import Deployment, plan_deployment
from ape_hyperlane.core.layouts import conflicts, layout_now, layout_of
from ape_hyperlane.plans.apply import Applier
from ape_hyperlane.plans.chain import address_in_slot, code_at, is_code_of
from ape_hyperlane.plans.journal import Journal
from ape_hyperlane.plans.owned import owned_calls, owned_lines
from ape_hyperlane.plans.proposals import require_proposable, write_proposals
from ape_hyperlane.plans.steps import (
    ADMIN_SLOT,
    IMPLEMENTATION_SLOT,
    Call,
    Create,
    Reading,
    Ref,
    Step,
    Use,
)
from ape_hyperlane.plans.survey import Survey
from hyperlane.errors import ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.models import suggest

SUFFIX = "Implementation"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A proxy whose code is not that of this version."""

    name: str
    """Step of the proxy; that of the implementation has `SUFFIX` behind it."""
    create: Create
    """Step that makes the implementation."""
    proxy: str
    admin: str
    implementation: str | None
    """This version's implementation, if an earlier run made it."""

    def steps(self) -> list[Step]:
        """The steps that replace the code."""
        new, proxy = Ref(self.create.name), Ref(self.name)
        made: Step = replace(self.create, permanent=False)
        if self.implementation is not None:
            made = Use(self.create.name, self.implementation)
        reading = Reading(
            proxy, "TransparentUpgradeableProxy", "implementation", new, slot=IMPLEMENTATION_SLOT
        )
        call = Call(
            f"upgrade of {self.name}",
            Ref("proxyAdmin"),
            "ProxyAdmin",
            "upgradeAndCall",
            (proxy, new, b""),
            (reading,),
            repeatable=True,
        )
        return [Use("proxyAdmin", self.admin), Use(self.name, self.proxy), made, call]


def run(
    *,
    network: str,
    account: str | None,
    registry: Path,
    chain: str | None,
    contract: str | None,
    force: bool,
    max_gas_price: int | None,
    proposals: Path,
    dry_run: bool,
) -> None:
    """Upgrades a core. ClickException with one line on failure."""
    console = Console(soft_wrap=True)
    folder = Registry(registry)
    with one_line_errors(), connected(network):
        signer = find_account(account)
        name = chain or default_chain_name()
        deployment = plan_deployment(None, folder, name, signer.address)
        found = outdated(deployment, contract, force=force)
        if not found:
            console.print(f"{name}: all code behind proxies is of this version")
            return
        owned = []
        for upgrade in found:
            journal = _journal(folder, name, deployment, upgrade)
            survey = Survey(journal, signer.address)
            pending = survey.pending(upgrade.steps(), signer.address, together=True)
            show_steps(console, pending)
            require_proposable(owned_lines(survey))
            if dry_run:
                continue
            unlock(signer)
            report = ReportProgress(console, [step.name for step in pending])
            applier = Applier(signer, journal, report, max_gas_price)
            _carry_out(deployment, upgrade, applier)
            owned += owned_calls(applier, upgrade.steps())
        if not dry_run:
            chain_id = deployment.journal.chain_id
            show_proposals(console, write_proposals(proposals, name, chain_id, owned))


def outdated(deployment: Deployment, contract: str | None, *, force: bool) -> list[Upgrade]:
    """The proxies of a core, or the one called `contract`, whose code is of another version.
    ConfigError when there are no proxies, or when their storage would not fit the new code. `force`
    accepts code of unknown versions, whose storage cannot be compared."""
    steps = {step.name: step for step in deployment.steps}
    names = [name.removesuffix(SUFFIX) for name in steps if name.endswith(SUFFIX)]
    if not names:
        raise ConfigError(
            f"{deployment.metadata.name}: proxyAdmin: this core has no proxies, so its code cannot"
            " be replaced; deploy another one with upgradeable: true"
        )
    if contract is not None and contract not in names:
        raise ConfigError(f"--contract {contract!r}: no proxy; {suggest(contract, names)}")
    found = []
    for name in names if contract is None else [contract]:
        step, entry = steps[name + SUFFIX], deployment.journal.entry(name)
        if not isinstance(step, Create) or entry is None or entry.address is None:
            raise ConfigError(f"{name} is not deployed yet; run `ape hyperlane deploy` first")
        old = address_in_slot(entry.address, IMPLEMENTATION_SLOT)
        if is_code_of(step.contract, code_at(old)):
            continue
        _require_layout(step.contract, name, old, force=force)
        admin = address_in_slot(entry.address, ADMIN_SLOT)
        found.append(Upgrade(name, step, entry.address, admin, _made(deployment, step)))
    return found


def _made(deployment: Deployment, step: Create) -> str | None:
    entry = deployment.journal.entry(step.name)
    if entry is None or entry.address is None:
        return None
    return entry.address if is_code_of(step.contract, code_at(entry.address)) else None


def _require_layout(contract: str, name: str, old: str, *, force: bool) -> None:
    layout = layout_of(contract, code_at(old))
    if layout is None:
        if force:
            return
        raise ConfigError(
            f"{name}: its code at {old} is of no recorded version, so nobody knows where it keeps"
            " its variables; compare the storage layouts yourself, then repeat with --force"
        )
    if lines := conflicts(layout, layout_now(contract)):
        raise ConfigError(
            f"{name}: the new code would misread the storage of {old}: {'; '.join(lines)}; deploy"
            " a new core instead"
        )


def _journal(registry: Registry, chain: str, deployment: Deployment, upgrade: Upgrade) -> Journal:
    """The journal of an upgrade that has begun; the core's gets the outcome."""
    path = registry.chain_folder(chain) / f"upgrade-{upgrade.name}.json"
    return Journal(path, deployment.journal.chain_id, deployment.journal.deployer)


def _carry_out(deployment: Deployment, upgrade: Upgrade, applier: Applier) -> None:
    """Sends what the account may, and notes the new implementation in the core's journal."""
    steps = upgrade.steps()
    applier.apply(steps)
    applier.verify(reading for step in steps for reading in step.readings)
    name = upgrade.create.name
    made = applier.journal.entry(name)
    if made is not None:
        before = deployment.journal.entry(name)
        what = before.what if before else made.what
        deployment.journal.record(name, replace(made, what=what))
    applier.journal.path.unlink(missing_ok=True)
