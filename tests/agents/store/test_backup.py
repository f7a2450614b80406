"""The commands of docs/operate/backup.md do what the page says."""

import asyncio
import os
import subprocess
from pathlib import Path

from tests.support.agents import eventually, validating
from tests.support.devnet import key

PAGE = Path(__file__).parents[3] / "docs/operate/backup.md"


def commands(heading: str) -> list[str]:
    """Those below a heading: for SQLite, then for PostgreSQL."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return section.split("```\n")[1::2]


def do(command: str, folder: Path, **environment: str) -> None:
    """As an operator would, in a folder; backups go to its folder `backup`."""
    (folder / "backup").mkdir(exist_ok=True)
    command = command.replace("/backup/", f"{folder}/backup/")
    subprocess.run(
        ["bash", "-euc", command], cwd=folder, env={**os.environ, **environment}, check=True
    )


async def test_a_validator_goes_on_from_a_backup_made_while_it_ran(
    origin, validator_config, tmp_path
):
    folder, storage = tmp_path / "validator_db_alpha", tmp_path / "v1"
    config = validator_config(origin, db=str(folder))

    def documents() -> list[str]:
        return [item.read_text() for item in sorted(storage.glob("*_with_id.json"))]

    async with validating(config) as task:
        origin.dispatch(7331, key(3).address)
        await eventually(lambda: len(documents()) == 1, task)
        await asyncio.to_thread(do, commands("Back up")[0], tmp_path)
        origin.dispatch(7331, key(3).address)
        await eventually(lambda: len(documents()) == 2, task)
    signed = documents()
    (folder / "hyperlane.sqlite").unlink()
    for suffix in ("wal", "shm"):
        (folder / f"hyperlane.sqlite-{suffix}").write_bytes(b"of another database")
    do(commands("Restore")[0], tmp_path)
    async with validating(config) as task:
        origin.dispatch(7331, key(3).address)
        await eventually(lambda: len(documents()) == 3, task)
    assert documents()[:2] == signed
    assert not (storage / "reorg_flag.json").exists()
