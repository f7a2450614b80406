"""Pages in a real browser, over a database that is filled directly."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from tests.support.browser import NARROW, WIDE, browser, visiting
from tests.support.explorer import explorer, opened
from tests.support.explorer_rows import (
    ALPHA,
    BETA,
    RELAYER,
    ROUTE,
    ROUTERS,
    SENDERS,
    VALIDATORS,
    Sample,
    address,
    busy,
)
from tests.support.wallet import Wallet

from hyperlane.explorer.limits import Buckets
from hyperlane.protocol.typecasts import to_checksum, to_hex

pytestmark = pytest.mark.asyncio(loop_scope="module")

MESSAGES = 70
MODULE = address(f"ism {BETA}")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with browser() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(tmp_path_factory):
    """A busy network: the origin of its explorer, its messages and its database."""
    async with opened(tmp_path_factory.mktemp("explorer")) as database:
        now = int(time.time())
        messages = await busy(database, now, MESSAGES)
        async with explorer(database) as origin:
            yield origin, messages, database


def pages(messages) -> dict[str, int]:
    """Every kind of page, with its status."""
    moved, waiting = messages[-1], messages[-2]
    validator = to_checksum(VALIDATORS[ALPHA][0])
    return {
        "/": 200,
        "/messages": 200,
        f"/messages?origin={ALPHA}&status=delivered": 200,
        f"/messages/{to_hex(moved.id)}": 200,
        f"/messages/{to_hex(waiting.id)}": 200,
        f"/messages/{to_hex(waiting.id)}/trace": 200,
        f"/address/{to_checksum(SENDERS[0])}": 200,
        "/validators": 200,
        f"/validators/{validator}": 200,
        "/redundancy": 200,
        "/routes": 200,
        f"/routes/{ROUTE.replace('/', '%2F')}": 200,
        "/statistics": 200,
        "/statistics?days=30": 200,
        "/chains": 200,
        "/search": 200,
        "/search?q=nowhere": 404,
        "/messages?sender=me": 400,
        "/messages/0x12": 404,
        "/nothing/here": 404,
    }


async def open_all(visitor, listed: dict[str, int]) -> None:
    for path, status in listed.items():
        assert await visitor.go(path) == status, path
        assert await visitor.overflow() == 0, path
        await visitor.page.locator("details").evaluate_all(
            "all => all.forEach((details) => (details.open = true))"
        )
        assert await visitor.violations() == [], path
        # The browser tells the console of each status that is an error.
        if status >= 400:
            visitor.errors[:] = [each for each in visitor.errors if f"{status}" not in each]


@pytest.mark.parametrize(
    ("scheme", "viewport"),
    [("light", WIDE), ("dark", NARROW)],
    ids=["light and wide", "dark and narrow"],
)
async def test_every_page_is_accessible_and_quiet(chromium, world, scheme, viewport):
    async with visiting(chromium, world[0], scheme=scheme, viewport=viewport) as visitor:
        listed = pages(world[1])
        if viewport == NARROW:  # each template once more
            listed = {path: 200 for path, status in listed.items() if status == 200}
            listed = {path: 200 for path in listed if "?" not in path and "trace" not in path}
        await open_all(visitor, listed)


async def test_pages_say_everything_without_a_script(chromium, world):
    origin, messages, _ = world
    async with visiting(chromium, origin, java_script_enabled=False) as visitor:
        await visitor.go("/")
        await visitor.page.locator("tr[data-key] a[data-row]").first.click()
        await expect(visitor.page.locator("h1")).to_contain_text("2.5 ETH from sepolia")
        await expect(visitor.page.locator(".timeline > li.done")).to_have_count(5)
        await visitor.go("/statistics")
        await visitor.page.locator("#volume-details > summary").click()
        await expect(visitor.page.locator("#volume tbody tr").first).to_be_visible()
        await visitor.go(f"/messages/{to_hex(messages[-2].id)}")
        await visitor.page.get_by_role("link", name="Look at the chains now").click()
        await expect(visitor.page.locator("#why")).to_contain_text("no nodes")


async def test_the_search_box_takes_anything(chromium, world):
    origin, messages, _ = world
    moved = messages[-1]
    hash_ = await _dispatch_hash(world)
    async with visiting(chromium, origin) as visitor:
        for text, path in {
            to_hex(moved.id): f"/messages/{to_hex(moved.id)}",
            to_hex(moved.id)[2:].upper(): f"/messages/{to_hex(moved.id)}",
            f"https://explorer.example/message/{to_hex(moved.id)}": f"/messages/{to_hex(moved.id)}",
            hash_: f"/tx/{hash_}",
            to_checksum(SENDERS[0]): f"/address/{to_hex(bytes(12) + SENDERS[0])}",
            to_checksum(VALIDATORS[BETA][1]): f"/validators/{to_hex(VALIDATORS[BETA][1])}",
            "basesepolia": f"/chains#{BETA}",
            str(ALPHA): f"/chains#{ALPHA}",
            ROUTE: f"/routes/{ROUTE.replace('/', '%2F')}",
            "eth": f"/routes/{ROUTE.replace('/', '%2F')}",
            to_checksum(MODULE): f"/address/{to_checksum(MODULE)}",
        }.items():
            await visitor.go("/")
            await visitor.page.keyboard.press("/")
            await visitor.page.keyboard.type(text)
            await visitor.page.keyboard.press("Enter")
            await expect(visitor.page).to_have_url(origin + path)


async def test_an_address_says_what_it_is(chromium, world):
    async with visiting(chromium, world[0]) as visitor:
        content = visitor.page.locator("main")
        await visitor.go(f"/address/{to_checksum(MODULE)}")
        await expect(content).to_contain_text("part of the security module of all other recipients")
        await visitor.go(f"/address/{to_checksum(ROUTERS[ALPHA])}")
        await expect(content).to_contain_text(f"a router or the token of {ROUTE}")
        await visitor.go(f"/address/{to_checksum(RELAYER)}")
        await expect(visitor.page.locator("#delivered tr[data-key]")).not_to_have_count(0)
        await visitor.go(f"/address/{to_checksum(address('nobody'))}")
        await expect(content).to_contain_text("Nothing that is stored here has to do with it")


async def test_modules_are_shown_with_their_signers(chromium, world):
    async with visiting(chromium, world[0]) as visitor:
        await visitor.go("/redundancy")
        await visitor.page.get_by_text("Show").first.click()
        tree = visitor.page.locator("details[open] .tree")
        await expect(tree).to_contain_text("message id multisig")
        await expect(tree).to_contain_text("2 of 3 wanted")
        await expect(tree.locator("li li")).to_have_count(3)
        await expect(tree).to_contain_text("not live, its newest leaf is 20: no answer in time")


async def _dispatch_hash(world) -> str:
    from hyperlane.explorer.queries.messages import message

    found = await message(world[2], world[1][-1].id)
    assert found is not None
    return to_hex(found.transaction)


async def test_filters_and_pages_of_the_list(chromium, world):
    origin, messages, _ = world
    async with visiting(chromium, origin) as visitor:
        rows = visitor.page.locator("tr[data-key]")
        await visitor.go("/messages")
        await expect(rows).to_have_count(50)
        first = await rows.first.get_attribute("data-key")
        await visitor.page.get_by_role("link", name="Older").click()
        await expect(rows).to_have_count(MESSAGES - 50)
        await visitor.page.get_by_role("link", name="Newest").click()
        assert await rows.first.get_attribute("data-key") == first
        await visitor.page.get_by_label("Status").select_option("Not delivered")
        await visitor.page.get_by_label("From chain").select_option("sepolia")
        await visitor.page.get_by_role("button", name="Show").click()
        await expect(rows).to_have_count(1)
        assert await rows.first.get_attribute("data-key") == to_hex(messages[-2].id)
        await expect(visitor.page.get_by_label("From chain")).to_have_value(str(ALPHA))


async def test_keys_walk_through_a_list(chromium, world):
    async with visiting(chromium, world[0]) as visitor:
        await visitor.go("/")
        keyboard, focused = visitor.page.keyboard, visitor.page.locator(":focus")
        await keyboard.press("Tab")
        await expect(focused).to_have_text("Skip to the content")
        await keyboard.press("Enter")
        await expect(visitor.page.locator("main")).to_be_focused()
        links = visitor.page.locator("a[data-row]")
        await keyboard.press("j")
        await expect(links.nth(0)).to_be_focused()
        await keyboard.press("j")
        await keyboard.press("ArrowDown")
        await expect(links.nth(2)).to_be_focused()
        await keyboard.press("k")
        await expect(links.nth(1)).to_be_focused()
        href = await links.nth(1).get_attribute("href")
        await keyboard.press("Enter")
        await expect(visitor.page).to_have_url(f"{world[0]}{href}")


async def test_the_theme_is_chosen_and_kept(chromium, world):
    async with visiting(chromium, world[0], scheme="light") as visitor:
        background = "getComputedStyle(document.body).backgroundColor"
        await visitor.go("/statistics")
        light = await visitor.page.evaluate(background)
        await visitor.page.get_by_role("button", name="Dark").click()
        dark = await visitor.page.evaluate(background)
        assert dark != light
        await visitor.go("/")
        assert await visitor.page.evaluate(background) == dark
        await visitor.page.get_by_role("button", name="Light").click()
        assert await visitor.page.evaluate(background) == light


async def test_ids_are_copied_whole(chromium, world):
    origin, messages, _ = world
    id_ = to_hex(messages[-1].id)
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    async with visiting(chromium, origin, **options) as visitor:
        await visitor.go(f"/messages/{id_}")
        await visitor.page.get_by_role("button", name="Copy the message id").click()
        await visitor.page.wait_for_function(
            "async (id) => (await navigator.clipboard.readText()) === id", arg=id_
        )


async def test_charts_show_what_the_tables_say(chromium, world):
    async with visiting(chromium, world[0]) as visitor:
        await visitor.go("/statistics")
        await expect(visitor.page.locator(".chart canvas")).to_have_count(3)
        sent = await visitor.page.locator("#volume td:nth-child(2)").evaluate_all(
            "cells => cells.reduce((sum, cell) => sum + Number(cell.dataset.value), 0)"
        )
        assert MESSAGES - 5 <= sent <= MESSAGES


PREPARED = {"chainId": BETA, "to": "0x" + "11" * 20, "data": "0x", "value": "0", "gas": 1}


@pytest.mark.parametrize(
    ("wallet", "said"),
    [
        (Wallet("0x" + "22" * 20, refuses=True), "You refused it in the wallet"),
        (Wallet("0x" + "22" * 20), "The wallet does not know basesepolia"),
    ],
    ids=["refused", "unknown chain"],
)
async def test_a_wallet_that_does_not_deliver_is_explained(chromium, world, wallet, said):
    origin, messages, _ = world
    async with visiting(chromium, origin) as visitor:
        await wallet.plug_into(visitor.page)
        # The chains of this database do not exist.
        await visitor.page.route("**/delivery?*", lambda route: route.fulfill(json=PREPARED))
        await visitor.go(f"/messages/{to_hex(messages[-2].id)}")
        button = visitor.page.get_by_role("button", name="Deliver with a browser wallet")
        await button.click()
        await expect(visitor.page.locator("#deliver [role=status]")).to_contain_text(said)
        await expect(button).to_be_enabled()
    assert "eth_sendTransaction" not in wallet.asked


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 409, "json": {"detail": "it reverts: <b>no</b>"}}, "it reverts: <b>no</b>"),
        ({"status": 502, "body": "<html>"}, "the server answers 502"),
    ],
    ids=["problem", "page of a proxy"],
)
async def test_a_delivery_that_cannot_be_built_is_explained(chromium, world, answer, said):
    origin, messages, _ = world
    async with visiting(chromium, origin) as visitor:
        await Wallet("0x" + "22" * 20).plug_into(visitor.page)
        await visitor.page.route("**/delivery?*", lambda route: route.fulfill(**answer))
        await visitor.go(f"/messages/{to_hex(messages[-2].id)}")
        await visitor.page.get_by_role("button", name="Deliver with a browser wallet").click()
        await expect(visitor.page.locator("#deliver [role=status]")).to_have_text(
            re.compile(f"^Not delivered: {re.escape(said)}")
        )
        visitor.errors.clear()  # of the status


class Signed:
    """A chain that takes any transaction."""

    def __init__(self) -> None:
        self.sent: list[dict] = []

    def rpc(self, method: str, *parameters: dict) -> object:
        if method == "eth_sendTransaction":
            self.sent.append(parameters[0])
            return "0x" + "ab" * 32
        return {"status": "0x1", "blockNumber": "0x5"}


async def test_a_wallet_signs_what_the_server_tried_and_pays_for_no_more(chromium, world):
    origin, messages, _ = world
    chain = Signed()
    wallet = Wallet("0x" + "22" * 20, {BETA: chain})
    async with visiting(chromium, origin) as visitor:
        await wallet.plug_into(visitor.page)
        await visitor.page.route("**/delivery?*", lambda route: route.fulfill(json=PREPARED))
        await visitor.go(f"/messages/{to_hex(messages[-2].id)}")
        await visitor.page.get_by_role("button", name="Deliver with a browser wallet").click()
        await expect(visitor.page.locator("#deliver [role=status]")).to_contain_text("Delivered by")
    expected = {"from": wallet.account, "to": PREPARED["to"], "data": "0x", "value": "0x0"}
    assert chain.sent == [{**expected, "gas": "0x1", "chainId": hex(BETA)}]


async def test_without_a_wallet_there_is_the_command(chromium, world):
    origin, messages, _ = world
    async with visiting(chromium, origin) as visitor:
        await visitor.go(f"/messages/{to_hex(messages[-2].id)}")
        deliver = visitor.page.locator("#deliver")
        await expect(deliver.locator(".primary")).to_be_disabled()
        await expect(deliver).to_contain_text("This browser has no wallet.")
        command = f"ape hyperlane deliver {to_hex(messages[-2].id)} --origin sepolia"
        await expect(deliver.locator("pre")).to_contain_text(command)


async def test_who_asks_too_much_gets_a_page(chromium, tmp_path):
    async with opened(tmp_path) as database:
        await Sample.made(database, int(time.time()))
        async with (
            explorer(database, buckets=Buckets(rate=0.01, burst=1)) as origin,
            visiting(chromium, origin) as visitor,
        ):
            assert await visitor.go("/chains") == 200
            assert await visitor.go("/chains") == 429
            await expect(visitor.page.locator("h1")).to_have_text(
                "Too many requests from this address"
            )
            assert await visitor.violations() == []
            visitor.errors.clear()  # of the status


async def test_pages_follow_the_network_without_reloading(chromium, tmp_path):
    """A message appears in the list; its page shows it delivered; and undelivered again when the
    chain drops the block."""
    async with opened(tmp_path) as database, explorer(database) as origin:
        now = int(time.time())
        sample = await Sample.made(database, now)
        first = await sample.dispatch(ALPHA, BETA, now - 30)
        async with (
            visiting(chromium, origin) as lists,
            visiting(chromium, origin) as one,
        ):
            rows = lists.page.locator("tr[data-key]")
            await lists.go("/")
            await one.go(f"/messages/{to_hex(first.id)}")
            await expect(rows).to_have_count(1)
            await expect(one.page.locator("#head")).to_contain_text("On its way")
            await expect(one.page.locator("#why")).to_contain_text("no nodes")

            second = await sample.dispatch(ALPHA, BETA, now - 20, b"again")
            await expect(rows).to_have_count(2)
            await expect(rows.first).to_have_attribute("data-key", to_hex(second.id))
            await expect(rows.first).to_have_class("fresh")
            await rows.first.locator("a[data-row]").focus()

            await sample.deliver(first, now - 10)
            await expect(one.page.locator("#head")).to_contain_text("Delivered in 20 s")
            await expect(one.page.locator("#life")).to_contain_text("Delivered on basesepolia")
            await expect(one.page.locator("#why, form[data-deliver]")).to_have_count(0)
            await expect(one.page).to_have_title(re.compile("Delivered"))
            await expect(rows.last).to_contain_text("Delivered")
            await expect(rows.first.locator("a[data-row]")).to_be_focused()

            await sample.drop(BETA)
            await expect(rows.last).to_contain_text("On its way")
            await expect(one.page.locator("#head")).to_contain_text("On its way")
            assert (lists.navigations, one.navigations) == (1, 1)


async def test_a_signature_is_seen_without_reloading(chromium, tmp_path):
    async with opened(tmp_path) as database, explorer(database) as origin:
        now = int(time.time())
        sample = await Sample.made(database, now)
        message = await sample.dispatch(ALPHA, BETA, now - 30)
        await sample.look(ALPHA, VALIDATORS[ALPHA][0], {})
        async with visiting(chromium, origin) as visitor:
            await visitor.go(f"/messages/{to_hex(message.id)}")
            life = visitor.page.locator("#life")
            await expect(life).to_contain_text("Signed by 0 of 1 validators")
            await sample.sign(ALPHA, VALIDATORS[ALPHA][0], 0, now - 12.5)
            await expect(life).to_contain_text("Signed by 1 of 1 validators")
            assert visitor.navigations == 1


async def test_a_server_that_is_gone_leaves_the_page_as_it_was(chromium, tmp_path):
    async with opened(tmp_path) as database:
        now = int(time.time())
        sample = await Sample.made(database, now)
        await sample.dispatch(ALPHA, BETA, now - 30)
        async with explorer(database) as origin:
            context = visiting(chromium, origin)
            visitor = await context.__aenter__()
            await visitor.go("/")
            await expect(visitor.page.locator("tr[data-key]")).to_have_count(1)
        failed = asyncio.Event()
        visitor.page.on("requestfailed", lambda _: failed.set())
        async with asyncio.timeout(20):
            await failed.wait()
        await expect(visitor.page.locator("tr[data-key]")).to_have_count(1)
        visitor.errors.clear()  # of connections that are refused
        await context.__aexit__(None, None, None)
