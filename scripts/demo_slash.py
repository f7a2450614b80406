"""Runs the slashing demo: ape run demo_slash."""

import sys
from datetime import datetime
from pathlib import Path

import click

from ape_hyperlane.console import one_line_errors
from ape_hyperlane.demo.slashing import run


@click.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), help="where files go; default: build/demo-<time>"
)
def cli(folder: Path | None) -> None:
    """Have a validator sign a false checkpoint and lose its stake."""
    with one_line_errors():
        verified = run((folder or Path("build") / f"demo-{datetime.now():%Y%m%d-%H%M%S}").resolve())
    sys.exit(0 if verified else 1)
