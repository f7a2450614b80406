"""A web page that somebody has open asks an agent on their machine, or changes what it does."""

import json

import aiohttp
import pytest

from hyperlane.agents.relayer.api import Api
from hyperlane.metrics import Metrics, serve

PAGES = [
    *("/", "/metrics", "/health", "/ready", "/list_operations", "/none"),
    *(f"/messages/0x{'00' * 32}", f"/transactions/0x{'00' * 32}"),
]
RETRY = "/message_retry"


class NoOperations:
    """A store that is empty, and counts how often it was asked."""

    asked = 0

    async def get(self, *_):
        self.asked += 1

    async def listed(self, *_, **__):
        self.asked += 1
        return []


@pytest.fixture
def operations():
    return NoOperations()


@pytest.fixture
async def ask(operations):
    """Asks a relayer's pages: status and text."""
    api = Api(operations, operations.get, str, ())
    runner, port = await serve(Metrics(), set(), api.routes(), "127.0.0.1", 0, ["relayer.lan"])

    async def ask(path, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"Host": f"127.0.0.1:{port}", **named}
        named = {name: value.replace("PORT", str(port)) for name, value in named.items()}
        method, data = ("POST", "[]") if path == RETRY else ("GET", None)
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, f"http://127.0.0.1:{port}{path}", headers=named, data=data
            ) as response,
        ):
            return response.status, await response.text()

    yield ask
    await runner.cleanup()


JSON = {"Content_Type": "application/json"}


@pytest.mark.parametrize("path", [*PAGES, RETRY])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:PORT",
        "127.0.0.1.evil.example:PORT",
        "localhost.evil.example",
        "localhost@evil.example",
        "evil.example/localhost",
        "evil.example#localhost",
        "192.168.1.5:PORT",
        "[2001:db8::1]",
        "0.0.0.0:PORT",
        "localhost:port",
        "[::1",
        "",
    ],
)
async def test_a_name_that_was_made_to_point_here_is_not_answered(host, path, ask, operations):
    status, text = await ask(path, Host=host, **JSON)
    assert status in (400, 421)
    assert status == 400 or "metricsAllowedHosts" in json.loads(text)["error"]
    assert not operations.asked


@pytest.mark.parametrize("path", [*PAGES, RETRY])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "https://evil.example:PORT"},
        {"Origin": "http://127.0.0.1:PORT", "Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "nonsense"},
    ],
)
async def test_a_page_of_another_site_is_not_answered(headers, path, ask, operations):
    status, text = await ask(path, **headers, **JSON)
    assert (status, "pages of other sites" in text) == (403, True)
    assert not operations.asked


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_what_any_page_may_send_changes_nothing(kind, ask, operations):
    status, _ = await ask(RETRY, Content_Type=kind)
    assert status == 400
    assert not operations.asked


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost"},
        {"Host": "LOCALHOST:PORT"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.2:9090"},
        {"Host": "[::1]:PORT"},
        {"Host": "relayer.lan:80"},
        {"Host": "Relayer.LAN"},
        {"Origin": "http://127.0.0.1:PORT"},
        {"Host": "relayer.lan", "Origin": "https://relayer.lan", "Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
    ],
)
async def test_programs_and_people_are_answered(headers, ask):
    assert (await ask("/health", **headers))[0] == 200
    assert (await ask(RETRY, **headers, **JSON))[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/list_operations?destination_domain=" + "9" * 5000,
        "/list_operations?limit=" + "9" * 5000,
        "/list_operations?limit=%D9%A3",
        "/list_operations?after=" + "9" * 5000 + "-1",
        "/list_operations?after=1-" + "9" * 20,
        "/list_operations?limit=-1",
    ],
)
async def test_a_number_that_fits_nowhere_is_the_askers_fault(path, ask, operations):
    status, text = await ask(path)
    assert status == 400
    assert len(text) < 300
    assert not operations.asked
