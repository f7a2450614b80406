"""A registry of the public one's size: commands read what they need of it, and no more."""

import sys
from pathlib import Path

import pytest
import yaml
from benchmarks.registry import CHAINS, ROUTES, SYNTHETIC, name_of, symbol_of, write_public

from ape_hyperlane.warp import routes
from ape_hyperlane.warp.routes import choose_route
from hyperlane.registry import Registry, yaml_file
from hyperlane.registry.deployed_routes import WarpRoute, find_route, route_paths
from hyperlane.registry.known import Contracts, Decimals, Domains
from hyperlane.registry.models import read
from hyperlane.registry.warp import read_warp_config


class Opened:
    """The files within a folder that this process opens while told to look."""

    def __init__(self, folder):
        self.folder, self.files, self.looking = folder, [], False
        sys.addaudithook(self._note)  # for the life of the process

    def _note(self, event, arguments):
        if self.looking and event == "open" and isinstance(arguments[0], str | Path):
            path = Path(arguments[0])
            if path.is_relative_to(self.folder):
                self.files.append(str(path.relative_to(self.folder)))

    def by(self, command):
        self.files, self.looking = [], True
        try:
            command()
        finally:
            self.looking = False
        return set(self.files)


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    write_public(folder)
    return Registry(folder)


@pytest.fixture(scope="module")
def opened(public):
    return Opened(public.folder)


@pytest.fixture
def parsed(monkeypatch):
    """The names of files that are parsed as YAML."""
    found, load = [], yaml_file._load
    monkeypatch.setattr(yaml_file, "_load", lambda text: found.append(text) or load(text))
    return found


@pytest.fixture
def mine(tmp_path):
    """A file about two of the registry's chains, of no route of its."""
    path = tmp_path / "mine-deploy.yaml"
    path.write_text(yaml.safe_dump({name_of(1): {"type": "native"}, name_of(2): SYNTHETIC}))
    return read_warp_config(path)


def of(*numbers, suffix="metadata.yaml"):
    return {f"chains/{name_of(number)}/{suffix}" for number in numbers}


def test_it_is_as_large_as_the_public_one_and_of_several_protocols(public):
    assert len(public.chains()) == CHAINS >= 346
    protocols = {public.identity(chain).protocol for chain in public.chains()}
    assert len(protocols) == 6
    long = [path.stat().st_size for path in public.folder.rglob("*-deploy.yaml")]
    assert len(long) == ROUTES >= 234
    assert max(long) > 200_000


def test_of_chains_that_nobody_names_nothing_is_opened(public, opened):
    assert opened.by(lambda: public.metadata(name_of(1))) == of(1)
    assert opened.by(lambda: Domains(public)[name_of(7)]) == of(7)
    assert opened.by(lambda: Decimals(public).of(name_of(7))) == of(7)
    contracts = of(7) | of(7, suffix="addresses.yaml")
    assert opened.by(lambda: Contracts(public)[name_of(7)]) == contracts


def test_all_domains_are_found_without_parsing_a_file(public, opened, parsed):
    assert opened.by(lambda: Domains(public).values()) == of(*range(CHAINS))
    assert parsed == []


def test_sending_opens_the_file_of_its_route_and_no_other(public, opened):
    wanted = f"{symbol_of(3)}/route3"

    def find():
        route = find_route(public.folder, wanted, "-config.yaml")
        return read(WarpRoute, route_paths(public.folder, route)[1])

    assert opened.by(find) == {f"deployments/warp_routes/{wanted}-config.yaml"}


def test_no_route_of_other_chains_is_parsed_to_tell_which_one_a_file_is_about(public, mine, parsed):
    assert choose_route(public, mine, None, "MINE") == "MINE/chain1-chain2"
    assert parsed == []


def test_a_route_of_these_chains_is_parsed_and_found(public, mine, parsed):
    twin = route_paths(public.folder, "TWIN/mine")[0]
    twin.parent.mkdir(parents=True)
    twin.write_text(yaml.safe_dump({chain: end.as_file() for chain, end in mine.items()}))
    try:
        with pytest.raises(routes.ConfigError, match="all ends of TWIN/mine, which is deployed"):  # type: ignore[attr-defined]
            choose_route(public, mine, None, "MINE")
    finally:
        twin.unlink()
    assert len(parsed) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{chain1: {type: native}, chain2: {type: synthetic, name: Wrapped, symbol: WRAP}}",
        "{\nchain1:\n {type: native},\nchain2:\n {type: synthetic,\nname: Wrapped}}",
        "# a comment\n---\n'chain1': {type: native}\n\"chain2\" : {type: synthetic}\n",
        "chain2:\n  type: synthetic\nchain1:\n  type: native",
    ],
    ids=["in one line", "in braces", "in quotes", "in blocks"],
)
def test_a_route_is_found_however_its_file_is_laid_out(registry, write, mine, text):
    write("deployments/warp_routes/TWIN/mine-deploy.yaml", text)
    with pytest.raises(routes.ConfigError, match="all ends of TWIN/mine, which is deployed"):  # type: ignore[attr-defined]
        choose_route(registry, mine, None, "MINE")
