"""Draws the pictures of the documentation: `make screenshots`.

Not one of the tests: its results are committed, and fonts differ from machine to machine.
"""

import asyncio
import shutil
import time
from pathlib import Path

from tests.support.browser import browser, visiting
from tests.support.explorer import explorer, opened
from tests.support.explorer_rows import ROUTE, busy

from hyperlane.protocol.typecasts import to_hex

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WINDOW = {"width": 1180, "height": 830}


async def test_draw_the_pictures(tmp_path):
    async with opened(tmp_path) as database, browser() as chromium:
        messages = await busy(database, int(time.time()), 400)
        async with explorer(database) as origin:
            for name, path in {
                "explorer-message": f"/messages/{to_hex(messages[-1].id)}",
                "explorer-home": "/",
                "explorer-redundancy": "/redundancy",
                "explorer-route": f"/routes/{ROUTE.replace('/', '%2F')}",
                "explorer-statistics": "/statistics",
            }.items():
                options = {"viewport": WINDOW, "device_scale_factor": 1.5}
                async with visiting(chromium, origin, **options) as visitor:
                    await visitor.go(path)
                    await visitor.page.wait_for_load_state("load")
                    file = IMAGES / f"{name}.png"
                    await visitor.page.screenshot(path=file)
                    await shrink(file)


async def shrink(file: Path) -> None:
    """Have pngquant take colours that nobody sees, where it is installed."""
    if program := shutil.which("pngquant"):
        command = (program, "--force", "--skip-if-larger", "--output", str(file), "64", str(file))
        process = await asyncio.create_subprocess_exec(*command)
        await process.wait()
