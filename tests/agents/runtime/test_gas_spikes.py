"""Gas that becomes dearer than the operator wants to pay, and cheap again."""

from tests.support.devnet import key
from tests.support.processes import wait_until

GWEI = 10**9
CEILING = 20 * GWEI


def test_a_spike_stops_deliveries_and_none_is_ever_paid_above_the_ceiling(
    origin, target, relayer_config, agents
):
    """It catches one message in the node's pool and another one before it is sent."""
    recipient = target.recipient()
    config = relayer_config(origin, target)
    config["chains"]["beta"]["transactionOverrides"] = {"maxFeePerGas": CEILING}
    _set_price(target, GWEI)
    target.rpc("evm_setAutomine", False)
    agents.start("relayer", "relayer", config)
    sent = origin.dispatch(7331, recipient.address, b"sent")
    wait_until(lambda: "message.submitted" in agents.said("relayer"))
    _set_price(target, 50 * CEILING)
    waiting = origin.dispatch(7331, recipient.address, b"waiting")
    wait_until(lambda: "messages.postponed" in agents.said("relayer"))
    target.mine(3)
    assert not any(map(target.delivered, (sent, waiting)))
    _set_price(target, GWEI)
    target.rpc("evm_setIntervalMining", 1)
    wait_until(lambda: all(map(target.delivered, (sent, waiting))))
    assert [target.deliveries(message) for message in (sent, waiting)] == [1, 1]
    assert "message.retry" not in agents.said("relayer"), "nobody's attempts were counted"
    offers = [item["maxFeePerGas"] for item in _transactions(target)]
    assert len(offers) == 2
    assert max(offers) <= CEILING


def _set_price(chain, wei):
    chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(wei))
    chain.mine()


def _transactions(chain):
    """Of the relayer."""
    blocks = range(chain.w3.eth.block_number + 1)
    found = [item for n in blocks for item in chain.w3.eth.get_block(n, True)["transactions"]]
    return [item for item in found if item["from"] == key(9).address]
