"""Which route a file is about, when the command does not say."""

from ape_hyperlane.deploy.journal import journal_path
from hyperlane.errors import ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import known_routes, route_paths
from hyperlane.registry.warp import Tokens, read_warp_config
from hyperlane.registry.warp_token import WarpToken


def choose_route(registry: Registry, tokens: Tokens, wanted: str | None, symbol: str) -> str:
    """The route's id: what is wanted, else symbol and chains. ConfigError for no such name, and
    for a file that a deployed route may have grown into: a second one would not be meant."""
    route = wanted or f"{symbol}/{'-'.join(sorted(tokens))}"
    deploy, _ = route_paths(registry.folder, route)
    begun = any(journal_path(registry, chain, route).exists() for chain in tokens)
    if wanted is not None or deploy.exists() or begun:
        return route
    for known in known_routes(registry.folder, "-deploy.yaml"):
        if _grows_from(registry, known, tokens):
            raise ConfigError(
                f"--route is needed: the file has all ends of {known}, which is deployed; --route"
                f" {known} goes on with that, --route {route} makes another one"
            )
    return route


def _grows_from(registry: Registry, known: str, tokens: Tokens) -> bool:
    try:
        before = read_warp_config(route_paths(registry.folder, known)[0])
    except ConfigError:
        return False  # somebody else's, or broken: not what we deployed
    return all(chain in tokens and _alike(end, tokens[chain]) for chain, end in before.items())


def _alike(one: WarpToken, other: WarpToken) -> bool:
    """Whether both are the same token's end. Names are written down when they were left out."""
    named = ((getattr(one, key), getattr(other, key)) for key in ("name", "symbol"))
    return (one.type, one.token, one.nft) == (other.type, other.token, other.nft) and all(
        None in pair or pair[0] == pair[1] for pair in named
    )
