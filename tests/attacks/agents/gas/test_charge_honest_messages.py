"""One message of a batch burns what it can; the others must neither fail nor pay for it."""

from collections.abc import Sequence
from unittest.mock import AsyncMock, Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agents.relayer.test_relayer_operation import told
from tests.support.agents import eventually, relaying
from tests.support.devnet import key

from hyperlane.agents.relayer.delivery import batching, outcomes
from hyperlane.agents.relayer.delivery.batching import Batching, Kind
from hyperlane.agents.relayer.delivery.charges import charges
from hyperlane.agents.relayer.metadata import Proof, encode_batch
from hyperlane.agents.relayer.metadata.parts import Aggregate, Fixed, Proven
from hyperlane.chain.answers import Receipt
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.multisig_metadata import MerkleRootMultisigMetadata

from .test_burn_a_relayers_gas import receipts

HOOK, MODULE = b"\xaa" * 32, b"\x0a" * 20


@pytest.fixture(params=["code", "mailbox"])
def kind(request, monkeypatch):
    """Through a mailbox of the reference, or through ours."""
    if request.param == "code":
        monkeypatch.setattr(batching, "_has_process_batch", AsyncMock(return_value=False))
    return request.param


async def test_nine_messages_do_not_pay_for_the_tenth(origin, target, burner, config, kind):
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, burner(0x080000))]
    messages += [origin.dispatch(7331, recipient) for _ in range(9)]
    settings = config()
    async with relaying(settings) as task:
        pages = [await told(settings, task, item, "delivered") for item in messages[1:]]
        burnt = await told(settings, task, messages[0], "not in the final chain")
    assert burnt["gas"]["failed_deliveries"] == 1
    (receipt,) = receipts(target)
    used = [page["gas"]["used_gas"] for page in pages]
    assert all(page["gas"]["failed_deliveries"] == 0 for page in pages)
    assert burnt["gas"]["used_gas"] > 5 * max(used)
    assert sum(used) + burnt["gas"]["used_gas"] <= receipt["gasUsed"]


async def test_an_honest_message_that_fails_beside_a_burner_pays_for_itself(
    origin, target, burner, config, monkeypatch
):
    """Its recipient changed its mind after the simulation."""
    monkeypatch.setattr(batching, "_has_process_batch", AsyncMock(return_value=False))
    settings, fickle = config(), target.deploy("HostileRecipient")
    target.rpc("evm_setAutomine", False)
    messages = [origin.dispatch(7331, item) for item in (burner(0x080000), fickle.address)]
    async with relaying(settings) as task:
        await eventually(lambda: target.rpc("txpool_content")["pending"], task)
        owner = target.w3.eth.default_account
        fees = {"from": owner, "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11}
        fickle.functions.setMode(1).transact(fees)
        target.mine()
        burnt, honest = [
            await told(settings, task, item, "not in the final chain") for item in messages
        ]
    (receipt,) = receipts(target)
    assert honest["gas"]["used_gas"] < 150_000 < 600_000 < burnt["gas"]["used_gas"]
    assert honest["gas"]["used_gas"] + burnt["gas"]["used_gas"] <= receipt["gasUsed"]


async def test_what_failed_goes_alone_from_then_on(origin, target, config, monkeypatch):
    """Also after another reason to wait came in between."""
    monkeypatch.setattr(outcomes, "backoff", lambda *_: 0.5)
    monkeypatch.setattr(outcomes, "pause_after_failure", lambda _: 0.5)
    monkeypatch.setattr(batching, "_has_process_batch", AsyncMock(return_value=False))
    settings = config()
    fickle = [target.deploy("HostileRecipient") for _ in range(2)]
    target.rpc("evm_setAutomine", False)
    messages = [origin.dispatch(7331, item.address) for item in fickle]
    owner = target.w3.eth.default_account
    fees = {"from": owner, "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11}
    async with relaying(settings) as task:
        await eventually(lambda: target.rpc("txpool_content")["pending"], task)
        for item in fickle:
            item.functions.setMode(1).transact(fees)
        target.mine()
        target.rpc("evm_setAutomine", True)
        for message in messages:
            await told(settings, task, message, "execution reverted")
        for item in fickle:
            target.wait(item.functions.setMode(0).transact(fees))
        await eventually(lambda: all(map(target.delivered, messages)), task)
    assert target.w3.eth.get_transaction_count(key(9).address) == 3, "one together, two alone"


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=2, max_size=20),
    st.integers(0, 10**8),
    st.booleans(),
)
def test_nobody_pays_for_more_than_it_was_given(items, overhead, says):
    """Whatever the others burn: `items` are what each was given, and used of it."""
    messages = [Message(VERSION, n, 1, bytes(32), 2, bytes(32), b"") for n in range(len(items))]
    operations = [
        Mock(gas_estimate=most, message=message)
        for message, (most, _) in zip(messages, items, strict=True)
    ]
    used = [min(pair) for pair in items]
    note = b"".join(item.to_bytes(32) for item in used) if says else b""
    receipt = Receipt(b"", 1, True, sum(used) + overhead, 1, note=note)
    charged = charges(operations, receipt, initcode([(b"", item) for item in messages]))
    assert len(charged) == len(items)
    assert sum(charged.values()) <= receipt.gas_used
    for message, (most, own) in zip(messages, items, strict=True):
        assert charged[message.id] <= most
        if says:
            assert min(most, own) <= charged[message.id] <= own + overhead // len(items)


