"""A real browser, driven by tests of the explorer's pages."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    async_playwright,
    expect,
)

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_PATIENCE = 60_000
"""Milliseconds: the machine may be busy."""
WIDE, NARROW = {"width": 1240, "height": 900}, {"width": 390, "height": 800}


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Chromium, as the distribution has it."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, f"install Chromium: none of {', '.join(PROGRAMS)} is on PATH"
    async with async_playwright() as playwright:
        # Its sandbox refuses to run as root, as tests in containers do; pages are our own.
        started = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield started
        finally:
            await started.close()


@dataclass
class Visitor:
    """A tab, and what went wrong in it."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    """What the console said, and exceptions."""
    strange: list[str] = field(default_factory=list)
    """Requests to elsewhere."""
    navigations: int = 0

    async def go(self, path: str) -> int:
        """Open a page; its status."""
        answer = await self.page.goto(self.origin + path)
        assert answer is not None
        return answer.status

    async def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is."""
        # The policy of pages allows no inline script; the tool comes in by the debugger.
        await self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = await self.page.evaluate("axe.run()")
        return [
            f"{each['id']}: {json.dumps([node['html'] for node in each['nodes']])[:500]}"
            for each in found["violations"]
        ]

    async def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(await self.page.evaluate(script))

    def hear(self, message: ConsoleMessage) -> None:
        """Keep what the console says, if it complains."""
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def see(self, request: Request) -> None:
        """Keep requests to elsewhere, and count pages."""
        if request.is_navigation_request():
            self.navigations += 1
        if not request.url.startswith((self.origin + "/", "data:")):
            self.strange.append(request.url)


@asynccontextmanager
async def visiting(
    browser: Browser,
    origin: str,
    *,
    scheme: str = "light",
    viewport: dict[str, int] = WIDE,
    script: str = "",
    **options: Any,
) -> AsyncIterator[Visitor]:
    """A visitor of an explorer; `script` runs before those of pages. It fails at the end if the
    console complained, or anything was asked of another host."""
    context = await browser.new_context(color_scheme=scheme, viewport=viewport, **options)
    context.set_default_timeout(_PATIENCE)
    expect.set_options(timeout=_PATIENCE)
    if script:
        await context.add_init_script(script)
    visitor = Visitor(await context.new_page(), origin)
    visitor.page.on("console", visitor.hear)
    visitor.page.on("pageerror", lambda error: visitor.errors.append(str(error)))
    context.on("request", visitor.see)
    try:
        yield visitor
        assert visitor.errors == []
        assert visitor.strange == []
    finally:
        await context.close()
