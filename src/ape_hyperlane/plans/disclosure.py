"""Shows what a user is about to sign: the chain, and the accounts and contracts that files name.

Registry files, journals and deploy files come from others. docs/deploy.md lists what they can make
a user sign.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from ape import networks
from rich.console import Console

from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.wording import masked_url, one_line

_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{40}|0x[0-9a-fA-F]{64}")
_LONGEST = 400


def show_context(
    console: Console, sender: str, deployer: str, configs: Mapping[str, object]
) -> None:
    """Shows the connected chain, the signer, and the addresses of others in `configs`, which has
    them by file or key."""
    provider = networks.provider
    print_line(
        console,
        f"    chain id {provider.chain_id} by {masked_url(str(getattr(provider, 'uri', '')))},"
        f" signed by {sender}",
    )
    if deployer and deployer.lower() != sender.lower():
        print_line(
            console,
            f"    journal: the first run was {deployer}'s, who owns what no file names an owner of",
        )
    for key, address in addresses_of_others(configs, sender):
        print_line(console, f"    {key}: {address}")


def show_foreign(console: Console, found: Mapping[str, str]) -> None:
    """Shows the contracts that `Survey.foreign` found."""
    for name, address in found.items():
        print_line(
            console,
            f"    journal: {name} is {address}, whose code differs from what this version"
            " compiles; make sure that you deployed it",
        )


def addresses_of_others(config: object, sender: str, path: str = "") -> Iterator[tuple[str, str]]:
    """Key and value of each address and 32-byte word in a config, except those of `sender`."""
    if isinstance(config, Mapping):
        for key, value in config.items():
            yield from addresses_of_others(value, sender, f"{path}.{key}" if path else str(key))
            if _ACCOUNT.fullmatch(str(key)):
                yield f"{path}.{key}", str(key)
    elif isinstance(config, Sequence) and not isinstance(config, str | bytes):
        for index, value in enumerate(config):
            yield from addresses_of_others(value, sender, f"{path}[{index}]")
    elif (
        isinstance(config, str)
        and _ACCOUNT.fullmatch(config)
        and config.lower() not in (sender.lower(), ZERO_ADDRESS)
    ):
        yield path, config


def print_line(console: Console, text: str) -> None:
    """Prints text on one line, without control characters: names come from others and could
    otherwise rewrite what the terminal shows."""
    console.print(one_line(text, _LONGEST), highlight=False, markup=False)
