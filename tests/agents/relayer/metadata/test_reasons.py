"""What the relayer says when there is no metadata yet."""

import asyncio
from dataclasses import replace

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from tests.support.building import Line, addresses, announce_at
from tests.support.devnet import key
from tests.support.words import raw

from hyperlane.agents.relayer.metadata import build
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.protocol.signature import eip191_digest, sign_digest
from hyperlane.protocol.typecasts import to_checksum
from hyperlane.store.stored_tree import StoredTree

from .test_kinds import default, domain_routing, multisig, trusted_relayer, weighted

ONE, TWO, THREE = addresses(1, 2, 3)
SILENT = key(8).address


@pytest.mark.parametrize("kind", ["MessageId", "MerkleRoot", "Legacy"])
async def test_names_who_has_not_signed(kind, way: Line):
    message = await way.send(multisig(kind, way.target, [ONE, TWO, THREE], 3))
    leaf = await way.sign(2)

    reason, detail = await way.why_not(message)

    assert reason is Reason.AWAITING_VALIDATOR_SIGNATURES
    assert detail == f"waiting for validators {ONE}, {THREE}: 1 of 3 signed leaf {leaf}"


async def test_names_who_announced_nothing(way: Line):
    message = await way.send(multisig("MessageId", way.target, [ONE, SILENT], 2))
    leaf = await way.sign(1)

    _, detail = await way.why_not(message)

    assert detail == (
        f"waiting for validators {SILENT} (announced no storage location): 1 of 2 signed leaf"
        f" {leaf}"
    )


async def test_says_which_storage_failed_and_how(way: Line):
    message = await way.send(multisig("MessageId", way.target, [ONE, TWO, THREE], 3))
    leaf = await way.sign(3)
    broken = way.folders / "v1" / f"{leaf}_with_id.json"
    broken.write_text("{ this is not JSON")
    await way.store(2, way.checkpoint(leaf), signer=1)

    _, detail = await way.why_not(message)

    assert f"{ONE} ({broken}: " in detail
    assert f"{TWO} (checkpoint {leaf} is signed by {ONE})" in detail
    assert detail.endswith(f": 1 of 3 signed leaf {leaf}")


async def test_says_which_locations_are_not_read(way: Line):
    way.origin.signatures.allow_local = False
    message = await way.send(multisig("MessageId", way.target, [ONE], 1))
    leaf = await way.sign(1)

    _, detail = await way.why_not(message)

    assert detail == (
        f"waiting for validators {ONE} (file://{way.folders}/v1: local storage is read only with"
        f" allowLocalCheckpointSyncers): 0 of 1 signed leaf {leaf}"
    )


async def test_says_who_signed_something_else(way: Line):
    message = await way.send(multisig("MessageId", way.target, [ONE, TWO], 2))
    leaf = await way.sign(1)
    forged = way.checkpoint(leaf).__class__(
        1337, way.checkpoint(leaf).merkle_tree_hook, bytes(32), leaf, message.id
    )
    await way.store(2, forged)

    _, detail = await way.why_not(message)

    assert detail == (
        f"waiting for validators {TWO} (signed another root or message): 1 of 2 signed leaf {leaf}"
    )


async def test_says_what_weight_is_missing(way: Line):
    weights = {ONE: 5, TWO: 3, THREE: 2}
    message = await way.send(weighted("MessageId", way.target, weights, 7))
    leaf = await way.sign(2, 3)

    _, detail = await way.why_not(message)

    assert detail == f"waiting for validators {ONE}: weight 5 of 7 signed leaf {leaf}"


async def test_merkle_root_tells_of_the_checkpoint_that_came_nearest(way: Line):
    module = multisig("MerkleRoot", way.target, [ONE, TWO, THREE], 3)
    message = await way.send(module)
    await way.sign(1)
    await way.send(module)
    later = await way.sign(2, 3)
    await way.storage(1).raise_latest_index(later)

    _, detail = await way.why_not(message)

    assert detail == f"waiting for validators {ONE}: 2 of 3 signed leaf {later}"


async def test_a_reorg_flag_stops_everything_that_its_validator_is_in(way: Line):
    message = await way.send(multisig("MessageId", way.target, [ONE, TWO], 1))
    await way.sign(1, 2)
    (way.folders / "v2" / "reorg_flag.json").write_text("anything")

    assert await way.why_not(message) == (
        Reason.MESSAGE_METADATA_REFUSED,
        f"{TWO} reported a reorg of alpha",
    )

    way.builder.multisigs.ignore_reorg_reports = True
    await way.build_and_deliver(message)


