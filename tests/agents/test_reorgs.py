"""Chains that replace their last blocks, by fewer and by more than counts as final."""

import json

from tests.support.devnet import key
from tests.support.processes import wait_until
from tests.support.words import b32

from hyperlane.protocol.typecasts import to_hex

FINALITY = 4


def _config(make, *chains, **changes):
    config = make(*chains, **changes)
    for chain in config["chains"].values():
        chain["blocks"]["reorgPeriod"] = FINALITY
    return config


def _reorganise(chain, depth, *calls):
    """Replace the last blocks by empty ones, but for transactions in the first of them."""
    chain.rpc("anvil_reorg", depth, [[call, 0] for call in calls])


def _dispatching(chain, recipient, body):
    """The transaction of another message."""
    word = b32(recipient)
    dispatch = chain.contracts["mailbox"].functions.dispatch(7331, word, body)
    # Another account: the default one's nonces are of the history that goes.
    call = dispatch.build_transaction({"from": key(5).address, "gas": 300_000, "nonce": 0})
    wanted = {"from", "to", "data", "gas", "nonce"}
    return {name: value for name, value in call.items() if name in wanted} | {
        "gas": hex(call["gas"]),
        "nonce": "0x0",
    }


def _dispatched(chain):
    logs = chain.contracts["mailbox"].events.DispatchId().get_logs(from_block=0)
    return [bytes(item["args"]["messageId"]) for item in logs]


def test_messages_that_a_shallow_reorg_replaced_are_neither_signed_nor_delivered(
    origin, target, validator_config, relayer_config, agents, tmp_path
):
    recipient = target.recipient(target.message_id_multisig([key(1).address], 1))
    agents.start("validator", "validator", _config(validator_config, origin))
    agents.start("relayer", "relayer", _config(relayer_config, origin, target))
    kept = origin.dispatch(7331, recipient.address, b"kept")
    origin.mine(FINALITY)
    wait_until(lambda: target.delivered(kept))
    replaced = origin.dispatch(7331, recipient.address, b"replaced")
    origin.mine(FINALITY - 2)
    _reorganise(origin, FINALITY - 1, _dispatching(origin, recipient, b"replacement"))
    origin.mine(FINALITY)
    first, replacement = _dispatched(origin)
    assert first == kept.id
    assert replacement != replaced.id
    delivered = target.contracts["mailbox"].functions.delivered
    wait_until(lambda: delivered(replacement).call())
    assert not target.delivered(replaced)
    document = json.loads((tmp_path / "v1" / "1_with_id.json").read_text())
    assert document["value"]["message_id"] == to_hex(replacement)
    assert agents.running["validator"].poll() is None


def test_a_delivery_that_a_shallow_reorg_threw_out_is_made_again(
    origin, target, relayer_config, agents
):
    recipient = target.recipient()
    agents.start("relayer", "relayer", _config(relayer_config, origin, target))
    message = origin.dispatch(7331, recipient.address)
    origin.mine(FINALITY)
    wait_until(lambda: target.delivered(message))
    wait_until(lambda: "transaction.included" in agents.said("relayer"))
    _reorganise(target, 1)
    assert not target.delivered(message)
    wait_until(lambda: target.delivered(message) or target.mine())
    target.mine(FINALITY)
    wait_until(lambda: "message.delivered" in agents.said("relayer"))
    assert target.deliveries(message) == 1


def test_a_reorg_deeper_than_finality_stops_the_validator_and_is_followed_by_the_relayer(
    origin, target, validator_config, relayer_config, agents, tmp_path
):
    guarded = target.recipient(target.message_id_multisig([key(1).address], 1))
    trusting = target.recipient()
    agents.start("validator", "validator", _config(validator_config, origin))
    first = origin.dispatch(7331, guarded.address, b"first")
    block = origin.w3.eth.block_number
    origin.mine(FINALITY)
    agents.start("relayer", "relayer", _config(relayer_config, origin, target))
    wait_until(lambda: target.delivered(first))
    signed = (tmp_path / "v1" / "0_with_id.json").read_text()
    depth = origin.w3.eth.block_number - block + 1
    _reorganise(origin, depth, _dispatching(origin, trusting, b"another first"))
    origin.mine(FINALITY)
    assert agents.running["validator"].wait(30) == 1
    assert "reorg_flag.json" in agents.said("validator").splitlines()[-1]
    assert (tmp_path / "v1" / "0_with_id.json").read_text() == signed
    refused = origin.dispatch(7331, guarded.address, b"later")
    delivered = origin.dispatch(7331, trusting.address, b"later")
    origin.mine(FINALITY)
    wait_until(lambda: target.delivered(delivered))
    another_first = _dispatched(origin)[0]
    wait_until(lambda: target.contracts["mailbox"].functions.delivered(another_first).call())
    wait_until(lambda: "MessageMetadataRefused" in agents.said("relayer"))
    assert not target.delivered(refused)
