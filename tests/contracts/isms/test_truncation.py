"""No module believes a message by metadata that was cut short, wherever it was cut."""

import pytest
from eth_utils import keccak
from tests.support.contracts import REMOTE_DOMAIN
from tests.support.signing import VALIDATORS, Proven, message

from hyperlane.protocol.ism_metadata import encode_aggregation

MESSAGE = message(nonce=2, body=bytes(32) + (7).to_bytes(32))
PROVEN = Proven([message(nonce=i) for i in range(2)] + [MESSAGE])
SET = VALIDATORS[:5]
THRESHOLD = 3
SLICE = 200  # calls in one: as many as fit the gas of an eth_call

MULTISIGS = {
    "StaticMessageIdMultisigIsm": "MessageId",
    "StorageMessageIdMultisigIsm": "MessageId",
    "StaticMessageIdWeightedMultisigIsm": "MessageId",
    "StaticMerkleRootMultisigIsm": "MerkleRoot",
    "StorageMerkleRootMultisigIsm": "MerkleRoot",
    "StaticMerkleRootWeightedMultisigIsm": "MerkleRoot",
    "StaticLegacyMultisigIsm": "Legacy",
    "ClonedMessageIdMultisigIsm": "MessageId",
    "ClonedMerkleRootMultisigIsm": "MerkleRoot",
}


def signed(kind: str) -> bytes:
    return PROVEN.metadata(kind, 2, SET[:THRESHOLD]).encode()


@pytest.fixture(scope="module")
def refused_everywhere(project, owner, verifies):
    """Whether the whole metadata serves and no beginning of it does, not even the empty one."""
    truncator = owner.deploy(project.Truncator)

    def refused_everywhere(ism, metadata: bytes) -> bool:
        believed = []
        for first in range(0, len(metadata), SLICE):
            last = min(first + SLICE, len(metadata))
            answers, _ = truncator.verify.call(ism, metadata, MESSAGE.encode(), first, last)
            believed += answers
        assert len(believed) == len(metadata)
        return verifies(ism, metadata, MESSAGE) and not any(believed)

    return refused_everywhere


@pytest.mark.parametrize("name", MULTISIGS)
def test_multisig_refuses_every_beginning(multisig, refused_everywhere, name):
    ism = multisig(name, SET, THRESHOLD)
    assert refused_everywhere(ism, signed(MULTISIGS[name]))


@pytest.mark.parametrize("name", ["StaticAggregationIsm", "StorageAggregationIsm"])
def test_aggregation_refuses_every_beginning(
    project, owner, multisig, static_ism, noop_ism, refused_everywhere, name
):
    modules = [
        multisig("StaticMessageIdMultisigIsm", SET, THRESHOLD),
        noop_ism,
        multisig("StaticMerkleRootMultisigIsm", SET, THRESHOLD),
    ]
    if name.startswith("Static"):
        ism = static_ism(name, [each.address for each in modules], 2)
    else:
        ism = owner.deploy(project.contracts[name], modules, 2)
    metadata = encode_aggregation([signed("MessageId"), None, signed("MerkleRoot")])
    assert refused_everywhere(ism, metadata)


@pytest.mark.parametrize(
    "name",
    [
        "AtomicInitDomainRoutingIsm",
        "AtomicInitIncrementalDomainRoutingIsm",
        "AtomicInitDefaultFallbackRoutingIsm",
    ],
)
def test_routing_by_origin_refuses_every_beginning(
    project, owner, mailbox, multisig, refused_everywhere, name
):
    chosen = multisig("StaticMessageIdMultisigIsm", SET, THRESHOLD)
    rest = [mailbox] if "Fallback" in name else []
    ism = owner.deploy(project.contracts[name], *rest, owner, [REMOTE_DOMAIN], [chosen])
    assert refused_everywhere(ism, signed("MessageId"))


def test_routing_by_amount_refuses_every_beginning(
    project, owner, noop_ism, multisig, refused_everywhere
):
    chosen = multisig("StaticMessageIdMultisigIsm", SET, THRESHOLD)
    ism = owner.deploy(project.AmountRoutingIsm, noop_ism, chosen, 7)
    assert refused_everywhere(ism, signed("MessageId"))


@pytest.mark.parametrize("name", ["DefaultIsm", "DefaultFallbackRoutingIsm"])
def test_routing_to_the_default_refuses_every_beginning(
    project, owner, mailbox, multisig, refused_everywhere, name
):
    chosen = multisig("StaticLegacyMultisigIsm", SET, THRESHOLD)
    mailbox.setDefaultIsm(chosen, sender=owner)
    ism = owner.deploy(project.contracts[name], mailbox)
    assert refused_everywhere(ism, signed("Legacy"))


@pytest.mark.parametrize("name", MULTISIGS)
def test_reasons_are_those_of_the_missing_part(project, owner, multisig, name):
    """Without the fixed part there is nothing to tell; then signatures are missing."""
    kind = MULTISIGS[name]
    fixed = {"MessageId": 68, "MerkleRoot": 1096, "Legacy": 1092}[kind]
    ism = multisig(name, SET, THRESHOLD)
    truncator = owner.deploy(project.Truncator)
    _, reasons = truncator.verify.call(ism, signed(kind), MESSAGE.encode(), fixed - 20, fixed + 195)
    error = "InsufficientWeight" if "Weighted" in name else "SignaturesTooShort"
    selector = keccak(text=f"{error}(uint256,uint256)")[:4]
    assert list(map(bytes, reasons)) == [bytes(4)] * 20 + [selector] * 195
