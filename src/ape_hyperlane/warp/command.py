"""`ape run warp deploy|check|send`: command lines for routes."""

import json
import shlex
from pathlib import Path

import click
from ape.api import AccountAPI
from eth_utils.address import to_checksum_address
from rich.console import Console
from rich.markup import escape

from ape_hyperlane.console import (
    ReportProgress,
    find_account,
    one_line_errors,
    report_differences,
    require_nothing_left,
    show_left,
    show_proposals,
    show_steps,
    unlock,
)
from ape_hyperlane.core.messages import Dispatched
from ape_hyperlane.core.quotes import Bounds
from ape_hyperlane.plans.checks import estimate_gas, require_funds
from ape_hyperlane.plans.disclosure import print_line, show_context, show_foreign
from ape_hyperlane.plans.owners import single_key
from ape_hyperlane.plans.salt import parse_salt
from ape_hyperlane.plans.steps import Action
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.safety.finding import Finding
from ape_hyperlane.safety.modules import module_findings
from ape_hyperlane.safety.owners import owner_findings
from ape_hyperlane.safety.report import require_force, show_findings
from ape_hyperlane.warp.delivery_gas import gas_findings
from ape_hyperlane.warp.deploy import check_route, deploy_route, plan_route, survey_route
from ape_hyperlane.warp.route import Connect, RouteDeployment, connector
from ape_hyperlane.warp.send import (
    Outcome,
    Transfer,
    format_amount,
    kind_of,
    parse_amount,
    quote,
    quote_lines,
    send_token,
)
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import RouteToken, WarpRoute, find_route, route_paths
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.models import read
from hyperlane.registry.route_file import RouteFile, read_route_file
from hyperlane.wording import one_line


def deploy(
    *,
    config: Path,
    registry: Path,
    account: str | None,
    route: str | None,
    salt: str | None,
    max_gas_price: int | None,
    dry_run: bool,
    force: bool,
    as_json: bool,
    proposals: Path | None = None,
) -> None:
    """Deploys a route on all chains of a file. With a folder for `proposals`, what Safes and
    timelocks have to do is written there. ClickException with one line on failure."""
    console = Console(stderr=as_json, soft_wrap=True)
    folder = Registry(registry)
    connect = connector(folder)
    with one_line_errors():
        file, chosen = read_route_file(config, folder), parse_salt(salt)
        signer = _signer(connect, next(iter(file.tokens)), account)
        deployment = plan_route(
            file.tokens, folder, signer.address, connect, route, file.foreign, chosen
        )
        console.print(_summary(deployment), highlight=False, markup=False)
        for chain, end in deployment.foreign.items():
            line = f"{chain}: {end.foreign_deployment} exists, enrolled as 0x{end.router.hex()}"
            print_line(console, line)
        planned: list[str] = []

        def show(chain: str, actions: list[Action]) -> None:
            _show_chain(console, deployment, chain, str(signer.address), actions)
            planned.extend(f"{chain}: {step.name}" for step in actions)
            findings = end_findings(deployment, chain)
            show_findings(console, findings)
            if dry_run:
                require_funds(sum(map(estimate_gas, actions)), signer, max_gas_price)
            elif actions:
                require_force(findings, force)

        survey_route(deployment, signer.address, show, together=proposals is not None)
        show_left(console, deployment.left)
        if dry_run:
            return
        if planned:
            unlock(signer)
        progress = ReportProgress(console, planned)
        path, sent = deploy_route(deployment, signer, progress, max_gas_price, proposals)
    if as_json:
        click.echo(json.dumps(deployment.routers))
    console.print(f"[bold]{escape(deployment.id)}[/]: {sent} transactions sent, all read back")
    for chain, router in deployment.routers.items():
        console.print(f"  {chain:<20} {router}", highlight=False)
    console.print(f"Written to {path}", markup=False)
    where = shlex.join(["--registry", str(registry), "--route", deployment.id])
    console.print(f"Next: ape hyperlane warp check {where}", highlight=False, markup=False)
    ends = [*deployment.routers]
    if len(ends) > 1:
        next_command = f"warp send {where} --origin {ends[0]} --to {ends[1]} --amount 1"
        console.print(f"Next: ape hyperlane {next_command}", highlight=False, markup=False)
    if proposals is None:
        require_nothing_left(deployment.left)
    else:
        show_proposals(console, deployment.proposals)


def check(*, route: str | None, registry: Path, as_json: bool) -> None:
    """Compares a route with its deployment. ClickException when they differ."""
    folder = Registry(registry)
    with one_line_errors():
        route, file = _deployed(folder, route)
        deployment = plan_route(file.tokens, folder, "", connector(folder), route, file.foreign)
        differences, findings = check_route(deployment), []
        for chain in deployment.ends:
            with deployment.on(chain):
                findings += end_findings(deployment, chain)
        report_differences("route", route, differences, findings, as_json)


