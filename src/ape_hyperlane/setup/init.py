"""`ape hyperlane init`: the first config of a core, and a chain's metadata as its node tells."""

import asyncio
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import ape
import click
import yaml
from rich.console import Console

from ape_hyperlane.console import one_line_errors
from ape_hyperlane.plans.disclosure import print_line
from ape_hyperlane.setup.core_text import EVERY_ORIGIN, CoreChoices, core_text
from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.protocol.typecasts import address_from_hex, to_checksum
from hyperlane.registry import ChainMetadata, CoreConfig, Registry
from hyperlane.registry.chains import ETHER, Blocks, NativeToken, RpcUrl
from hyperlane.registry.known import Domains
from hyperlane.registry.models import parse
from hyperlane.setup.probe import Node, ask_node

COINS = {
    56: ("BNB", "BNB"),
    97: ("BNB", "BNB"),
    100: ("xDAI", "XDAI"),
    137: ("Polygon Ecosystem Token", "POL"),
    80002: ("Polygon Ecosystem Token", "POL"),
    5000: ("Mantle", "MNT"),
    42220: ("Celo", "CELO"),
    43113: ("Avalanche", "AVAX"),
    43114: ("Avalanche", "AVAX"),
}
"""Coins of well-known chains where it is not ether: name and symbol by chain id."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Arguments and options of the command."""

    registry: Registry
    config: Path
    rpc: str | None
    name: str | None
    domain: int | None
    symbol: str | None
    chain_only: bool
    force: bool


def run(
    *,
    owner: str | None,
    validators: Sequence[str],
    threshold: int | None,
    remote: Sequence[str],
    guarded: bool,
    guardians: Sequence[str],
    registry: Path,
    interactive: bool | None,
    **options: object,
) -> None:
    """Writes both files. ClickException with one line on failure, and nothing is written then."""
    console = Console(soft_wrap=True)
    wanted = Wanted(registry=Registry(registry), **options)  # type: ignore[arg-type]
    asking = click.get_text_stream("stdin").isatty() if interactive is None else interactive
    with one_line_errors():
        _require_free(wanted)
        if guardians and not guarded:
            raise ConfigError("--guardians: goes with --guarded, which lets them pause")
        if asking and not wanted.chain_only:
            owner, validators, threshold, remote = _ask(owner, validators, threshold, remote)
            if guarded and not guardians:
                guardians = [click.prompt("Guardians, with commas (empty: fill in later)", "")]
        named = _addresses(guardians, "--guardians") if guarded else None
        text = None
        if not wanted.chain_only:
            text = _config(wanted, owner, validators, threshold, remote, named)
        metadata, notes = _chain(wanted)
        if metadata is not None:
            wanted.registry.write_metadata(metadata)
        if text is not None:
            write_atomic(wanted.config, text)
    notes = [*notes, *_unguarded(wanted, named), *_unknown(wanted, _named(remote, validators))]
    _show(console, wanted, metadata, notes)


def _require_free(wanted: Wanted) -> None:
    """ConfigError for options that do not go together, and for files that exist."""
    if wanted.rpc is not None and wanted.name is None:
        raise ConfigError("--name: required with --rpc: the chain's name, such as mychain")
    if wanted.rpc is None and (wanted.domain is not None or wanted.symbol is not None):
        option = "--domain" if wanted.domain is not None else "--symbol"
        raise ConfigError(f"{option}: goes with --rpc, the URL of the chain's node")
    if wanted.chain_only and wanted.rpc is None:
        raise ConfigError("--chain-only: needs --rpc and --name, the chain to add")
    if wanted.name is not None:
        metadata = wanted.registry.chain_folder(wanted.name) / "metadata.yaml"
        if wanted.rpc is None and not metadata.exists():
            raise ConfigError(
                f"--name {wanted.name}: {wanted.registry.folder} does not have this chain; add"
                " --rpc, the URL of its node"
            )
        if wanted.rpc is not None and metadata.exists() and not wanted.force:
            raise ConfigError(
                f"{metadata}: exists; leave --rpc out to keep it, or --force to write it anew"
            )
    if not wanted.chain_only and wanted.config.exists() and not wanted.force:
        raise ConfigError(
            f"{wanted.config}: exists; name another file with --config, or --force to write it"
            " anew, or --chain-only to add the chain alone"
        )