def test_who_left_the_batch_leaves_its_cost_to_nobody():
    """A reorg of its origin took a message away while its delivery was becoming final."""
    messages = [Message(VERSION, n, 1, bytes(32), 2, bytes(32), b"") for n in range(3)]
    note = b"".join(gas.to_bytes(32) for gas in (100, 900, 200))
    data = initcode([(b"", item) for item in messages])
    left = [Mock(gas_estimate=10**6, message=item) for item in (messages[0], messages[2])]
    receipt = Receipt(b"", 1, True, 1230, 1, note=note)
    assert charges(left, receipt, data) == {messages[0].id: 110, messages[2].id: 210}


def test_a_proof_is_paid_for_by_the_messages_that_need_it():
    """Messages 0 and 1 are in one subtree, the one with another module's metadata needs nothing."""
    messages = [Message(VERSION, n, 1, bytes(32), 2, bytes(32), b"") for n in range(40)]
    tree = MerkleTree(item.id for item in messages)

    def proven(leaf: int) -> Proven:
        proof = tree.proof(leaf, 39)
        full = MerkleRootMultisigMetadata(HOOK, leaf, tree.leaf(39), proof, 39, (b"\1" * 65,))
        return Proven(MODULE, messages[leaf], full)

    wanted = {
        0: proven(0),
        1: Aggregate([Fixed(b"other"), proven(1), None]),
        2: Fixed(HOOK + b"\0\0\0\2 looks like the short form, but proves nothing".ljust(132)),
        20: proven(20),
        21: proven(21),
        22: proven(22),
        39: proven(39),
    }
    batch = encode_batch(list(wanted.values()))
    sent = [messages[leaf] for leaf in wanted]
    assert len(batch.proofs) == 2
    used = [1000, 600, *(10 * n for n in range(7))]
    note = b"".join(gas.to_bytes(32) for gas in used)
    data = initcode(list(zip(batch.metadata, sent, strict=True)), batch.proofs)
    receipt = Receipt(b"", 1, True, sum(used) + 7, 1, note=note)
    operations = [Mock(gas_estimate=10**6, message=item) for item in sent]
    charged = charges(operations, receipt, data)
    assert [charged[item.id] for item in sent] == [501, 511, 21, 231, 241, 251, 61]


def initcode(deliveries: list[tuple[bytes, Message]], proofs: Sequence[Proof] = ()) -> bytes:
    encoded = [(metadata, message.encode()) for metadata, message in deliveries]
    needs = [1] * (len(proofs) + len(encoded))
    (to, data) = Batching(Kind.CODE, bytes(20), 100).call(encoded, needs, proofs)
    assert to is None
    return data
