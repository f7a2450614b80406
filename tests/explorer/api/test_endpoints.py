"""The JSON API over HTTP."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import quote

import aiohttp
import pytest
from tests.support.databases import ENGINES
from tests.support.explorer import explorer, opened
from tests.support.explorer_rows import (
    ALPHA,
    BETA,
    CHAINS,
    ROUTE,
    ROUTERS,
    SENDERS,
    VALIDATORS,
    busy,
)
from yarl import URL

from hyperlane.explorer.limits import Buckets
from hyperlane.protocol.typecasts import to_hex
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER

NOW = 1_796_000_000
PROBLEM = "application/problem+json"

pytestmark = pytest.mark.quick


class Client:
    """Asks an explorer."""

    def __init__(self, session: aiohttp.ClientSession, sent: list) -> None:
        self.session, self.sent = session, sent

    async def get(self, path: str, status: int = 200, **headers: str):
        async with self.session.get(f"/api/v1/{path}", headers=headers) as answer:
            text = await answer.text()
            assert answer.status == status, (path, answer.status, text[:300])
            expected = "application/json" if status == 200 else PROBLEM
            assert answer.content_type == expected
            return json.loads(text)


@pytest.fixture
async def client(tmp_path) -> AsyncIterator[Client]:
    async with opened(tmp_path) as database:
        async with database.together():
            sent = await busy(database, NOW, 8)
        async with (
            explorer(database, clock=lambda: NOW) as url,
            aiohttp.ClientSession(url) as session,
        ):
            yield Client(session, sent)


async def test_lists_are_filtered_and_go_on(client):
    first = await client.get("messages?limit=5")
    second = await client.get(f"messages?limit=100&cursor={first['next']}")
    listed = [each["id"] for each in (*first["items"], *second["items"])]
    assert second["next"] is None
    assert sorted(listed) == sorted(to_hex(each.id) for each in client.sent)
    waiting = client.sent[-2]
    only = await client.get(f"messages?status=undelivered&origin={waiting.origin}")
    assert [each["id"] for each in only["items"]] == [to_hex(waiting.id)]
    assert only["items"][0]["deliveredAt"] is None
    for name, value in (
        ("sender", to_hex(waiting.sender)),
        ("sender", to_hex(waiting.sender[12:]).upper().replace("0X", "0x")),
        ("recipient", to_hex(waiting.recipient)),
        ("destination", waiting.destination),
        ("since", NOW - 200),
        ("until", NOW),
    ):
        found = await client.get(f"messages?limit=100&{name}={value}")
        assert to_hex(waiting.id) in [each["id"] for each in found["items"]], name


async def test_a_message_is_shown_with_its_life(client):
    sent = client.sent[-1]
    found = await client.get(f"messages/{to_hex(sent.id)}")
    assert found["message"]["nonce"] == sent.nonce
    assert found["body"] == to_hex(sent.body)
    assert found["payments"][0]["payment"] == "200000000000000"
    assert found["delivery"]["transaction"]["domain"] == BETA
    assert [each["direction"] for each in found["transfers"]] == ["sent", "received"]
    assert found["transfers"][0]["token"]["router"] == to_hex(ROUTERS[ALPHA])
    assert "routers" not in found["transfers"][0]["token"], "there may be hundreds"
    assert {each["validator"] for each in found["signatures"]} == {
        to_hex(each) for each in VALIDATORS[ALPHA]
    }
    (its,) = (await client.get(f"transactions/{found['dispatch']['hash']}"))["items"]
    assert [each["id"] for each in its["dispatched"]] == [to_hex(sent.id)]
    (its,) = (await client.get(f"transactions/{found['delivery']['transaction']['hash']}"))["items"]
    assert [each["id"] for each in its["delivered"]] == [to_hex(sent.id)]


async def test_the_network_is_shown(client):
    assert {each["name"] for each in (await client.get("chains"))["items"]} == set(CHAINS.values())
    assert (await client.get(f"chains/{ALPHA}"))["chainId"] == ALPHA
    listed = await client.get(f"chains/{ALPHA}/validators?limit=2")
    others = await client.get(f"chains/{ALPHA}/validators?after={listed['next']}")
    addresses = [each["address"] for each in (*listed["items"], *others["items"])]
    assert addresses == sorted(to_hex(each) for each in VALIDATORS[ALPHA])
    (one,) = (await client.get(f"validators/{to_hex(VALIDATORS[ALPHA][0])}"))["items"]
    assert one["stake"]["staked"] == str(32 * 10**18)
    assert [each["key"] for each in (await client.get("routes"))["routes"]] == [ROUTE]
    for key in (ROUTE, quote(ROUTE, safe=""), f"{ALPHA}:{to_hex(ROUTERS[ALPHA])}"):
        found = await client.get(f"routes/{key}")
        assert (found["locked"], found["minted"], found["missing"]) == ("40", "36", "0")
        assert found["routers"][0]["routers"], "with whom it is enrolled"
    assert len((await client.get("redundancy"))["items"]) == 6
    assert {
        each["domain"] for each in (await client.get(f"redundancy?domain={BETA}"))["items"]
    } == {BETA}
    day = await client.get("statistics")
    assert sum(each["sent"] for each in day["hours"]) == len(client.sent)
    assert day["delays"]["half"] > 0
    month = await client.get("statistics?since=0")
    assert month["since"] == month["until"] - 31 * 86_400
    assert month["hours"] == day["hours"]
    assert (await client.get(f"statistics?since={NOW}&until=5"))["hours"] == []
    hits = await client.get(f"search?q={quote(ROUTE)}")
    assert [(each["kind"], each["key"]) for each in hits["items"]] == [("route", ROUTE)]


async def test_changes_can_be_followed_by_asking(client):
    after, kinds = 0, []
    while True:
        part = await client.get(f"changes?after={after}&limit=7")
        kinds += [(each["number"], each["kind"], each["record"]["id"]) for each in part["items"]]
        after = part["next"]
        if after == part["newest"]:
            break
    assert [each[0] for each in kinds] == list(range(1, after + 1))
    assert len([each for each in kinds if each[1] == "dispatched"]) == len(client.sent)
    assert (await client.get(f"changes?after={after}"))["items"] == []
    ahead = await client.get(f"changes?after={after + 1}", 409)
    assert ahead["parameter"] == "after"
    assert str(after) in ahead["expected"]


WRONG = (
    ("messages?limit=0", "limit", "from 1 to 200"),
    ("messages?limit=201", "limit", "from 1 to 200"),
    ("messages?limit=%2B5", "limit", "from 1 to 200"),
    ("messages?limit=1_0", "limit", "from 1 to 200"),
    ("messages?limit=%D9%A1", "limit", "from 1 to 200"),
    ("messages?limit=", "limit", "from 1 to 200"),
    ("messages?origin=-1", "origin", "from 0 to 4294967295"),
    ("messages?origin=4294967296", "origin", "from 0 to 4294967295"),
    ("messages?origin=" + "9" * 5000, "origin", "from 0 to 4294967295"),
    ("messages?sender=0x12", "sender", "40 or 64 hex digits"),
    ("messages?sender=0x" + "g" * 40, "sender", "40 or 64 hex digits"),
    ("messages?sender=0x" + "1" * 40 + "%0A", "sender", "40 or 64 hex digits"),
    ("messages?since=soon", "since", "Unix seconds"),
    ("messages?status=lost", "status", "'delivered' or 'undelivered'"),
    ("messages?cursor=AAAA", "cursor", "`next`"),
    ("messages?cursor=______________________", "cursor", "`next`"),
    ("messages?colour=red", "colour", "cursor, destination"),
    ("messages?limit=5&limit=5", "limit", None),
    ("messages/0x12", "id", "64 hex digits"),
    ("messages/%00", "id", "64 hex digits"),
    ("transactions/zzz", "hash", "64 hex digits"),
    ("chains/ethereum", "domain", "from 0 to"),
    ("validators/0x00", "address", "40 hex digits"),
    ("search", "q", None),
    ("search?q=" + "x" * 501, "q", "500"),
    ("statistics?since=x", "since", "Unix seconds"),
    ("changes?after=-1", "after", "number of a change"),
)


async def test_a_wrong_parameter_is_named_with_what_is_expected(client):
    for path, parameter, expected in WRONG:
        problem = await client.get(path, 400)
        assert (problem["status"], problem["parameter"]) == (400, parameter), path
        assert parameter in problem["detail"]
        if expected is not None:
            assert expected in problem["expected"], path
            assert len(problem.get("value", "")) <= 81


async def test_what_does_not_exist_is_404_and_says_where_to_look(client):
    nothing = "0x" + "11" * 32
    for path in (
        f"messages/{nothing}",
        f"messages/{nothing}/trace",
        f"messages/{nothing}/delivery",
        f"transactions/{nothing}",
        "chains/5",
        "validators/0x" + "11" * 20,
        "routes/x",
        "routes/" + quote("<script>alert(1)</script>", safe=""),
        "nothing",
        "messages/",
    ):
        assert "; " in (await client.get(path, 404))["detail"]


ATTACKS = (
    "' OR 1=1 --",
    '"; DROP TABLE message; --',
    "<script>alert(1)</script>",
    "\0",
    "a\0b",
    "\ud800".encode("utf-8", "surrogatepass"),
    b"\xff\xfe",
    "🦄" * 100,
    "%",
    "_",
    "../../etc/passwd",
    "{{7*7}}",
    "\r\nset-cookie: a=b",
    "x" * 8000,
    "0x" + "0" * 4000,
    "file:///etc/passwd",
    "http://127.0.0.1:1/",
)


@pytest.mark.parametrize("engine", ENGINES)
async def test_no_text_breaks_anything(engine, request, tmp_path):
    location = str(tmp_path) if engine == "sqlite" else request.getfixturevalue("postgres")("bad")
    database = await Database.open(location, SCRAPER)
    async with database.together():
        (*_, last) = await busy(database, NOW, 4)
    known = to_hex(last.id)
    places = (
        "messages?sender={}", "messages?recipient={}", "messages?cursor={}", "messages?status={}",
        "messages?origin={}", "messages?since={}", "messages?{}=1", "messages/{}",
        "messages/{}/trace", f"messages/{known}/delivery?sender={{}}", "transactions/{}",
        "chains/{}", "chains/{}/validators", f"chains/{ALPHA}/validators?after={{}}",
        "validators/{}", "routes/{}", "search?q={}", "redundancy?domain={}", "statistics?since={}",
        "changes?after={}", "changes/stream?message={}", "{}",
    )  # fmt: skip
    async with explorer(database) as url, aiohttp.ClientSession() as session:
        for place in places:
            for attack in ATTACKS:
                path = place.format(quote(attack, safe=""))
                asked = URL(f"{url}/api/v1/{path}", encoded=True)
                async with session.get(asked) as answer:
                    text = await answer.text()
                    assert answer.status in (200, 400, 404), (path[:200], text[:200])
                    assert "set-cookie" not in answer.headers
                    assert answer.headers["x-content-type-options"] == "nosniff"
                    assert answer.content_type in ("application/json", PROBLEM)
                    json.loads(text)
                    assert len(text) < 20_000
        async with session.get(f"{url}/api/v1/messages?limit=100") as answer:
            assert len((await answer.json())["items"]) == 4
    await database.close()


async def test_answers_can_be_kept_and_asked_for_again(client):
    async with client.session.get("/api/v1/chains") as answer:
        tag = answer.headers["etag"]
        assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
        assert answer.headers["cache-control"] == "public, max-age=5"
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        async with client.session.get("/api/v1/chains", headers={"if-none-match": header}) as again:
            assert (again.status, await again.read()) == (304, b"")
            assert again.headers["etag"] == tag
    async with client.session.get("/api/v1/chains", headers={"if-none-match": '"x"'}) as again:
        assert again.status == 200
    async with client.session.get("/api/v1/chains/5") as answer:
        assert answer.headers["cache-control"] == "no-store"


async def test_any_page_may_read_the_api_and_nobody_may_frame_it(client):
    other = {"origin": "https://elsewhere.example"}
    async with client.session.get("/api/v1/chains", headers=other) as answer:
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    async with client.session.options("/api/v1/chains", headers=other) as answer:
        assert answer.status == 204
        assert answer.headers["access-control-allow-methods"] == "GET"
    async with client.session.get("/") as answer:
        assert "access-control-allow-origin" not in answer.headers
    for path in ("/", "/api/v1/chains", "/api/v1/docs", "/nothing", "/api/v1/openapi.json"):
        async with client.session.get(path) as answer:
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self';")
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "server" not in answer.headers


async def test_only_reading_is_possible(client):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        async with client.session.request(method, "/api/v1/messages") as answer:
            assert answer.status == 405
            assert answer.headers["allow"] == "GET"
            assert "only reads" in (await answer.json(content_type=PROBLEM))["detail"]


async def test_other_names_of_this_host_are_refused(client, database):
    for host in ("evil.example", "localhost.evil.example", "", "127.0.0.1@evil.example"):
        async with client.session.get("/api/v1/chains", headers={"host": host}) as answer:
            assert answer.status == 421
            assert "explorerAllowedHosts" in await answer.text()
    async with (
        explorer(database, hosts=["explorer.example"]) as url,
        aiohttp.ClientSession(url) as session,
        session.get("/", headers={"host": "Explorer.example:443"}) as answer,
    ):
        assert answer.status == 200


async def test_who_asks_too_much_waits(database):
    now = [0.0]
    buckets = Buckets(rate=1, burst=6, clock=lambda: now[0])
    async with (
        explorer(database, buckets=buckets) as url,
        aiohttp.ClientSession(f"{url}/api/v1/") as session,
    ):

        async def ask(path: str) -> tuple[int, str | None]:
            async with session.get(path) as answer:
                return answer.status, answer.headers.get("retry-after")

        assert [await ask("chains") for _ in range(6)] == [(200, None)] * 6
        assert await ask("chains") == (429, "1")
        assert await ask(f"messages/0x{'11' * 32}/trace") == (429, "5")
        now[0] += 5
        assert await ask(f"messages/0x{'11' * 32}/trace") == (404, None)
        assert await ask("chains") == (429, "1")


def test_buckets_belong_to_networks_and_are_bounded():
    now = [0.0]
    buckets = Buckets(rate=1, burst=1, clock=lambda: now[0])
    assert buckets.take("2001:db8::1") is None
    assert buckets.take("2001:db8::ffff") == 1
    assert buckets.take("2001:db8:0:1::1") is None
    assert buckets.take("::ffff:192.0.2.1") is None
    assert buckets.take("192.0.2.1") == 1
    assert buckets.take("fe80::1%eth0") is None
    for number in range(20_000):
        buckets.take(f"10.0.{number // 256}.{number % 256}")
    assert len(buckets._left) <= 10_000


async def test_a_database_that_fails_is_503_without_details(client, database, monkeypatch):
    async with explorer(database) as url, aiohttp.ClientSession(url) as session:
        async with database.write() as connection:
            await connection.exec_driver_sql("DROP TABLE cursor")
        async with session.get("/api/v1/chains") as answer:
            assert (answer.status, answer.headers["retry-after"]) == (503, "2")
            assert "cursor" not in await answer.text()


async def test_each_endpoint_is_documented_with_an_example_that_works(client):
    async with client.session.get("/api/v1/openapi.json") as answer:
        document = await answer.json()
    assert len(document["paths"]) == 16
    for path, operations in document["paths"].items():
        assert list(operations) == ["get"]
        operation = operations["get"]
        assert operation["description"]
        assert set(operation["responses"]) >= {"200", "429", "503", "default"}
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (path, parameter["name"])
            assert parameter["schema"].get("examples") or parameter["schema"]["type"], path
    async with client.session.get("/api/v1/docs") as answer:
        page = await answer.text()
    examples = re.findall(r'Example: <a href="([^"]+)"', page)
    assert len(examples) == 16
    for path in examples:
        if path.endswith("/stream"):
            continue
        async with client.session.get(path.replace("&amp;", "&")) as answer:
            # No chain is there to be asked.
            expected = 503 if path.endswith(("/trace", "/delivery")) else 200
            assert answer.status == expected, path


async def test_a_message_of_an_unknown_kind_of_address_is_shown(database):
    from tests.support.explorer_rows import Sample

    sample = await Sample.made(database, NOW)
    sent = await sample.dispatch(ALPHA, BETA, NOW - 5, sender=SENDERS[0])
    foreign = replace(sent, sender=b"\xff" * 32, nonce=9)
    await sample.deliver(foreign, NOW)
    async with (
        explorer(database) as url,
        aiohttp.ClientSession(url) as session,
        session.get(f"/api/v1/messages/{to_hex(foreign.id)}") as answer,
    ):
        assert (await answer.json())["message"] is None