def _ask(
    owner: str | None, validators: Sequence[str], threshold: int | None, remote: Sequence[str]
) -> tuple[str | None, Sequence[str], int | None, Sequence[str]]:
    """Prompts for what the options leave open."""
    if owner is None:
        owner = click.prompt("Owner of all contracts (empty: who deploys)", "") or None
    if not remote:
        remote = _words(click.prompt("Chains to send to, with commas (empty: none yet)", ""))
    if not validators:
        asked = click.prompt("Validators, with commas (empty: trust the relayer, for trials)", "")
        validators = [asked] if asked else []
    if validators and threshold is None:
        threshold = click.prompt("How many of them have to sign", _majority(_sets(validators)))
    return owner, validators, threshold, remote


def _config(
    wanted: Wanted,
    owner: str | None,
    validators: Sequence[str],
    threshold: int | None,
    remote: Sequence[str],
    guardians: Sequence[str] | None,
) -> str:
    """The config's text. ConfigError for values that it cannot have."""
    sets = _sets(validators)
    if threshold is not None and not sets:
        raise ConfigError(f"--threshold {threshold}: of --validators, but none are named")
    if EVERY_ORIGIN in sets and len(sets) > 1:
        raise ConfigError(
            "--validators: some with a chain and some without; expected <chain>=<address>,… for"
            " each, or one list for all chains"
        )
    remotes = list(dict.fromkeys(name for item in remote for name in _words(item)))
    for name in [*remotes, *filter(None, sets)]:
        if not name.isdecimal():
            wanted.registry.chain_folder(name)  # refuses what is no name
        if name == wanted.name:
            raise ConfigError(f"--remote {name}: is this chain; expected other ones")
    owned = None if owner is None else to_checksum(address_from_hex(owner, "--owner"))
    needed = _majority(sets) if threshold is None else threshold
    choices = CoreChoices(owned, sets, needed, remotes, guardians)
    try:
        choices.check()
    except ValueError as error:
        raise ConfigError(str(error)) from None
    text = core_text(choices)
    parse(CoreConfig, yaml.safe_load(text), str(wanted.config))
    return text


def _sets(validators: Sequence[str]) -> dict[str, list[str]]:
    """Validators by origin, of values such as `0x…,0x…` or `mychain=0x…,0x…`."""
    found: dict[str, list[str]] = {}
    for value in validators:
        origin, separator, members = value.rpartition("=")
        if separator and not origin:
            raise ConfigError(f"--validators {value}: expected <chain>=<address>,…")
        found.setdefault(origin, []).extend(_addresses([members], "--validators"))
    return found


def _addresses(values: Sequence[str], option: str) -> list[str]:
    return [
        to_checksum(address_from_hex(each, option)) for value in values for each in _words(value)
    ]