def send(
    *,
    route: str | None,
    registry: Path,
    origin: str,
    destination: str,
    amount: str,
    recipient: str | None,
    account: str | None,
    bounds: Bounds,
    dry_run: bool,
    seconds: float,
) -> None:
    """Sends tokens, waits for their delivery and shows balances. ClickException with one line on
    failure."""
    console = Console(soft_wrap=True)
    folder = Registry(registry)
    connect = connector(folder)
    with one_line_errors():
        route = find_route(registry, route, "-config.yaml")
        ends = read(WarpRoute, route_paths(registry, route)[1])
        source, target = ends.on(origin), ends.on(destination)
        with connect(origin):
            kind = kind_of(source)
        if kind.oft:
            raise ConfigError(
                f"{route}: LayerZero delivers, which this tool cannot follow; call the bridge"
            )
        if origin == destination:
            raise ConfigError(f"--to {destination}: expected another chain than --origin")
        with connect(destination):
            locked = kind_of(target).pays
        signer = _signer(connect, origin, account)
        receiver = _receiver(recipient or str(signer.address), target)
        units = parse_amount(amount, source, target, kind.nft)
        wanted = Transfer(ends, origin, destination, units, receiver, kind.nft, locked, bounds)
        quoted = quote(wanted, folder, connect)
        for line in quote_lines(source, *quoted):
            print_line(console, line)
        if dry_run:
            return
        unlock(signer)

        def announce(sent: Dispatched) -> None:
            console.print(f"dispatched 0x{sent.id.hex()} in {sent.transaction}, {sent.gas:,} gas")
            console.print(f"waiting for {destination} to deliver to {receiver}")

        done = send_token(wanted, quoted, folder, signer, connect, seconds, announce)
    _show_delivery(console, wanted, str(signer.address), done)


def end_findings(deployment: RouteDeployment, chain: str) -> list[Finding]:
    """Warnings about one end of a route, on the connected chain."""
    token = deployment.ends[chain].token
    owner = token.owner or deployment.journals[chain].deployer or None
    owned = {chain: token.model_copy(update={"owner": owner})}
    module = token.interchain_security_module
    return [
        *(module_findings(f"{chain}.interchainSecurityModule", module) if module else ()),
        *owner_findings(owned, single_key),
        *gas_findings(deployment, chain),
    ]


def _show_chain(
    console: Console, deployment: RouteDeployment, chain: str, sender: str, actions: list[Action]
) -> None:
    """Shows what is planned on the connected chain of a route."""
    token = escape(one_line(_token_summary(deployment, chain)))
    console.print(f"[bold]{chain}[/]: {token}", highlight=False)
    journal = deployment.journals[chain]
    configs = {
        f"chains/{chain}/addresses.yaml": _core_contracts(deployment, chain),
        "file": {chain: deployment.ends[chain].token.as_file()},
    }
    show_context(console, sender, journal.deployer, configs)
    show_foreign(console, Survey(journal).foreign(deployment.steps(chain)))
    show_steps(console, actions)


def _receiver(recipient: str, target: RouteToken) -> str:
    """The checksummed recipient. ConfigError for an address from which tokens cannot be moved."""
    receiver = to_checksum_address(address_from_hex(recipient, "--recipient"))
    if receiver in (ZERO_ADDRESS, target.address_or_denom, target.collateral_address_or_denom):
        raise ConfigError(
            f"--recipient {receiver}: tokens sent to it would be lost; expected an account"
        )
    return receiver


def _show_delivery(console: Console, transfer: Transfer, sender: str, done: Outcome) -> None:
    """Shows the delivery, and the balances of sender and recipient before and after."""
    delivery, before, after = done.delivered, done.before, done.after
    console.print(
        f"delivered after {delivery.seconds:.1f} s in {delivery.transaction}, {delivery.gas:,} gas"
    )
    for holder, chain, old, new in (
        (sender, transfer.origin, before.sender, after.sender),
        (transfer.recipient, transfer.destination, before.recipient, after.recipient),
    ):
        end = transfer.route.on(chain)
        line = f"{holder} on {chain}: {format_amount(old, end)}, now {format_amount(new, end)}"
        console.print(line, highlight=False, markup=False)


def _deployed(folder: Registry, route: str | None) -> tuple[str, RouteFile]:
    """Id and deploy file of a deployed route."""
    route = find_route(folder.folder, route)
    return route, read_route_file(route_paths(folder.folder, route)[0], folder)


def _summary(deployment: RouteDeployment) -> str:
    """The route's id, and the chains where it is deployed."""
    if not deployment.routers:
        return f"Route {deployment.id}: a new one"
    return f"Route {deployment.id}: continued, with routers on {', '.join(deployment.routers)}"


def _token_summary(deployment: RouteDeployment, chain: str) -> str:
    """The token of one end: type, name, decimals and scale."""
    end = deployment.ends[chain]
    text = f"{end.token.type}, {end.name} ({end.symbol}), {end.decimals} decimals"
    if end.scale == 1:
        return text
    if end.scale.denominator == 1:
        return f"{text}, a unit is {end.scale} in messages"
    return f"{text}, amounts are rounded down to {1 / end.scale} units"


def _core_contracts(deployment: RouteDeployment, chain: str) -> dict[str, str]:
    """The contracts of the core that a route uses, as the registry has them."""
    known = deployment.view.addresses[chain].as_file()
    return {
        key: str(address)
        for key, address in known.items()
        if key == "mailbox" or key.endswith("Factory")
    }


def _signer(connect: Connect, chain: str, account: str | None) -> AccountAPI:
    """The account that signs. `test:0` is only the default on a development network."""
    with connect(chain):
        return find_account(account)
