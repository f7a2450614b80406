"""`ape hyperlane status`: where a message is, and what to do about it."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ape
import click
import structlog
from rich.console import Console

from ape_hyperlane.console import one_line_errors
from ape_hyperlane.plans.disclosure import print_line
from hyperlane.errors import ChainError, HyperlaneError
from hyperlane.registry import Registry
from hyperlane.tracking.advice import Advice
from hyperlane.tracking.network import Network, is_local, opened
from hyperlane.tracking.relayer_page import check_relayer
from hyperlane.tracking.render import as_json, line, text
from hyperlane.tracking.report import Report
from hyperlane.tracking.search import Dispatch, Search
from hyperlane.tracking.subject import parse_subject
from hyperlane.tracking.trace import Tracer

INTERVAL = 2.0
"""Seconds between two looks."""


def run(
    *,
    message: str,
    registry: Path,
    origin: str | None,
    relayer: str | None,
    watch: bool,
    as_json: bool,
    search_blocks: int,
) -> None:
    """Shows one or all messages that `message` names. ClickException with one line on failure."""
    with one_line_errors(), quiet():
        subject = parse_subject(message)
        url = None if relayer is None else check_relayer(relayer)
        folder = Registry(registry)

        async def look() -> None:
            async with opened(folder) as network:
                found = await Search(network, origin, search_blocks).find(subject)
                advice = await advise(network, registry, found[0])
                tracer = Tracer(network, advice, url, search_blocks)
                for dispatch in found:
                    await _show(tracer, dispatch, watch, as_json)

        try:
            asyncio.run(look())
        except KeyboardInterrupt:
            click.echo("stopped watching; the message goes its way", err=True)
            raise click.exceptions.Exit(130) from None


async def _show(tracer: Tracer, dispatch: Dispatch, watch: bool, json_wanted: bool) -> None:
    """Shows one message; with `watch` again whenever something changes, until it is delivered."""
    console = Console(soft_wrap=True)
    said = None
    while True:
        try:
            report = await tracer.report(dispatch)
        except ChainError as error:
            if said is None:
                raise
            click.echo(f"cannot look now: {error}", err=True)
            await asyncio.sleep(INTERVAL)
            continue
        if (now := line(report)) != said:
            if json_wanted:
                click.echo(json.dumps(as_json(report)))
            elif said is None or report.delivery is not None:
                show(console, report, tracer.advice)
            else:
                print_line(console, now)
        said = now
        if not watch or report.delivery is not None:
            return
        await asyncio.sleep(INTERVAL)


def show(console: Console, report: Report, advice: Advice) -> None:
    """Prints a report."""
    for each in text(report, advice):
        console.print(each, highlight=False, markup=False)


async def advise(network: Network, registry: Path, dispatch: Dispatch) -> Advice:
    """Advice whose commands name the account that will have to be named on the destination."""
    name = network.name_of(dispatch.message.destination)
    try:
        local = name is None or is_local(await network.chain(name))
    except HyperlaneError:  # the report says it
        local = True
    known = sorted(ape.accounts.aliases)
    return Advice(registry, None if local else known[0] if len(known) == 1 else "ALIAS")


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the events that agents log out of a command's output."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