async def test_reorg_reports_of_one_origin_can_be_ignored(way: Line):
    message = await way.send(multisig("MessageId", way.target, [ONE], 1))
    await way.sign(1)
    (way.folders / "v1" / "reorg_flag.json").write_text("anything")
    assert (await way.why_not(message))[0] is Reason.MESSAGE_METADATA_REFUSED

    settings = way.origin.chain.settings.model_copy(update={"ignore_reorg_reports": True})
    way.origin.chain = replace(way.origin.chain, settings=settings)
    await way.build_and_deliver(message)


async def test_waits_for_a_final_leaf(way: Line):
    """As after a reorg, or when the hook that made the leaf is not the one that is known."""
    message = await way.send(multisig("MessageId", way.target, [ONE], 1))
    await way.origin.leaves.forget(0)
    way.origin.tree = StoredTree(way.origin.leaves)

    assert await way.why_not(message) == (
        Reason.COULD_NOT_FETCH_METADATA,
        "no final leaf of alpha's merkle tree holds the message",
    )


def canned(way: Line, answer: bytes, *, reverting: bool = False):
    return way.target.deploy("CannedAnswer", answer, 0, reverting)


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, "UNUSED"), (11, "OP_L2_TO_L1"), (12, "POLYMER"), (13, "COMPOSITE")],
)
async def test_names_a_module_that_is_not_supported(number, name, way: Line):
    module = canned(way, number.to_bytes(32))

    assert await way.why_not(await way.send(module)) == (
        Reason.ERROR_GETTING_METADATA_BUILDER,
        f"security module {module.address} is of type {number} ({name}), which is not supported",
    )


async def test_names_a_module_of_an_unknown_type(way: Line):
    module = canned(way, (77).to_bytes(32))

    assert await way.why_not(await way.send(module)) == (
        Reason.ERROR_GETTING_METADATA_BUILDER,
        f"security module {module.address} is of the unknown type 77",
    )


@pytest.mark.parametrize("answer", [b"", (300).to_bytes(32), b"\x01"])
async def test_names_what_is_no_module(answer, way: Line):
    module = canned(way, answer)

    reason, detail = await way.why_not(await way.send(module))

    assert reason is Reason.ERROR_GETTING_METADATA_BUILDER, detail
    assert "moduleType()" in detail


async def test_a_route_to_nowhere(way: Line):
    message = await way.send(domain_routing(way.target, trusted_relayer(way.target)))
    elsewhere = message.__class__(3, 0, 99, message.sender, 7331, message.recipient, b"")

    reason, detail = await way.why_not(elsewhere)

    assert reason is Reason.ERROR_BUILDING_METADATA
    assert "execution reverted" in detail


async def test_a_circle_of_modules_ends(way: Line):
    """The default module that asks for the default module."""
    message = await way.send(default(way.target, default(way.target, trusted_relayer(way.target))))
    mailbox = way.target.contracts["mailbox"]
    circle = way.target.deploy("DefaultIsm", mailbox.address)
    way.target.send(mailbox.functions.setDefaultIsm(circle.address))

    assert await way.why_not(message) == (
        Reason.ERROR_BUILDING_METADATA,
        f"security module {circle.address} is nested deeper than 13 levels",
    )


async def test_a_hundred_modules_are_the_limit(way: Line):
    free = [way.target.deploy("NoopIsm").address for _ in range(10)]
    inner = [way.target.deploy("StorageAggregationIsm", free, 10).address for _ in range(10)]
    outer = way.target.deploy("StorageAggregationIsm", inner, 10)

    reason, detail = await way.why_not(await way.send(outer))

    assert reason is Reason.COULD_NOT_FETCH_METADATA
    assert "is one of more than 100 for one message" in detail


@pytest.mark.parametrize(
    ("validators", "threshold", "what"),
    [
        (2, 7, "wants weight 7 of 6, which cannot be"),
        (2, 0, "wants weight 0 of 6, which cannot be"),
        (51, 1, "has 51 validators, more than 50"),
    ],
)
async def test_a_multisig_that_cannot_be_satisfied(validators, threshold, what, way: Line):
    weights = {to_checksum(place.to_bytes(20)): 3 for place in range(1, validators + 1)}
    module = weighted("MessageId", way.target, weights, threshold)

    assert await way.why_not(await way.send(module)) == (
        Reason.ERROR_BUILDING_METADATA,
        f"security module {module.address} {what}",
    )


async def test_an_aggregation_that_waits_only_for_signatures_says_so(way: Line):
    target = way.target
    modules = [
        multisig("MessageId", target, [ONE], 1),
        multisig("MessageId", target, [TWO], 1),
        canned(way, (77).to_bytes(32)),
    ]
    message = await way.send(target.aggregation([each.address for each in modules], 2))
    leaf = await way.sign(2)

    assert await way.why_not(message) == (
        Reason.AWAITING_VALIDATOR_SIGNATURES,
        f"1 of 2 aggregated modules are ready: waiting for validators {ONE}: 0 of 1 signed leaf"
        f" {leaf}; security module {modules[2].address} is of the unknown type 77",
    )


