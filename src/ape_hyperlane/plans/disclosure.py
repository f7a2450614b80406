"""Whom and what files name, for the person who is about to sign.

Files of a registry, journals and deploy files come from others. What they can make somebody sign is
listed in docs/deploy.md; a plan shows each account and contract that they name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from ape import networks
from rich.console import Console

from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.wording import masked_url, one_line

_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{40}|0x[0-9a-fA-F]{64}")
_LONGEST = 400


def show_place(console: Console, sender: str, deployer: str, named: Mapping[str, object]) -> None:
    """The connected chain, who signs, and all that `named` (by file or key) says of others."""
    provider = networks.provider
    say(
        console,
        f"    chain id {provider.chain_id} by {masked_url(str(getattr(provider, 'uri', '')))},"
        f" signed by {sender}",
    )
    if deployer and deployer.lower() != sender.lower():
        say(
            console,
            f"    journal: the first run was {deployer}'s, who owns what no file names an owner of",
        )
    for key, address in others(named, sender):
        say(console, f"    {key}: {address}")


def show_foreign(console: Console, found: Mapping[str, str]) -> None:
    """What `Survey.foreign` found."""
    for name, address in found.items():
        say(
            console,
            f"    journal: {name} is {address}, whose code this version does not make: believed;"
            " make sure that you deployed it",
        )


def others(named: object, sender: str, path: str = "") -> Iterator[tuple[str, str]]:
    """Key and value of each address and 32-byte word in a config that is not `sender`."""
    if isinstance(named, Mapping):
        for key, value in named.items():
            yield from others(value, sender, f"{path}.{key}" if path else str(key))
            if _ACCOUNT.fullmatch(str(key)):
                yield f"{path}.{key}", str(key)
    elif isinstance(named, Sequence) and not isinstance(named, str | bytes):
        for index, value in enumerate(named):
            yield from others(value, sender, f"{path}[{index}]")
    elif (
        isinstance(named, str)
        and _ACCOUNT.fullmatch(named)
        and named.lower() not in (sender.lower(), ZERO_ADDRESS)
    ):
        yield path, named


def say(console: Console, text: str) -> None:
    """One line; names come from others, and could otherwise rewrite what a terminal shows."""
    console.print(one_line(text, _LONGEST), highlight=False, markup=False)
