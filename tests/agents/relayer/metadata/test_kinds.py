"""Metadata for each kind of module, believed by the real one."""

import pytest
from tests.support.building import RELAYER, ZERO, Line, addresses
from tests.support.devnet import Devnet, key
from tests.support.words import raw

from hyperlane.protocol.ism_metadata import decode_aggregation
from hyperlane.protocol.multisig_metadata import (
    LegacyMultisigMetadata,
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
)
from hyperlane.protocol.token_message import TokenMessage


def multisig(kind: str, target: Devnet, validators: list[str], threshold: int):
    module = f"Static{kind}MultisigIsm"
    return target.static(f"{module}Factory", module, validators, threshold)


def storage_multisig(kind: str, target: Devnet, validators: list[str], threshold: int):
    return target.deploy(f"Storage{kind}MultisigIsm", validators, threshold)


def weighted(kind: str, target: Devnet, weights: dict[str, int], threshold: int):
    module = f"Static{kind}WeightedMultisigIsm"
    factory = target.deploy(f"{module}Factory")
    setup = (list(weights.items()), threshold)
    target.send(factory.functions.deploy(*setup))
    return target.at(module, factory.functions.getAddress(*setup).call())


MULTISIGS = [
    (multisig, "MessageId", MessageIdMultisigMetadata),
    (multisig, "MerkleRoot", MerkleRootMultisigMetadata),
    (multisig, "Legacy", LegacyMultisigMetadata),
    (storage_multisig, "MessageId", MessageIdMultisigMetadata),
    (storage_multisig, "MerkleRoot", MerkleRootMultisigMetadata),
]


@pytest.mark.parametrize(("make", "kind", "layout"), MULTISIGS)
async def test_multisig_believes(make, kind, layout, way: Line):
    """The signers are not the first ones, and there is one more than it takes."""
    module = make(kind, way.target, addresses(4, 1, 3, 2, 5), 2)
    message = await way.send(module)
    leaf = await way.sign(5, 3, 2)

    metadata = layout.decode(await way.build_and_deliver(message))

    recover = way.checkpoint(leaf).recover_signer
    assert [recover(each) for each in metadata.signatures] == [raw(key(3)), raw(key(2))]


@pytest.mark.parametrize("kind", ["MessageId", "MerkleRoot"])
async def test_weighted_multisig_believes_the_fewest_signatures_that_weigh_enough(kind, way: Line):
    weights = dict(zip(addresses(1, 2, 3, 4), (1, 4, 2, 9), strict=True))
    message = await way.send(weighted(kind, way.target, weights, 6))
    await way.sign(1, 2, 3)

    metadata = await way.build_and_deliver(message)

    layout = {"MessageId": MessageIdMultisigMetadata, "MerkleRoot": MerkleRootMultisigMetadata}
    assert len(layout[kind].decode(metadata).signatures) == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", [multisig, storage_multisig])
async def test_merkle_root_multisig_takes_the_newest_checkpoint_of_a_quorum(make, way: Line):
    module = make("MerkleRoot", way.target, addresses(1, 2, 3), 2)
    messages = [await way.send(module) for _ in range(5)]
    await way.sign(1, 2, leaf=len(way.origin.tree) - 2)
    await way.sign(3)

    metadata = MerkleRootMultisigMetadata.decode(await way.build_and_deliver(messages[1]))

    assert metadata.leaf_index == len(way.origin.tree) - 4
    assert metadata.signed_index == len(way.origin.tree) - 2


async def test_a_storage_without_the_latest_checkpoint_does_not_hide_older_ones(way: Line):
    message = await way.send(multisig("MerkleRoot", way.target, addresses(1, 2), 2))
    signed = await way.sign(1, 2)
    await way.send(way.target.deploy("NoopIsm"))
    await way.storage(1).raise_latest_index(signed + 1)
    await way.sign(2)

    metadata = MerkleRootMultisigMetadata.decode(await way.build_and_deliver(message))

    assert metadata.signed_index == signed


def noop(target: Devnet):
    return target.deploy("NoopIsm")


def pausable(target: Devnet):
    return target.deploy("PausableIsm", key(0).address)


def guarded(target: Devnet):
    return target.deploy("GuardedPausableIsm", key(0).address, [], 3600)


def blacklist(target: Devnet):
    return target.deploy("BlacklistIsm", key(0).address)


def trusted_relayer(target: Devnet, who: str = RELAYER.address):
    return target.deploy("TrustedRelayerIsm", target.contracts["mailbox"].address, who)


@pytest.mark.parametrize("make", [noop, pausable, guarded, blacklist, trusted_relayer])
async def test_null_modules_get_nothing(make, way: Line):
    assert await way.build_and_deliver(await way.send(make(way.target))) == b""


