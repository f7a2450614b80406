"""What a user may give to name a message, and how times and amounts are said."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hyperlane.errors import ConfigError
from hyperlane.tracking.relayer_page import ask_relayer, check_relayer
from hyperlane.tracking.subject import parse_subject
from hyperlane.tracking.words import ago, coins

pytestmark = pytest.mark.quick

ID, OTHER = "12" * 32, "34" * 32


@pytest.mark.parametrize(
    "text",
    [
        f"0x{ID}",
        f"  {ID}\n",
        f"0x{ID.upper()}",
        f"https://explorer.hyperlane.xyz/message/0x{ID}",
        f"https://etherscan.example/tx/0x{ID}#eventlog",
        f"https://explorer.example/?id=0x{ID}&again=0x{ID}",
    ],
)
def test_ids_hashes_and_links_are_understood(text):
    assert parse_subject(text) == bytes.fromhex(ID)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "'' is not hex"),
        ("0x", "'0x' is not hex"),
        ("hello", "'hello' is not hex"),
        ("0x12", "'0x12' has 2 hex digits"),
        (f"0x{ID}1", "has 65 hex digits"),
        ("https://explorer.example/tx/", "has no id"),
        (f"https://explorer.example/tx/0x{ID}00", "has no id"),
        (f"https://explorer.example/0x{ID}/0x{OTHER}", "has 2 different ids"),
        ("\x1b[31mred", "is not hex"),
    ],
)
def test_anything_else_is_refused_with_what_was_expected(text, complaint):
    with pytest.raises(ConfigError) as caught:
        parse_subject(text)
    assert complaint in str(caught.value)
    assert "expected a message id or transaction hash" in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("url", ["", "127.0.0.1:9090", "ftp://relayer", "http://"])
def test_a_relayer_is_a_url(url):
    with pytest.raises(ConfigError, match=r"--relayer: .*expected the address of its pages"):
        check_relayer(url)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s ago"),
        (59.9, "59 s ago"),
        (60, "1 min 0 s ago"),
        (3725, "1 h 2 min ago"),
        (90_000, "1 d 1 h ago"),
    ],
)
def test_ages_have_two_units(seconds, words):
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("wei", "words"), [(0, "0"), (1, f"0.{'0' * 17}1"), (15 * 10**17, "1.5"), (10**21, "1000")]
)
def test_amounts_have_all_digits(wei, words):
    assert coins(wei) == words


@pytest.mark.parametrize("wait", ["Infinity", "NaN", "-1", "1" + "0" * 400, '"soon"'])
async def test_a_relayers_page_that_says_nonsense_is_still_read(wait):
    content = f'{{"state": "waiting", "status": "s", "retries": true, "next_try_in": {wait}}}'

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=content)

    app = web.Application()
    app.router.add_get("/messages/{id}", page)
    async with TestServer(app) as server:
        view = await ask_relayer(str(server.make_url("")).rstrip("/"), bytes.fromhex(ID))
    assert (view.state, view.retries) == ("waiting", None)
    assert view.next_try_in is None
