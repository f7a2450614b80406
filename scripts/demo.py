"""Runs the demo: ape run demo [--keep]."""

import sys
from pathlib import Path

import click

from ape_hyperlane.console import one_line_errors
from ape_hyperlane.demo.messages import run


@click.command()
@click.option("--keep", is_flag=True, help="leave everything running until Ctrl-C")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="where files go; default: build/demo-<time>"
)
def cli(keep: bool, folder: Path | None) -> None:
    """Run two chains with agents, and send a message and a token in each direction."""
    with one_line_errors():
        verified = run((folder or new_folder()).resolve(), keep)
    sys.exit(0 if verified else 1)


def new_folder() -> Path:
    from datetime import datetime

    return Path("build") / f"demo-{datetime.now():%Y%m%d-%H%M%S}"
