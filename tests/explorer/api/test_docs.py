"""The commands of docs/operate/explorer.md, run against an explorer."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from tests.support.explorer import explorer
from tests.support.explorer_rows import busy

from hyperlane.protocol.typecasts import to_hex

PAGE = Path(__file__).parents[3] / "docs" / "operate" / "explorer.md"
NOW = 1_796_000_000

pytestmark = pytest.mark.quick


async def test_the_commands_of_the_page_work(database):
    async with database.together():
        sent = await busy(database, NOW, 8)
    commands = re.findall(r"^\$ (curl .*)$", PAGE.read_text(), re.M)
    assert len(commands) == 12
    async with explorer(database, clock=lambda: NOW) as url:
        for command in commands:
            process = await asyncio.create_subprocess_shell(
                command.replace("http://127.0.0.1:8080", url),
                stdout=asyncio.subprocess.PIPE,
                env={"ID": to_hex(sent[-1].id), "PATH": "/usr/bin:/bin"},
            )
            said, _ = await process.communicate()
            assert process.returncode == 0, command
            if "/stream" in command:
                assert b"event: change\nid: 1\n" in said
                continue
            found = json.loads(said)
            assert "detail" not in found, (command, found)
            assert any(found.values()), command
