"""The scraper with its explorer, as an operator runs it, and as a visitor sees it."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from tests.support.agents import eventually, validating
from tests.support.devnet import free_port, key
from tests.support.processes import Agents

from hyperlane.cli import _explorer
from hyperlane.errors import ChainError, ConfigError
from hyperlane.explorer.server import serving
from hyperlane.explorer.tracing import Busy, Configured, Traces
from hyperlane.protocol.typecasts import to_hex
from hyperlane.settings import ChainSettings
from hyperlane.wording import masked_url

STREAM = "/api/v1/changes/stream"


@pytest.fixture
def agents(tmp_path: Path) -> Iterator[Agents]:
    with ExitStack() as stack:
        yield Agents(tmp_path, stack)


class Visitor:
    """Somebody with the explorer's address."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def get(self, path: str) -> tuple[int, dict]:
        async with self.session.get(f"/api/v1/{path}") as answer:
            return answer.status, await answer.json(content_type=None)

    async def until(self, path: str, condition) -> dict:
        """What a path gives, once it gives what is wanted."""
        async with asyncio.timeout(90):
            while True:
                with suppress(aiohttp.ClientError):
                    status, found = await self.get(path)
                    if condition(status, found):
                        return found
                await asyncio.sleep(0.2)


async def test_a_message_is_watched_traced_and_delivered_by_a_visitor(
    origin, target, scraper_config, validator_config, agents
):
    port = free_port()
    agents.start("scraper", "scraper", scraper_config(origin, target, explorerPort=port))
    recipient = target.recipient(target.message_id_multisig([key(1).address], 1))
    sent = origin.dispatch(7331, recipient.address, b"hello")
    identity, wallet = to_hex(sent.id), key(7).address
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        visitor = Visitor(session)
        stored = await visitor.until(f"messages/{identity}", lambda status, _: status == 200)
        assert stored["body"] == to_hex(b"hello")
        assert stored["message"]["deliveredAt"] is None

        trace = await visitor.until(f"messages/{identity}/trace", lambda status, _: status == 200)
        assert trace["state"] == "awaiting-signatures"
        assert [each["signed"] for each in trace["module"]["validators"]] == [False]
        assert origin.url not in json.dumps(trace)
        status, refused = await visitor.get(f"messages/{identity}/delivery?sender={wallet}")
        assert status == 409
        assert "awaiting-signatures" in refused["detail"]

        async with validating(validator_config(origin)):
            call = await visitor.until(
                f"messages/{identity}/delivery?sender={wallet}", lambda status, _: status == 200
            )
        assert call["command"] == f"ape hyperlane deliver {identity} --origin {origin.name}"
        assert call["chainId"] == target.chain_id
        async with session.get(STREAM) as stream:
            await stream.content.readline()
            hash_ = target.rpc(
                "eth_sendTransaction",
                {
                    "from": wallet,
                    "to": call["to"],
                    "data": call["data"],
                    "gas": hex(call["gas"]),
                    "value": hex(int(call["value"])),
                },
            )
            async with asyncio.timeout(60):
                async for line in stream.content:
                    if line.startswith(b"data: "):
                        break
            change = json.loads(line.removeprefix(b"data: "))
            assert (change["kind"], change["id"]) == ("delivered", identity)
            assert change["record"]["delivery"]["transaction"]["hash"] == hash_
            assert target.delivered(sent)
            status, refused = await visitor.get(f"messages/{identity}/delivery")
            assert status == 409
            assert hash_ in refused["detail"]

            # With a stream open, too.
            agents.running["scraper"].send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(agents.running["scraper"].wait, 60) == 0
    assert "Traceback" not in agents.said("scraper")


