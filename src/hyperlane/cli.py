"""`hyperlane-agent`: runs one agent until it is told to stop.

Heavy imports wait until an agent really starts, so that `--help` is quick.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import click

from hyperlane.errors import ConfigError, HyperlaneError

_PASS_THROUGH: dict[str, Any] = {"ignore_unknown_options": True, "allow_extra_args": True}
_config_option = click.option(
    "--config",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="JSON file; may be repeated, later files win. Also CONFIG_FILES=a.json,b.json.",
)


@click.group()
@click.version_option(package_name="ape-hyperlane")
def main() -> None:
    """Off-chain agents for interchain messaging.

    Settings come from JSON files, from HYP_* environment variables and from options such as
    --chains.mychain.index.chunk 500, in this order; later ones win.

    Keys, and URLs that hold one, belong into a file that only you can read, a keystore, or the
    environment (HYP_CHAINS_MYCHAIN_SIGNER_KEY): every user of this machine can list options.
    """


@main.command(context_settings=_PASS_THROUGH)
@_config_option
@click.pass_context
def validator(context: click.Context, files: tuple[Path, ...]) -> None:
    """Sign the messages that leave one chain."""

    def start() -> Coroutine[Any, Any, None]:
        from hyperlane.agents.validator import run
        from hyperlane.settings import ValidatorSettings, load_settings

        return run(load_settings(ValidatorSettings, files, os.environ, context.args))

    _warn_of_secrets(context.args)
    _run(start)


@main.command(context_settings=_PASS_THROUGH)
@_config_option
@click.pass_context
def relayer(context: click.Context, files: tuple[Path, ...]) -> None:
    """Deliver messages between chains."""

    def start() -> Coroutine[Any, Any, None]:
        from hyperlane.agents.relayer import run
        from hyperlane.settings import RelayerSettings, load_settings

        return run(load_settings(RelayerSettings, files, os.environ, context.args))

    _warn_of_secrets(context.args)
    _run(start)


@main.command(context_settings=_PASS_THROUGH)
@_config_option
@click.pass_context
def kathy(context: click.Context, files: tuple[Path, ...]) -> None:
    """Send canaries between chains, and alert when one is late."""

    def start() -> Coroutine[Any, Any, None]:
        from hyperlane.agents.kathy import run
        from hyperlane.settings import KathySettings, load_settings

        return run(load_settings(KathySettings, files, os.environ, context.args))

    _warn_of_secrets(context.args)
    _run(start)


@main.command(context_settings=_PASS_THROUGH)
@_config_option
@click.pass_context
def watchtower(context: click.Context, files: tuple[Path, ...]) -> None:
    """Find signatures that validators must not have made."""

    def start() -> Coroutine[Any, Any, None]:
        from hyperlane.agents.watchtower import run
        from hyperlane.settings import WatchtowerSettings, load_settings

        return run(load_settings(WatchtowerSettings, files, os.environ, context.args))

    _warn_of_secrets(context.args)
    _run(start)


@main.command(context_settings=_PASS_THROUGH)
@_config_option
@click.pass_context
def scraper(context: click.Context, files: tuple[Path, ...]) -> None:
    """Copy what happens on chains into a database, and serve the explorer and its API."""

    def start() -> Coroutine[Any, Any, None]:
        from hyperlane.settings import ScraperSettings, load_settings

        settings = load_settings(ScraperSettings, files, os.environ, context.args)
        if settings.explorer_port is not None:
            return _explorer()(settings)
        from hyperlane.agents.scraper import run

        return run(settings)

    _warn_of_secrets(context.args)
    _run(start)


def _explorer() -> Callable[[Any], Coroutine[Any, Any, None]]:
    try:
        from hyperlane.explorer.agent import run
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"explorerPort: the explorer needs {error.name}: pip install 'ape-hyperlane[explorer]',"
            " or set it to none"
        ) from None
    return run


@main.command()
@click.argument("domain", type=click.IntRange(1, 2**32 - 1))
@click.option(
    "--db", required=True, envvar="HYP_DB", help="folder of the database, or a postgresql:// URL"
)
def forget(domain: int, db: str) -> None:
    """Forget one chain: for a development chain that was started anew.

    A relayer's, watchtower's or scraper's database then goes on with its other chains where it was.
    """

    async def run() -> None:
        from hyperlane.store.forgetting import forget

        rows = await forget(db, domain)
        click.echo(f"forgot the chain with domain {domain}: {rows} rows")

    if "://" in db:
        _warn_of("--db")
    _run(run)


def _warn_of_secrets(words: Sequence[str]) -> None:
    """The process list shows options to everybody."""
    for word in words:
        name = word.partition("=")[0]
        if word.startswith("--") and name.lower().endswith((".key", ".http", "urls", "webhook")):
            _warn_of(name)


def _warn_of(option: str) -> None:
    click.echo(
        f"warning: {option}: every user of this machine can read options; give it in a file or by"
        " HYP_* in the environment",
        err=True,
    )


def _run(start: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run an agent until SIGTERM or SIGINT; a known error is one line and exit status 1."""
    try:
        asyncio.run(_until_stopped(start()))
    except HyperlaneError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


async def _until_stopped(agent: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(agent)
    stopping = False

    def stop() -> None:
        nonlocal stopping
        stopping = True
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopping:
            raise
    except BaseExceptionGroup as group:
        known, unknown = group.split(HyperlaneError)
        if known is None or unknown is not None:
            raise
        raise _first(known) from None


def _first(group: BaseExceptionGroup[Any]) -> HyperlaneError:
    """The error that ended a task group: the others are its consequences."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, HyperlaneError)
    return error
