"""The explorer of a network that runs: chains, validators, a relayer and the scraper."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from tests.support.browser import browser, visiting
from tests.support.devnet import free_port, key
from tests.support.stuck import World, stuck
from tests.support.wallet import Wallet

pytestmark = pytest.mark.asyncio(loop_scope="module")

GAS = 400_000
USER = key(5)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with browser() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def net(tmp_path_factory):
    """Two chains with validators, and the origin of their explorer."""
    folder = tmp_path_factory.mktemp("network")
    with stuck(folder) as world:
        port, relayer = free_port(), free_port()
        chains = {chain.name: chain.settings() for chain in (world.alpha, world.beta)}
        chains["alpha"]["blockExplorers"] = [{"name": "Scan", "url": "https://scan.example/"}]
        chains["alpha"]["interchainGasPaymaster"] = world.paymaster.address
        world.agents.start(
            "scraper",
            "scraper",
            {
                "chains": chains,
                "chainsToScrape": "alpha,beta",
                "db": str(folder / "db-scraper"),
                "explorerPort": port,
                "explorerRate": 1000,
                "allowLocalCheckpointSyncers": True,
                "interval": 0.2,
                "relayers": f"http://127.0.0.1:{relayer}",
                "metricsPort": 0,
            },
        )
        origin = f"http://127.0.0.1:{port}"
        await _until_indexed(world, origin)
        yield world, origin, relayer


async def _until_indexed(world: World, origin: str) -> None:
    """Wait until the explorer shows both chains; it fails if the scraper ends."""
    async with asyncio.timeout(120), aiohttp.ClientSession() as session:
        while True:
            assert world.agents.running["scraper"].poll() is None, world.agents.said("scraper")
            try:
                async with session.get(f"{origin}/api/v1/chains") as answer:
                    chains = (await answer.json())["items"]
                    if len(chains) == 2 and all(each["cursors"] for each in chains):
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def send(world: World, **options):
    """A message; the chains answer in another thread, so that the browser goes on."""
    return await asyncio.to_thread(lambda: world.dispatch(**options))


async def test_a_message_is_watched_until_a_wallet_delivers_it(chromium, net):
    """No relayer runs: the page tells who has signed and that nobody delivered, and its wallet
    does."""
    world, origin, _ = net
    wallet = Wallet(USER.address, {world.beta.chain_id: world.beta})
    async with visiting(chromium, origin) as lists, visiting(chromium, origin) as one:
        await wallet.plug_into(one.page)
        await lists.go("/")
        message = await send(world, body=b"hello from alpha", gas=GAS)
        id_ = "0x" + message.id.hex()
        row = lists.page.locator(f'tr[data-key="{id_}"]')
        await expect(row).to_contain_text("On its way")
        await one.go(f"/messages/{id_}")
        page = one.page
        await expect(page.locator("#life")).to_contain_text(f"Paid for {GAS:,} gas")
        await expect(page.locator("#life")).to_contain_text("Signed by 2 of 2 validators")
        await expect(page.locator("#body-text pre")).to_have_text("hello from alpha")
        outside = page.locator("#life a[href^='https://scan.example/tx/0x']")
        await expect(outside).to_have_text("Scan")
        why = page.locator("#why")
        await expect(why).to_contain_text("nobody has delivered it")
        await expect(why).to_contain_text("By this server, without sending it: a delivery succeeds")
        await page.get_by_role("button", name="Deliver with a browser wallet").click()
        await expect(page.locator("#deliver [role=status]")).to_contain_text("Delivered by 0x")
        await expect(page.locator("#head")).to_contain_text("Delivered in")
        await expect(page.locator("#life")).to_contain_text("Delivered on beta")
        await expect(row).to_contain_text("Delivered")
        assert (lists.navigations, one.navigations) == (1, 1)
    assert world.beta.delivered(message)
    assert wallet.asked[:3] == [
        "eth_requestAccounts",
        "wallet_switchEthereumChain",
        "eth_sendTransaction",
    ]
    assert wallet.chosen == world.beta.chain_id


async def test_a_stuck_message_says_why_and_what_to_do(chromium, net):
    world, origin, _ = net
    router = await asyncio.to_thread(world.router)
    message = await send(world, recipient=router, gas=GAS)
    wallet = Wallet(USER.address, {world.beta.chain_id: world.beta})
    async with visiting(chromium, origin) as visitor:
        await wallet.plug_into(visitor.page)
        # The browser may be quicker than the scraper.
        await visitor.go("/")
        await visitor.page.locator(f'tr[data-key="0x{message.id.hex()}"] a[data-row]').click()
        why = visitor.page.locator("#why")
        await expect(why).to_contain_text("Recipient reverts")
        await expect(why).to_contain_text("no router is enrolled for domain")
        await expect(why).to_contain_text("Next: mend what it refuses")
        await visitor.page.get_by_role("button", name="Deliver with a browser wallet").click()
        said = visitor.page.locator("#deliver [role=status]")
        await expect(said).to_contain_text("Not delivered: recipient-reverts")
        visitor.errors.clear()  # the server's answer has the status of an error
    assert "eth_sendTransaction" not in wallet.asked
    assert not world.beta.delivered(message)


async def test_a_message_that_nobody_signs_names_the_validator(chromium, net):
    """Later the validator signs and a relayer delivers, all without reloading."""
    world, origin, relayer = net
    world.agents.kill("validator-2")
    message = await send(world, body=b"patience", gas=GAS)
    async with visiting(chromium, origin) as visitor:
        await visitor.go("/")
        await visitor.page.locator(f'tr[data-key="0x{message.id.hex()}"] a[data-row]').click()
        why = visitor.page.locator("#why")
        await expect(why).to_contain_text("Awaiting signatures")
        await expect(why).to_contain_text(f"{key(2).address} is missing")
        await expect(visitor.page.locator("#life")).to_contain_text("Signed by 1 of 2 validators")
        before = visitor.navigations
        world.start_validator(2)
        await expect(visitor.page.locator("#life")).to_contain_text("Signed by 2 of 2 validators")
        await expect(visitor.page.locator("#life")).to_contain_text("after the dispatch")
        await asyncio.to_thread(world.start_relayer, relayer)
        await expect(visitor.page.locator("#head")).to_contain_text("Delivered in")
        await expect(visitor.page.locator("#why")).to_have_count(0)
        assert visitor.navigations == before


async def test_what_the_relayer_tried_is_on_the_page(chromium, net):
    """The relayer of the test before leaves a message that nobody paid for."""
    world, origin, _ = net
    message = await send(world, body=b"unpaid")
    async with visiting(chromium, origin) as visitor:
        await visitor.go("/")
        await visitor.page.locator(f'tr[data-key="0x{message.id.hex()}"] a[data-row]').click()
        why = visitor.page.locator("#why")
        await expect(why).to_contain_text("Unpaid")
        await expect(why).to_contain_text("By the relayer that this server asks: ")
        await expect(why).to_contain_text("It says: pending, nothing was paid for")
        await asyncio.to_thread(world.pay, message, GAS)
        await expect(visitor.page.locator("#life")).to_contain_text("Paid for")
        await expect(visitor.page.locator("#head")).to_contain_text("Delivered in")


async def test_the_network_is_shown(chromium, net):
    async with visiting(chromium, net[1]) as visitor:
        page = visitor.page
        await visitor.go(f"/search?q={net[0].alpha.contracts['mailbox'].address}")
        await expect(page.locator("main")).to_contain_text("It is the Mailbox of alpha.")
        await visitor.go("/validators")
        for index in (1, 2):
            row = page.locator("tr", has=page.locator(f'a[title="{key(index).address}"]'))
            await expect(row).to_contain_text("file://")
        await page.locator("a[data-row]").first.click()
        await expect(page.locator("h3")).to_have_text("Announced locations")
        await expect(page.locator("main a[href^='file']")).to_have_count(0)
        await visitor.go("/chains")
        await expect(page.locator("tbody tr")).to_have_count(2)