async def test_an_aggregation_names_modules_that_refuse(way: Line):
    target = way.target
    paused = target.deploy("PausableIsm", key(0).address)
    target.send(paused.functions.pause())
    modules = [paused, trusted_relayer(target, ONE)]
    message = await way.send(target.aggregation([each.address for each in modules], 1))

    reason, detail = await way.why_not(message)

    assert reason is Reason.COULD_NOT_FETCH_METADATA
    assert f"security module {paused.address} refuses its metadata: beta: eth_call:" in detail
    refusal = f"security module {modules[1].address} refuses its metadata: verify returns false"
    assert detail.endswith(refusal)


async def test_metadata_that_no_node_would_take(way: Line, monkeypatch):
    monkeypatch.setattr(build, "_MAX_SIZE", 1000)
    leaf = multisig("MerkleRoot", way.target, [ONE], 1).address
    message = await way.send(way.target.deploy("StorageAggregationIsm", [leaf], 1))
    await way.sign(1)

    reason, detail = await way.why_not(message)

    assert reason is Reason.ERROR_BUILDING_METADATA
    assert detail.endswith("bytes, more than 1000")


async def test_a_storage_that_hangs_is_left_alone_for_a_while(way: Line, monkeypatch):
    asked = []

    async def hang(storage: FolderStorage, index: int) -> None:
        if storage.folder.name == "v1":
            asked.append(index)
            await asyncio.sleep(60)
        return await genuine(storage, index)  # type: ignore[return-value]

    genuine = FolderStorage.checkpoint
    monkeypatch.setattr(FolderStorage, "checkpoint", hang)
    way.origin.signatures.timeout = 0.2
    module = multisig("MessageId", way.target, [ONE, TWO], 2)
    message = await way.send(module)
    leaf = await way.sign(2)
    slow = f"file://{way.folders}/v1: no answer within 0.2 s"

    for _ in range(2):
        _, detail = await way.why_not(message)
        assert detail == f"waiting for validators {ONE} ({slow}): 1 of 2 signed leaf {leaf}"
    assert asked == [leaf]


async def test_a_bucket_that_never_answers_delays_others_once(way: Line, monkeypatch):
    """Its server takes every connection and every request."""
    asked = []

    async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        await reader.read()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    announce_at(way.source, 11, "s3://bucket/eu-west-1")
    way.origin.signatures.timeout = 0.2
    trio = [*addresses(11), ONE, TWO]

    for _ in range(3):
        message = await way.send(multisig("MerkleRoot", way.target, trio, 2))
        await way.sign(1, 2)
        await way.build_and_deliver(message)
    assert len(asked) == 1
    message = await way.send(multisig("MerkleRoot", way.target, trio, 3))
    _, detail = await way.why_not(message)
    assert "(s3://bucket/eu-west-1: no answer within 0.2 s)" in detail

    await way.origin.signatures.web.close()
    server.close()


async def test_building_ends_in_time(way: Line, monkeypatch):
    async def hang(_storage: FolderStorage, _index: int) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(FolderStorage, "checkpoint", hang)
    way.builder.time_limit = 0.2
    message = await way.send(multisig("MessageId", way.target, [ONE], 1))
    await way.sign(1)

    assert await way.why_not(message) == (
        Reason.COULD_NOT_FETCH_METADATA,
        "was not there within 0.2 s",
    )


async def test_an_announcement_that_is_no_text_hides_nobody_else(way: Line):
    """Of two validators, the second announced bytes."""
    announcer, stranger = way.source.contracts["validatorAnnounce"], key(7)
    mailbox = raw(way.source.contracts["mailbox"]).rjust(32, b"\0")
    domain_hash = keccak((1337).to_bytes(4) + mailbox + b"HYPERLANE_ANNOUNCEMENT")
    garbage = b"file://\xff\xfe"
    signature = sign_digest(eip191_digest(keccak(domain_hash + garbage)), stranger)
    location = "file://??"
    call = announcer.encode_abi("announce", [stranger.address, location, signature])
    data = call.replace(location.encode().hex(), garbage.hex())
    way.source.wait(way.source.w3.eth.send_transaction({"to": announcer.address, "data": data}))
    message = await way.send(multisig("MessageId", way.target, [ONE, stranger.address], 1))
    await way.sign(1)

    await way.build_and_deliver(message)


@given(st.text(max_size=6000))
def test_a_reason_is_one_short_line_whatever_strangers_say(text):
    error = NotReady(Reason.COULD_NOT_FETCH_METADATA, text)

    assert len(error.detail) <= 4000
    assert error.detail.isprintable()
    assert str(error) == f"CouldNotFetchMetadata: {error.detail}"
