"""An RPC leaves a block's base fee out, or makes one up, to have another rule price gas."""

import pytest

from hyperlane.chain.fees import GasTooDear

from .test_make_an_agent_overpay import ETHER, GWEI, TO, Clock, lie
from .test_make_an_agent_overpay import make as make


def hide(rpc, price=None):
    """Tell of a chain from before EIP-1559, on which gas costs so much."""
    rpc.alter("eth_getBlockByNumber", without_base_fee)
    if price is not None:
        rpc.alter("eth_gasPrice", lambda _: hex(price))


def without_base_fee(block):
    return {name: value for name, value in block.items() if name != "baseFeePerGas"}


async def test_a_single_url_that_hides_it_is_held_against_recent_blocks(origin, proxy, make):
    rpc = proxy(origin)
    hide(rpc, ETHER // 100_000)
    with pytest.raises(GasTooDear, match="does not fit to recent blocks"):
        await make(rpc).send("message", TO, b"", 21000)


@pytest.mark.parametrize("liar", range(2))
async def test_one_url_of_two_makes_one_up(liar, origin, proxy, make):
    """Where the other one knows of none: the lower price counts."""
    rpcs = [proxy(origin), proxy(origin)]
    for rpc in rpcs:
        hide(rpc, 2 * GWEI)
        rpc.refuse("eth_feeHistory", {"code": -32601, "message": "no such method"})
    lie(rpcs[liar], ETHER // 100_000)
    sent = await make(*rpcs).send("message", TO, b"", 21000)
    assert sent.fields["gasPrice"] == 2 * GWEI


@pytest.mark.parametrize("hidden", ["first", "later"])
async def test_while_a_transaction_waits_for_a_higher_fee(hidden, origin, proxy, make):
    """A replacement that had fees of both kinds could not be signed, and ended the agent."""
    clock, rpc, honest = Clock(), proxy(origin), proxy(origin)
    origin.rpc("evm_setAutomine", False)
    first, later = (rpc, honest) if hidden == "first" else (honest, rpc)
    hide(rpc, 3 * GWEI)
    await make(first, clock=clock).send("message", TO, b"", 21000)
    clock.now += 100
    sender = make(later, clock=clock)
    await sender.maintain(await sender.store.live())
    (now,) = await sender.store.live()
    assert len(now.hashes) == 2
    assert ("gasPrice" in now.fields) != ("maxFeePerGas" in now.fields)
    origin.mine()
    assert (await sender.receipts([now]))[0] is not None
