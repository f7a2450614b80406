"""Commands for first configs, agents' configurations, the doctor and the registry."""

from pathlib import Path
from typing import Any

import click

from ape_hyperlane.cli.options import REGISTRY


@click.command()
@REGISTRY
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default="core.yaml",
    show_default=True,
    help="core config to write",
)
@click.option("--rpc", help="URL of a chain's node: adds the chain to the registry, with --name")
@click.option("--name", help="name of the chain that the core is for")
@click.option("--domain", type=int, help="domain id of the chain; default: its chain id")
@click.option("--symbol", help="symbol of the chain's coin; default: ETH, or as known")
@click.option("--owner", help="address that owns all contracts; default: who deploys")
@click.option(
    "--validators",
    multiple=True,
    help="addresses, with commas, of those who sign messages that come here; <chain>=… for those of"
    " one chain",
)
@click.option("--threshold", type=int, help="how many have to sign; default: more than half")
@click.option("--remote", multiple=True, help="chains that messages go to; may be added later")
@click.option(
    "--guarded", is_flag=True, help="let guardians pause: accounts that can only stop messages"
)
@click.option("--guardians", multiple=True, help="addresses of the guardians, with commas")
@click.option("--chain-only", is_flag=True, help="add the chain and write no config")
@click.option("--force", is_flag=True, help="replace files that exist")
@click.option(
    "--interactive/--no-interactive",
    default=None,
    help="ask for what is not given; default: at a terminal",
)
def init(**options: Any) -> None:
    """Write a first core config with explanations, and add a chain to the registry."""
    from ape_hyperlane.setup.init import run

    run(**options)


@click.command("agent-config")
@REGISTRY
@click.option("--chains", multiple=True, help="chains to relay between, with commas")
@click.option("--route", help="<SYMBOL>/<name>: relay this route's messages and no others")
@click.option("--validator", help="chain to sign for: a validator's configuration")
@click.option(
    "--storage",
    help="where the validator's signatures go: a folder, s3://bucket/region or gs://bucket;"
    " default: checkpoints-<chain>",
)
@click.option(
    "--gas-policy",
    type=click.Choice(["paid", "none"]),
    default="paid",
    show_default=True,
    help="deliver what was paid for, or everything",
)
@click.option(
    "--local-validators", is_flag=True, help="read signatures in folders of this machine, too"
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="file to write; default: print"
)
@click.option("--force", is_flag=True, help="replace a file that exists")
def agent_config(**options: Any) -> None:
    """Make the configuration of a relayer or a validator from the registry."""
    from ape_hyperlane.setup.agents import run

    run(**options)


@click.command()
@click.option(
    "--config",
    "configs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="an agent's JSON; several are merged, as by the agent",
)
@REGISTRY
@click.option("--chain", "chains", multiple=True, help="chains to look at; default: all")
@click.option("--json", "as_json", is_flag=True, help="print the checks as JSON")
def doctor(**options: Any) -> None:
    """Find what is wrong with agents, or with the cores of a registry, and say what to do."""
    from ape_hyperlane.setup.doctor import run

    run(**options)


@click.group()
def registry() -> None:
    """Show the chains of a registry."""


@registry.command("list")
@REGISTRY
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def registry_list(**options: Any) -> None:
    """List the chains, of all protocols."""
    from ape_hyperlane.setup.listing import list_chains

    list_chains(**options)


@registry.command("show")
@click.argument("chain")
@REGISTRY
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def registry_show(**options: Any) -> None:
    """Show a chain's metadata and addresses."""
    from ape_hyperlane.setup.listing import show

    show(**options)


@registry.command("addresses")
@REGISTRY
@click.option("--chains", multiple=True, help="chains, with commas; default: all that have a core")
@click.option("--json", "as_json", is_flag=True, help="print JSON: an addresses.json for dapps")
def registry_addresses(**options: Any) -> None:
    """Print all addresses, by chain and key."""
    from ape_hyperlane.setup.listing import addresses

    addresses(**options)
