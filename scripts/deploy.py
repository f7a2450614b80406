"""Deploy a Hyperlane core: ape run deploy --network <network> [--account <alias>] [options]."""

from pathlib import Path

import click

from ape_hyperlane.deploy.command import run


@click.command()
@click.option(
    "--network",
    default="ethereum:local:foundry",
    show_default=True,
    help="ape network choice, or the URL of a node",
)
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--config", type=click.Path(path_type=Path), help="core-config.yaml")
@click.option("--registry", type=click.Path(path_type=Path), default="registry", show_default=True)
@click.option("--chain", help="name of the chain in the registry; default: the network's")
@click.option("--domain", type=int, help="domain id; default: the chain id")
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@click.option("--json", "as_json", is_flag=True, help="print the addresses as JSON")
def cli(
    network: str,
    account: str | None,
    config: Path | None,
    registry: Path,
    chain: str | None,
    domain: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Deploy and wire a core, or what is missing of it, and write the registry."""
    run(
        network=network,
        account=account,
        config=config,
        registry=registry,
        chain=chain,
        domain=domain,
        dry_run=dry_run,
        as_json=as_json,
    )
