"""`ape hyperlane agent-config`: the agents' JSON, from the registry."""

import asyncio
import json
import shlex
from pathlib import Path

import click
import structlog
from rich.console import Console

from ape_hyperlane.console import one_line_errors
from ape_hyperlane.plans.disclosure import print_line
from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.registry import Registry
from hyperlane.registry.agent_config import (
    AgentConfig,
    GasPolicy,
    relayer_config,
    validator_config,
)
from hyperlane.registry.deployed_routes import WarpRoute, find_route, route_paths
from hyperlane.registry.models import read
from hyperlane.setup.first_blocks import add_first_blocks


def run(
    *,
    registry: Path,
    chains: tuple[str, ...],
    route: str | None,
    validator: str | None,
    storage: str | None,
    gas_policy: GasPolicy,
    local_validators: bool,
    out: Path | None,
    force: bool,
) -> None:
    """Prints or writes the configuration. ClickException with one line on failure."""
    console = Console(stderr=True, soft_wrap=True)
    folder = Registry(registry)
    named = [name for item in chains for name in item.split(",") if name]
    with one_line_errors():
        _require_one_agent(named, route, validator, storage)
        if out is not None and out.exists() and not force:
            raise ConfigError(f"--out {out}: exists; name another file, or --force to replace it")
        if validator is not None:
            made = validator_config(folder, validator, storage)
        else:
            made = relayer_config(
                folder,
                named,
                route=_route(folder, route),
                gas_policy=gas_policy,
                local_validators=local_validators,
            )
        with structlog.testing.capture_logs():  # what the nodes do wrong is in the notes
            asyncio.run(add_first_blocks(made))
        text = json.dumps(made.content, indent=2)
        if out is None:
            click.echo(text)
        else:
            write_atomic(out, f"{text}\n", private=True)  # RPC URLs may hold keys
    _show(console, made, validator, out)


def _require_one_agent(
    chains: list[str], route: str | None, validator: str | None, storage: str | None
) -> None:
    """ConfigError unless the options describe one agent."""
    if validator is not None and (chains or route):
        option = "--chains" if chains else "--route"
        raise ConfigError(
            f"{option}: is for a relayer; --validator {validator} is all a validator needs"
        )
    if validator is None and storage is not None:
        raise ConfigError(f"--storage {storage}: is a validator's; add --validator <chain>")
    if not (chains or route or validator):
        raise ConfigError(
            "--chains: required: two or more, with commas; or --route <SYMBOL>/<name>, or"
            " --validator <chain>"
        )


def _route(folder: Registry, wanted: str | None) -> WarpRoute | None:
    if wanted is None:
        return None
    found = find_route(folder.folder, wanted, "-config.yaml")
    return read(WarpRoute, route_paths(folder.folder, found)[1])


def _show(console: Console, made: AgentConfig, validator: str | None, out: Path | None) -> None:
    chains = ", ".join(made.chains)
    if out is not None:
        print_line(console, f"Written to {out}")
    for note in made.notes:
        print_line(console, note)
    if validator is None:
        print_line(console, "No key is in it. The one that pays for deliveries, to be set:")
        print_line(console, f"  export HYP_DEFAULTSIGNER_KEY=0x…   # with funds on {chains}")
    else:
        upper = validator.upper()
        print_line(console, "No key is in it. The one that signs, to be set:")
        print_line(
            console, f"  export HYP_VALIDATOR_KEY=0x…   # with some funds on {chains}, to announce"
        )
        print_line(console, f"  export HYP_CHAINS_{upper}_SIGNER_KEY=0x…   # if another key pays")
    agent = "relayer" if validator is None else "validator"
    config = shlex.quote(str(out)) if out is not None else f"{agent}.json"
    print_line(console, f"Check: ape hyperlane doctor --config {config}")
    print_line(console, f"Start: hyperlane-agent {agent} --config {config}")
