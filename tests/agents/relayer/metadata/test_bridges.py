"""Modules that wait for a bridge: what the relayer hands them once it has spoken, and before."""

from typing import Any

import pytest
from aiohttp import web
from eth_abi.abi import encode
from tests.support.building import Line
from tests.support.devnet import key

from hyperlane.agents.relayer.reasons import Reason

HOOK = b"\xaa" * 20
WITHDRAWAL = (1, key(1).address, key(2).address, 0, 100_000, b"")


def word(address: bytes) -> bytes:
    return address.rjust(32, b"\0")


@pytest.fixture
def messenger(way: Line) -> Any:
    """Says of every call that the hook is behind it."""
    return way.target.deploy("CannedAnswer", word(HOOK), 0, False)


def tell(way: Line, messenger: Any, ism: Any, message_id: bytes) -> None:
    """Have the bridge announce a message."""
    way.target.rpc("anvil_impersonateAccount", messenger.address)
    way.target.rpc("anvil_setBalance", messenger.address, hex(10**18))
    announced = ism.functions.preVerifyMessage(message_id, 0)
    way.target.wait(announced.transact({"from": messenger.address}))


def listening(way: Line, ism: Any) -> Any:
    way.target.send(ism.functions.setAuthorizedHook(word(HOOK)))
    return ism


async def test_a_module_that_was_told_takes_nothing(way: Line, messenger: Any):
    ism = listening(way, way.target.deploy("OPStackIsm", messenger.address))
    message = await way.send(ism)
    tell(way, messenger, ism, message.id)

    assert await way.build_and_deliver(message) == b""


async def test_a_module_that_was_not_told_is_no_part_of_an_aggregation(way: Line, messenger: Any):
    ism = listening(way, way.target.deploy("OPStackIsm", messenger.address))
    message = await way.send(way.target.aggregation([ism.address], 1))

    assert await way.why_not(message) == (
        Reason.COULD_NOT_FETCH_METADATA,
        f"0 of 1 aggregated modules are ready: security module {ism.address} refuses its metadata:"
        " verify returns false",
    )

    tell(way, messenger, ism, message.id)
    await way.build_and_deliver(message)


async def test_a_withdrawal_is_asked_of_its_server(way: Line, messenger: Any):
    """The portal says that everything is proven and finalised."""
    withdrawal = encode(["(uint256,address,address,uint256,uint256,bytes)"], [WITHDRAWAL])
    questions = []

    async def answer(request: web.Request) -> web.Response:
        questions.append(bytes.fromhex((await request.json())["data"][2:]))
        return web.json_response({"data": "0x" + withdrawal.hex()})

    application = web.Application()
    application.router.add_post("/withdrawals", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/withdrawals"
    portal = way.target.deploy("CannedAnswer", (1).to_bytes(32), 0, False)
    addresses = (portal.address, messenger.address)
    ism = listening(way, way.target.deploy("OPL2ToL1Ism", key(0).address, [url], *addresses))
    message = await way.send(ism)
    tell(way, messenger, ism, message.id)

    assert await way.build_and_deliver(message) == withdrawal

    await runner.cleanup()
    assert message.encode() in questions[0]
