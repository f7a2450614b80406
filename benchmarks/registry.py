"""How long commands take to find in a registry of the public one's size what they need.

`python -m benchmarks.registry` writes a folder of 346 chains, of six protocols, and 234 routes, as
long as the public ones are, and measures what commands do with it before they ask a chain.
`--write`
keeps the figures in `results/registry.json`.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from ape_hyperlane.warp.routes import choose_route
from hyperlane.registry import Registry
from hyperlane.registry.chains import ChainAddresses
from hyperlane.registry.deployed_routes import WarpRoute, find_route, route_paths
from hyperlane.registry.known import Contracts, Domains
from hyperlane.registry.models import read
from hyperlane.registry.warp import read_warp_config

RESULTS = Path(__file__).parent / "results" / "registry.json"
CHAINS, ROUTES = 346, 234
FOREIGN = ("sealevel", "cosmosnative", "starknet", "aleo", "radix")
EVERY_FOREIGN = 9
"""One chain in so many is of another protocol."""
LONG_ROUTES = 8
"""Routes that name validators for each pair of many chains: up to 230 KB each."""


def main() -> None:
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(Path(folder))
        write_public(registry.folder)
        for name, command in steps(registry).items():
            began = time.perf_counter()
            command()
            figures[f"{name}, ms"] = round((time.perf_counter() - began) * 1000, 1)
    table = Table("what", "figure")
    for name, figure in figures.items():
        table.add_row(name, f"{figure:,}")
    Console().print(table)
    if "--write" in sys.argv:
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n")


def steps(registry: Registry) -> dict[str, Callable[[], Any]]:
    """What commands do, each as if it were the first of its process."""
    mine = route_paths(registry.folder, "MINE/mine")[0]
    mine.parent.mkdir(parents=True)
    mine.write_text(yaml.safe_dump({name_of(1): {"type": "native"}, name_of(2): SYNTHETIC}))
    tokens = read_warp_config(mine)
    mine.unlink()
    route = f"{symbol_of(3)}/route3"
    return {
        "a chain's files": lambda: (registry.metadata(name_of(1)), registry.addresses(name_of(1))),
        "domains of all chains": lambda: dict(Domains(registry).items()),
        "a chain that a config names": lambda: Domains(registry)[name_of(7)],
        "contracts of a chain that a config names": lambda: Contracts(registry)[name_of(7)],
        "warp send: the route": lambda: read(
            WarpRoute, route_paths(registry.folder, find_route(registry.folder, route, CONFIG))[1]
        ),
        "warp deploy: which route a file is about": lambda: choose_route(
            registry, tokens, None, "MINE"
        ),
    }


CONFIG = "-config.yaml"
SYNTHETIC = {"type": "synthetic", "name": "Wrapped", "symbol": "WRAP"}


def name_of(number: int) -> str:
    return f"chain{number}"


def symbol_of(number: int) -> str:
    return f"TOK{number % 60}"


def address(number: int) -> str:
    return f"0x{number:040x}"


def write_public(folder: Path) -> None:
    """A registry like the public one, without anybody's addresses."""
    for number in range(CHAINS):
        _write(folder / "chains" / name_of(number) / "metadata.yaml", metadata(number))
        _write(folder / "chains" / name_of(number) / "addresses.yaml", addresses(number))
    for number in range(ROUTES):
        home = folder / "deployments" / "warp_routes" / symbol_of(number)
        config, deploy = route_files(number)
        _write(home / f"route{number}-config.yaml", config)
        _write(home / f"route{number}-deploy.yaml", deploy)


def protocol(number: int) -> str:
    foreign = number % EVERY_FOREIGN == EVERY_FOREIGN - 1
    return FOREIGN[number // EVERY_FOREIGN % len(FOREIGN)] if foreign else "ethereum"


def metadata(number: int) -> dict[str, Any]:
    name = name_of(number)
    return {
        "blockExplorers": [
            {
                "apiKey": f"key-of-{number}",
                "apiUrl": f"https://api.explorer.{name}.example/api",
                "family": "etherscan",
                "name": f"{name} explorer",
                "url": f"https://explorer.{name}.example",
            }
        ],
        "blocks": {"confirmations": 1, "estimateBlockTime": 2.5, "reorgPeriod": 5},
        "chainId": 1000 + number if protocol(number) == "ethereum" else f"{name}-1",
        "deployer": {"name": "Somebody", "url": "https://deployer.example"},
        "displayName": name.title(),
        "domainId": 1000 + number,
        "gasCurrencyCoinGeckoId": "ethereum",
        "index": {"from": 12345 * number},
        "name": name,
        "nativeToken": {"decimals": 18, "name": "Ether", "symbol": "ETH"},
        "protocol": protocol(number),
        "rpcUrls": [{"http": f"https://{which}.{name}.example/rpc"} for which in "abcd"],
        "technicalStack": "other",
    }


def addresses(number: int) -> dict[str, str]:
    keys = [field.alias or key for key, field in ChainAddresses.model_fields.items()][:28]
    if protocol(number) == "ethereum":
        return {key: address(number * 100 + index) for index, key in enumerate(keys, 1)}
    return {"mailbox": f"program-of-{name_of(number)}", **dict.fromkeys(keys[1:12], "")}


def route_files(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is deployed, and what was to be."""
    ends = [name_of((number * 7 + step * 3) % CHAINS) for step in range(2 + number % 5)]
    if number < LONG_ROUTES:
        ends = [name_of(step) for step in range(20)]
    deploy = {
        chain: {
            "owner": address(number),
            "mailbox": address(index),
            **({"type": "collateral", "token": address(index + 1)} if index == 0 else SYNTHETIC),
            **({"interchainSecurityModule": _modules(ends)} if number < LONG_ROUTES else {}),
        }
        for index, chain in enumerate(ends)
    }
    config = {
        "tokens": [
            {
                "addressOrDenom": address(number * 50 + index + 1),
                "chainName": chain,
                "connections": [
                    {"token": f"ethereum|{other}|{address(number * 50 + place + 1)}"}
                    for place, other in enumerate(ends)
                    if other != chain
                ],
                "decimals": 18,
                "logoURI": f"/deployments/warp_routes/{symbol_of(number)}/logo.svg",
                "name": "Wrapped",
                "standard": "EvmHypCollateral" if index == 0 else "EvmHypSynthetic",
                "symbol": symbol_of(number),
            }
            for index, chain in enumerate(ends)
        ]
    }
    return config, deploy


def _modules(ends: list[str]) -> dict[str, Any]:
    validators = [address(2**150 + index) for index in range(3)]
    signed = [
        {"type": kind, "threshold": 2, "validators": validators}
        for kind in ("merkleRootMultisigIsm", "messageIdMultisigIsm")
    ]
    either = {"type": "staticAggregationIsm", "threshold": 1, "modules": signed}
    domains = dict.fromkeys(ends, either)
    return {"type": "domainRoutingIsm", "owner": address(9), "domains": domains}


class _Plain(yaml.CSafeDumper):
    """Without aliases, as other tools write."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump(content, Dumper=_Plain))


if __name__ == "__main__":
    main()