def _majority(sets: dict[str, list[str]]) -> int:
    return min((len(members) for members in sets.values()), default=1) // 2 + 1 if sets else 1


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _chain(wanted: Wanted) -> tuple[ChainMetadata | None, list[str]]:
    """Metadata of the chain behind --rpc, and what was assumed."""
    if wanted.rpc is None or wanted.name is None:
        return None, []
    if not wanted.rpc.startswith(("http://", "https://")):
        raise ConfigError(f"--rpc {wanted.rpc[:20]}: expected http://… or https://…")
    node = asyncio.run(ask_node(wanted.rpc))
    domain = node.chain_id if wanted.domain is None else wanted.domain
    if not 0 < domain < 2**32:
        raise ConfigError(f"--domain: {domain}, expected 1 to {2**32 - 1}; choose one")
    for other, taken in Domains(wanted.registry).items():
        if taken == domain and other != wanted.name:
            raise ConfigError(
                f"--name {wanted.name}: {wanted.registry.folder} has domain {domain} as {other};"
                " use that name, or another --domain"
            )
    token, notes = _coin(node, wanted.symbol)
    if node.block_time is None:
        notes.append("blocks.estimateBlockTime: the chain has too few blocks to tell")
    if not node.knows_finality:
        notes.append(
            f"blocks.reorgPeriod: the node knows no finality, so {node.finality} blocks were"
            " written; set what is safe on this chain"
        )
    blocks = Blocks(
        confirmations=1, reorg_period=node.finality, estimate_block_time=node.block_time
    )
    metadata = ChainMetadata(
        name=wanted.name,
        chain_id=node.chain_id,
        domain_id=domain,
        protocol="ethereum",
        display_name=wanted.name.capitalize(),
        rpc_urls=[RpcUrl(http=wanted.rpc)],
        native_token=token,
        blocks=blocks,
        is_testnet=True if node.is_development else None,
    )
    return metadata, notes


def _coin(node: Node, symbol: str | None) -> tuple[NativeToken, list[str]]:
    """The native coin, and a note if it is a guess."""
    if symbol is not None:
        return NativeToken(name=symbol, symbol=symbol, decimals=18), []
    if node.chain_id in COINS:
        name, known = COINS[node.chain_id]
        return NativeToken(name=name, symbol=known, decimals=18), []
    if node.is_development or node.chain_id in (1, 10, 8453, 42161, 11155111):
        return ETHER, []
    return ETHER, ["nativeToken: ether is a guess, as nodes do not tell; --symbol names another"]


def _named(remote: Sequence[str], validators: Sequence[str]) -> list[str]:
    """Chains that the config names."""
    origins = [origin for origin in _sets(validators) if origin]
    return [*(name for item in remote for name in _words(item)), *origins]


def _unguarded(wanted: Wanted, guardians: Sequence[str] | None) -> list[str]:
    """A note that guardians are still to be filled in, if so."""
    if guardians is None or guardians or wanted.chain_only:
        return []
    return [f"{wanted.config}: fill in `guardians`, in the module and the hook, before you deploy"]


def _unknown(wanted: Wanted, names: Iterable[str]) -> list[str]:
    """A note for each chain that has no metadata yet, with the command that adds it."""
    if wanted.chain_only:
        return []
    return [
        f"{name}: not in {wanted.registry.folder} yet. Before you deploy: ape hyperlane init"
        f" --registry {shlex.quote(str(wanted.registry.folder))} --chain-only --name {name}"
        " --rpc <URL>"
        for name in dict.fromkeys(names)
        if not name.isdecimal() and not wanted.registry.has_metadata(name)
    ]


def _show(
    console: Console, wanted: Wanted, metadata: ChainMetadata | None, notes: Iterable[str]
) -> None:
    if metadata is not None:
        blocks = metadata.blocks or Blocks()
        print_line(
            console,
            f"{metadata.name}: chain id {metadata.chain_id}, domain {metadata.domain_id},"
            f" finality {blocks.reorg_period}, a block every"
            f" {blocks.estimate_block_time or '?'} s",
        )
        folder = wanted.registry.chain_folder(metadata.name)
        print_line(console, f"Written to {folder / 'metadata.yaml'}")
    if not wanted.chain_only:
        print_line(console, f"Written to {wanted.config}")
    for note in notes:
        print_line(console, note)
    if wanted.chain_only:
        return
    print_line(console, f"Next: {deploy_command(wanted, metadata)} --dry-run")


def deploy_command(wanted: Wanted, metadata: ChainMetadata | None) -> str:
    """The command that deploys the config."""
    parts = ["ape", "hyperlane", "deploy", "--config", str(wanted.config)]
    parts += ["--registry", str(wanted.registry.folder)]
    if wanted.name is not None:
        parts += ["--chain", wanted.name]
    if metadata is None or not metadata.is_testnet:
        parts += ["--account", next(iter(sorted(ape.accounts.aliases)), "me")]
    return shlex.join(parts)
