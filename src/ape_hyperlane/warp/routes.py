"""Finds the route that a deploy file belongs to, if the command does not name it."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from ape_hyperlane.plans.journal import Journal, journal_path
from ape_hyperlane.warp.plan import ROUTER, contract_of
from hyperlane.errors import ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import known_routes, route_paths
from hyperlane.registry.warp import Tokens, read_warp_config
from hyperlane.registry.warp_token import WarpToken

_KEY = re.compile(rb"""^["']?([a-z][a-z0-9]*)["']?[ \t]*:""", re.MULTILINE)
"""A key at the beginning of a line: in YAML's block style, a chain."""


def choose_route(
    registry: Registry,
    tokens: Tokens,
    wanted: str | None,
    symbol: str,
    foreign: Collection[str] = (),
) -> str:
    """Id of the route: `wanted`, or else made of symbol and chains. ConfigError for an invalid id,
    and without `wanted` for a file that may extend an existing route: it would deploy a second
    one. `foreign` are the chains of further ends."""
    route = wanted or f"{symbol}/{'-'.join(sorted([*tokens, *foreign]))}"
    deploy, _ = route_paths(registry.folder, route)
    begun = any(journal_path(registry, chain, route).exists() for chain in tokens)
    if wanted is not None or deploy.exists() or begun:
        return route
    grown = [
        *(f"{known}, which is deployed" for known in _deployed(registry, tokens, foreign)),
        *(f"{known}, which was begun" for known in _begun(registry, tokens)),
    ]
    if grown:
        first = grown[0].partition(",")[0]
        raise ConfigError(
            f"--route is needed: the file has all ends of {'; and of '.join(grown)}; --route"
            f" {first} continues that one, --route {route} makes another one"
        )
    return route


def _deployed(registry: Registry, tokens: Tokens, foreign: Collection[str]) -> Iterator[str]:
    """Deployed routes whose ends are all among these."""
    for known in known_routes(registry.folder, "-deploy.yaml"):
        deploy, _ = route_paths(registry.folder, known)
        if not _may_be_of(deploy, [*tokens, *foreign]):
            continue
        try:
            before = read_warp_config(deploy, foreign)
        except ConfigError:
            continue  # invalid, so not written by this tool
        if all(
            chain in tokens and _same_token(end, tokens[chain]) for chain, end in before.items()
        ):
            yield known


def _may_be_of(deploy: Path, chains: Collection[str]) -> bool:
    """False if a deploy file names other chains. Judged by its lines: parsing hundreds of files
    would take seconds."""
    content = deploy.read_bytes()
    named = {key.decode() for key in _KEY.findall(content)}
    return content.lstrip()[:1] == b"{" or named <= set(chains)


def _same_token(one: WarpToken, other: WarpToken) -> bool:
    """True if two ends have the same token. A name that one of them omits is not compared: this
    tool writes the names that a config omits."""
    pairs = ((getattr(one, key), getattr(other, key)) for key in ("name", "symbol"))
    return (one.type, one.token, one.nft) == (other.type, other.token, other.nft) and all(
        None in pair or pair[0] == pair[1] for pair in pairs
    )


def _begun(registry: Registry, tokens: Tokens) -> Iterator[str]:
    """Routes without a deploy file yet whose routers so far are all for these ends."""
    finished = {
        journal_path(registry, "a", known).name
        for known in known_routes(registry.folder, "-deploy.yaml")
    }
    names = {
        path.name
        for chain in tokens
        for path in registry.chain_folder(chain).glob("warp-*.json")
        if path.name not in finished
    }
    for name in sorted(names):
        journals = {
            path.parent.name: path for path in registry.folder.glob(f"chains/*/{_exactly(name)}")
        }
        if journals.keys() <= tokens.keys() and (
            found := _with_routers(registry, journals, tokens)
        ):
            yield found


def _exactly(name: str) -> str:
    """A glob pattern that matches only this name."""
    return re.sub(r"([*?[])", r"[\1]", name)


def _with_routers(registry: Registry, journals: dict[str, Path], tokens: Tokens) -> str | None:
    """Id of the route of these journals, if they have routers and all are for these ends."""
    found = None
    for chain, path in journals.items():
        try:
            journal = Journal(path, registry.metadata(chain).chain_id, "")
        except ConfigError:
            return None
        made = journal.entry(f"{ROUTER.step}Implementation") or journal.entry(ROUTER.step)
        if made is None:
            continue
        token, backing = tokens[chain], tokens[chain].token or ""
        if not made.what.startswith(f"create {contract_of(token)}(") or backing not in made.what:
            return None
        found = journal.route or path.stem.removeprefix("warp-").replace("-", "/", 1)
    return found
