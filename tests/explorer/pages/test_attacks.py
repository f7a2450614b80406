"""Strangers' text in pages: it stays text, whatever it says, and makes the browser ask nobody."""

import time
from urllib.parse import quote

from playwright.async_api import expect
from tests.support.browser import browser, visiting
from tests.support.explorer import explorer, opened
from tests.support.explorer_rows import ALPHA, BETA, ROUTERS, VALIDATORS, Sample

from hyperlane.protocol.typecasts import to_checksum, to_hex

MARKUP = "<img src=http://evil.example/a onerror=pwned=1><script>pwned=2</script>"
BREAKOUTS = [
    MARKUP,
    "\"><svg onload=pwned=3 xmlns='http://www.w3.org/2000/svg'>",
    "' autofocus onfocus=pwned=4 x='",
    "javascript:pwned=5",
    "http://169.254.169.254/latest/meta-data",
    "{{ ''.__class__ }}{% for a in b %}",
    "</title></style></textarea><iframe src=//evil.example>",
    "'; DROP TABLE message; --",
    "\N{RIGHT-TO-LEFT OVERRIDE}moc.live\x00\x1b[31m",
]
STRANGE = """() => [...document.querySelectorAll(`
    img, iframe, object, embed, base, meta[http-equiv], script:not([src]), style,
    [style]:not(.chart *),
    a[href^="http"], a[href^="javascript"], a[href^="//"], form[action^="http"]`)]
  .concat([...document.querySelectorAll("*")].filter((element) =>
    [...element.attributes].some((attribute) => attribute.name.startsWith("on"))))
  .map((element) => element.outerHTML)"""


async def hostile(database) -> list[str]:
    """A network in which all that strangers write is an attack; the pages that show it."""
    now = int(time.time())
    sample = await Sample.made(database, now)
    sample.later = True
    paths = ["/", "/messages", "/validators", "/redundancy", "/routes", "/statistics", "/chains"]
    for domain in (ALPHA, BETA):
        await sample.token(
            domain, name=MARKUP, symbol=BREAKOUTS[1], standard=BREAKOUTS[2], route=BREAKOUTS[6]
        )
    paths.append(f"/routes/{quote(BREAKOUTS[6], safe='')}")
    for index, text in enumerate(BREAKOUTS):
        message = await sample.dispatch(ALPHA, BETA, now - 60 + index, text.encode())
        paths.append(f"/messages/{to_hex(message.id)}")
        await sample.announce(ALPHA, VALIDATORS[ALPHA][0], text, now - 60 + index)
    moved = await sample.dispatch(ALPHA, BETA, now - 20, tokens=10**18)
    await sample.deliver(moved, now - 10, 10**18)
    paths.append(f"/messages/{to_hex(moved.id)}")
    await sample.flush()
    validator = VALIDATORS[ALPHA][0]
    await sample.look(ALPHA, validator, {0: now}, location=MARKUP, problem=BREAKOUTS[1])
    paths.append(f"/validators/{to_checksum(validator)}")
    paths.append(f"/address/{to_checksum(ROUTERS[ALPHA])}")
    await sample.redundancy(BETA, ALPHA, None, problem=MARKUP)
    for text in BREAKOUTS:
        printable = quote(text.replace("\0", ""), safe="")
        paths += [
            f"/search?q={printable}",
            f"/messages?sender={printable}&origin={printable}&after={printable}",
            f"/messages/{printable}",
            f"/{printable}",
        ]
    return paths


async def test_strangers_text_is_never_markup_nor_a_request(tmp_path):
    async with opened(tmp_path) as database, browser() as chromium:
        paths = await hostile(database)
        async with (
            explorer(database) as origin,
            visiting(chromium, origin) as visitor,
        ):
            asked: list[str] = []
            visitor.page.on("dialog", lambda dialog: asked.append(dialog.message))
            for path in paths:
                status = await visitor.go(path)
                assert status < 500, path
                assert visitor.page.url.startswith(f"{origin}/"), path
                assert await visitor.page.evaluate(STRANGE) == [], path
                assert await visitor.page.evaluate("typeof pwned") == "undefined", path
                if status >= 400:
                    visitor.errors[:] = [one for one in visitor.errors if f"{status}" not in one]
            assert asked == []


async def test_an_attack_is_shown_as_the_text_that_it_is(tmp_path):
    async with opened(tmp_path) as database, browser() as chromium:
        now = int(time.time())
        sample = await Sample.made(database, now)
        await sample.token(ALPHA, name=MARKUP, symbol=MARKUP)
        message = await sample.dispatch(ALPHA, BETA, now - 60, MARKUP.encode())
        async with (
            explorer(database) as origin,
            visiting(chromium, origin) as visitor,
        ):
            await visitor.go(f"/messages/{to_hex(message.id)}")
            await expect(visitor.page.locator("#body-text pre")).to_have_text(MARKUP)
            # Live updates go through the browser's parser once more.
            await sample.deliver(message, now - 30)
            await expect(visitor.page.locator("#head")).to_contain_text("Delivered in 30 s")
            await sample.dispatch(ALPHA, BETA, now - 10, tokens=10**18)
            await visitor.go("/")
            row = visitor.page.locator("tr[data-key]").first
            await expect(row).to_contain_text(f"1 {MARKUP[:40]}")
            assert await visitor.page.evaluate(STRANGE) == []