def domain_routing(target: Devnet, module):
    return target.deploy("AtomicInitDomainRoutingIsm", ZERO[:-1] + "1", [1337], [module.address])


def incremental(target: Devnet, module):
    name = "AtomicInitIncrementalDomainRoutingIsm"
    return target.deploy(name, ZERO[:-1] + "1", [1337], [module.address])


def fallback(target: Devnet, module):
    set_default(target, module)
    return target.deploy("DefaultFallbackRoutingIsm", target.contracts["mailbox"].address)


def default(target: Devnet, module):
    set_default(target, module)
    return target.deploy("DefaultIsm", target.contracts["mailbox"].address)


def set_default(target: Devnet, module):
    target.send(target.contracts["mailbox"].functions.setDefaultIsm(module.address))


@pytest.mark.parametrize("route", [domain_routing, incremental, fallback, default])
async def test_routing_hands_on_what_its_module_wants(route, way: Line):
    module = multisig("MessageId", way.target, addresses(1, 2), 2)
    message = await way.send(route(way.target, domain_routing(way.target, module)))
    await way.sign(1, 2)

    metadata = await way.build_and_deliver(message)

    assert len(MessageIdMultisigMetadata.decode(metadata).signatures) == 2


@pytest.mark.parametrize(("amount", "size"), [(999, 0), (1000, 68 + 65)])
async def test_amount_routing_chooses_by_the_message(amount, size, way: Line):
    strict = multisig("MessageId", way.target, addresses(1), 1)
    module = way.target.deploy("AmountRoutingIsm", noop(way.target).address, strict.address, 1000)
    message = await way.send(module, TokenMessage(bytes(32), amount).encode())
    await way.sign(1)

    assert len(await way.build_and_deliver(message)) == size


async def test_aggregation_takes_the_cheapest_of_its_modules(way: Line):
    target = way.target
    modules = [
        multisig("MerkleRoot", target, addresses(1), 1),
        multisig("MessageId", target, addresses(1, 2), 2),
        domain_routing(target, pausable(target)),
        multisig("MessageId", target, addresses(1), 1),
    ]
    message = await way.send(target.aggregation([each.address for each in modules], 2))
    await way.sign(1, 2)

    parts = decode_aggregation(await way.build_and_deliver(message), 4)

    sizes = [None if part is None else len(part) for part in parts]
    assert sizes == [None, None, 0, 68 + 65]


async def test_aggregation_goes_on_to_dearer_modules_when_cheap_ones_refuse(way: Line):
    """Paused, somebody else's relayer, no signatures: two of the rest must do."""
    target = way.target
    paused = pausable(target)
    target.send(paused.functions.pause())
    modules = [
        paused,
        trusted_relayer(target, key(7).address),
        multisig("MessageId", target, addresses(8), 1),
        multisig("MerkleRoot", target, addresses(1, 2), 2),
        trusted_relayer(target),
    ]
    message = await way.send(target.aggregation([each.address for each in modules], 2))
    await way.sign(1, 2)

    parts = decode_aggregation(await way.build_and_deliver(message), 5)

    assert [part is not None for part in parts] == [False, False, False, True, True]


async def test_aggregations_nest(way: Line):
    target = way.target
    inner = target.aggregation(
        [multisig("MessageId", target, addresses(1), 1).address, noop(target).address], 2
    )
    dear = multisig("MerkleRoot", target, addresses(1), 1)
    storage = target.deploy("StorageAggregationIsm", [dear.address, inner.address], 2)
    message = await way.send(domain_routing(target, storage))
    await way.sign(1)

    proof, nested = decode_aggregation(await way.build_and_deliver(message), 2)

    assert MerkleRootMultisigMetadata.decode(proof).signatures
    assert decode_aggregation(nested, 2)[1] == b""


async def test_a_module_that_looks_at_the_delivery_counts_in_an_aggregation(way: Line):
    """The rate limit says no to everybody but the mailbox in the middle of a delivery."""
    target = way.target
    recipient = target.recipient()
    limit = target.deploy(
        "RateLimitedIsm",
        target.contracts["mailbox"].address,
        86400 * 10,
        86400,
        recipient.address,
    )
    modules = [limit, multisig("MessageId", target, addresses(1), 1)]
    both = target.aggregation([each.address for each in modules], 1)
    target.send(recipient.functions.setInterchainSecurityModule(both.address))
    little = await way.send_to(recipient, TokenMessage(bytes(32), 100).encode())
    much = await way.send_to(recipient, TokenMessage(bytes(32), 86400 * 20).encode())
    await way.sign(1)

    cheap = decode_aggregation(await way.build_and_deliver(little), 2)
    dear = decode_aggregation(await way.build_and_deliver(much), 2)

    assert cheap == (b"", None)
    assert dear[0] is None
