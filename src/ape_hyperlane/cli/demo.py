"""Commands that show the system on chains of their own, and what verifies its contracts."""

from pathlib import Path
from typing import Any

import click


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="new folder for registry, configs, logs and databases; default: devnet-<time>",
)
@click.option("--once", is_flag=True, help="end after the first message")
def devnet(**options: Any) -> None:
    """Run two connected chains with validators and a relayer until Ctrl-C, and send a message.

    For development: the keys are public, and everything is on this machine's loopback interface.
    """
    from ape_hyperlane.demo.command import run

    run(**options)


DEMO_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    callback=lambda _context, _option, folder: (folder or _demo_folder()).resolve(),
    help="where files go; default: build/demo-<time>",
)


def _demo_folder() -> Path:
    from datetime import datetime

    return Path("build") / f"demo-{datetime.now():%Y%m%d-%H%M%S}"


@click.command()
@click.option("--keep", is_flag=True, help="leave everything running until Ctrl-C")
@DEMO_FOLDER
def demo(keep: bool, folder: Path) -> None:
    """Run two chains with agents, and send a message and a token in each direction."""
    from ape_hyperlane.console import one_line_errors
    from ape_hyperlane.demo.messages import run

    with one_line_errors():
        verified = run(folder, keep)
    raise SystemExit(0 if verified else 1)


@click.command("demo-slash")
@DEMO_FOLDER
def demo_slash(folder: Path) -> None:
    """Have a validator sign a false checkpoint and lose its stake."""
    from ape_hyperlane.console import one_line_errors
    from ape_hyperlane.demo.slashing import run

    with one_line_errors():
        verified = run(folder)
    raise SystemExit(0 if verified else 1)


@click.command("demo-guard")
@click.option("--keep", is_flag=True, help="leave everything running until Ctrl-C")
@DEMO_FOLDER
def demo_guard(keep: bool, folder: Path) -> None:
    """Have validators sign a forged transfer, and a guardian stop the route that pays it out."""
    from ape_hyperlane.console import one_line_errors
    from ape_hyperlane.demo.guarding import run

    with one_line_errors():
        verified = run(folder, keep)
    raise SystemExit(0 if verified else 1)


@click.command("verify-input")
@click.argument("contract")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="file to write; default: print"
)
def verify_input(contract: str, out: Path | None) -> None:
    """Print or write the compiler's input that verifies a CONTRACT on a block explorer.

    It is Solidity standard JSON, as Etherscan and Sourcify take it.
    """
    import json

    from ape_hyperlane.artifacts import artifact, compiler, verification_input
    from ape_hyperlane.console import one_line_errors
    from hyperlane.files import write_atomic

    with one_line_errors():
        text = json.dumps(verification_input(contract), indent=1)
        source = artifact(contract).source
        if out is None:
            click.echo(text)
        else:
            write_atomic(out, text)
    click.echo(f"{source}:{contract}, compiled with solc {compiler()}", err=True)
