"""The command that writes a migration: what it writes leads to the tables, on both engines."""

import shutil
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from sqlalchemy import Column, Index, Integer, MetaData, String, Table
from tests.support.databases import catalogue, locate, look, postgres, server  # noqa: F401 - fixtures
from tests.support.migrations import opened

from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.migrations.upgrading import TABLES
from hyperlane.store.scraper.tables import Wei

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tool():
    loader = SourceFileLoader("new_migration", str(ROOT / "toolchain/new_migration"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def changed(monkeypatch) -> MetaData:
    """The scraper's tables with some more of everything."""
    metadata = MetaData(naming_convention=TABLES["scraper"].naming_convention)
    for table in TABLES["scraper"].tables.values():
        table.to_metadata(metadata)
    metadata.tables["domain"].append_column(Column("fee", Wei))
    Table("added", metadata, Column("id", Integer, primary_key=True), Column("name", String))
    Index("ix_domain_name", metadata.tables["domain"].c.name)
    monkeypatch.setitem(TABLES, "scraper", metadata)
    return metadata


async def test_what_is_written_leads_to_the_tables(tool, changed, locate, tmp_path):  # noqa: F811
    folder = tmp_path / "migrations"
    shutil.copytree(SCRAPER.folder, folder)
    path = tool.write(replace(SCRAPER, folder=folder), "Keep fees")
    assert path == folder / f"scraper_{len(SCRAPER.revisions) + 1:04}.py"
    assert path.read_text().startswith('"""Keep fees."""\n')
    assert "hyperlane" not in path.read_text(), "types may change after the migration"

    location = locate("migrated")
    await opened(location, SCRAPER)
    await opened(location, replace(SCRAPER, folder=folder))

    def create(connection):
        changed.create_all(connection)
        return catalogue(connection)

    migrated = await look(location, SCRAPER.file_name, catalogue)
    created = await look(locate("created"), SCRAPER.file_name, create)
    assert {name: migrated[name] for name in created} == created
    assert tool.statements(replace(SCRAPER, folder=folder)).count("op.") == 0


@pytest.mark.parametrize("words", [[], ["agents"], ["other", "What it does"]])
def test_a_wrong_word_is_told_how_it_is_used(words, tool, monkeypatch):
    monkeypatch.setattr("sys.argv", ["new_migration", *words])
    with pytest.raises(SystemExit, match=r"usage: toolchain/new_migration agents\|scraper"):
        tool.main()