async def test_an_announced_folder_is_read_only_if_the_operator_says_so(
    origin, target, validator_config, scraper_config, agents, tmp_path
):
    recipient = target.recipient(target.message_id_multisig([key(1).address], 1))
    sent = origin.dispatch(7331, recipient.address, b"hello")
    announced = origin.contracts["validatorAnnounce"].functions.getAnnouncedValidators()
    async with validating(validator_config(origin)):
        await eventually((tmp_path / "v1" / "index.json").exists)
        await eventually(announced.call)
    port = free_port()
    config = scraper_config(origin, target, explorerPort=port, allowLocalCheckpointSyncers=False)
    agents.start("scraper", "scraper", config)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        trace = await Visitor(session).until(
            f"messages/{to_hex(sent.id)}/trace", lambda status, _: status == 200
        )
    (signer,) = trace["module"]["validators"]
    assert not signer["signed"]
    assert "local storage" in signer["problem"]


async def test_visitors_are_not_told_where_nodes_are(origin, target):
    urls = [f"http://127.0.0.1:{free_port()}/key", "https://user:word@rpc.example.org/secret"]
    chain = ChainSettings.model_validate({**origin.settings(), "rpcUrls": [{"http": urls[0]}]})
    other = ChainSettings.model_validate({**target.settings(), "rpcUrls": [{"http": urls[1]}]})
    traces = Traces(Configured({"alpha": chain, "beta": other}))
    with pytest.raises(ChainError) as refused:
        await traces.chains.chain("alpha")
    said = traces.chains.without_urls([str(refused.value), f"{masked_url(urls[1])} and {urls[1]}"])
    assert "no RPC answers" in said[0]
    assert not re.search(r"127\.0\.0\.1|example\.org", json.dumps(said))
    await traces.close()


async def test_few_traces_run_at_once_and_the_others_are_turned_away(monkeypatch):
    traces = Traces(Configured({}))
    release, running = asyncio.Event(), []

    async def slow(sent) -> dict:
        running.append(sent.id)
        await release.wait()
        return {"id": sent.id}

    monkeypatch.setattr(Traces, "_trace", lambda self, sent: slow(sent))
    asked = [
        asyncio.create_task(traces.trace(Named(number), f"10.0.0.{number}")) for number in range(16)
    ]
    same = asyncio.create_task(traces.trace(Named(0)))
    await eventually(lambda: len(running) == 4)
    with pytest.raises(Busy):
        await traces.trace(Named(16))
    release.set()
    assert [each["id"] for each in await asyncio.gather(*asked, same)] == [*range(16), 0]
    assert sorted(running) == list(range(16))
    assert await traces.trace(Named(0)) == {"id": 0}
    assert len(running) == 16


async def test_one_visitor_does_not_keep_all_others_from_tracing(monkeypatch):
    traces, release = Traces(Configured({})), asyncio.Event()

    async def slow(self, sent) -> dict:
        await release.wait()
        return {"id": sent.id}

    monkeypatch.setattr(Traces, "_trace", slow)
    asked = [asyncio.create_task(traces.trace(Named(number), "::1")) for number in range(6)]
    await eventually(lambda: traces._waiting.total() == 6)
    with pytest.raises(Busy):
        await traces.trace(Named(6), "::2")
    other = asyncio.create_task(traces.trace(Named(6), "10.0.0.1"))
    release.set()
    assert [each["id"] for each in await asyncio.gather(*asked, other)] == list(range(7))
    assert not traces._waiting


async def test_a_trace_that_takes_too_long_is_given_up(monkeypatch):
    traces = Traces(Configured({}), timeout=0.01)

    async def never(self, sent) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Traces, "_trace", never)
    with pytest.raises(ChainError, match="did not answer within"):
        await traces.trace(Named(0))


@dataclass(frozen=True)
class Named:
    """As much of a message as is needed to tell it from others."""

    id: int


async def test_a_port_that_is_taken_is_named():
    async with serving(None, "127.0.0.1", 0) as port:
        with pytest.raises(ConfigError, match=f"explorerPort: {port}: cannot listen"):
            async with serving(None, "127.0.0.1", port):
                pass
    with pytest.raises(ConfigError, match="explorerPort"):
        async with serving(None, "no.such.host.invalid", 0):
            pass


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "hyperlane.explorer.agent", None)
    with pytest.raises(ConfigError, match=r"ape-hyperlane\[explorer\]"):
        _explorer()
