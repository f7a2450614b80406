"""Multisig modules in which signatures have weights."""

import json
from pathlib import Path

import pytest
from eth_abi import encode
from eth_utils import keccak, to_checksum_address
from tests.support.contracts import at
from tests.support.signing import VALIDATORS, Proven, message

from hyperlane.protocol.create2 import create2_address
from hyperlane.protocol.message import Message

KINDS = {"MessageId": 10, "MerkleRoot": 9}
TOTAL = 10**10
VECTORS = Path(__file__).parents[2] / "vectors" / "weighted_multisig_metadata.json"
MESSAGE = message()
PROVEN = Proven([MESSAGE])
WEIGHTS = [4 * 10**9, 3 * 10**9, 2 * 10**9, 10**9]
SET = list(zip([each.address for each in VALIDATORS[:4]], WEIGHTS, strict=True))


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def weighted(weighted_ism):
    return lambda kind, *configuration: weighted_ism(
        f"Static{kind}WeightedMultisigIsm", *configuration
    )


def metadata(kind: str, *positions: int) -> bytes:
    return PROVEN.metadata(kind, 0, [VALIDATORS[i] for i in positions]).encode()


@pytest.mark.parametrize("case", json.loads(VECTORS.read_text())["cases"], ids=range(6))
def test_vectors(weighted, verifies, revert_of, case):
    validators = [(each["signingAddress"], each["weight"]) for each in case["validators"]]
    ism = weighted("MessageId", validators, case["thresholdWeight"])
    data = bytes.fromhex(case["metadata"][2:])
    message = Message.decode(bytes.fromhex(case["message"][2:]))
    if case["expect"] == "ok":
        assert verifies(ism, data, message)
    else:
        revert_of(ism.verify, data, message.encode())


@pytest.mark.parametrize(
    ("positions", "threshold"),
    [((0,), 4 * 10**9), ((0, 1), 7 * 10**9), ((1, 2, 3), 6 * 10**9), ((0, 1, 2, 3), TOTAL)],
)
def test_enough_weight_is_enough(weighted, verifies, kind, positions, threshold):
    assert verifies(weighted(kind, SET, threshold), metadata(kind, *positions), MESSAGE)


def test_signatures_after_enough_weight_mean_nothing(weighted, verifies, kind):
    ism = weighted(kind, SET, 4 * 10**9)
    assert verifies(ism, metadata(kind, 0, 9, 0) + b"trailing", MESSAGE)


@pytest.mark.parametrize("positions", [(), (1,), (2, 3)])
def test_too_little_weight_is_refused(weighted, revert_of, kind, positions):
    ism = weighted(kind, SET, 4 * 10**9)
    reason = revert_of(ism.verify, metadata(kind, *positions), MESSAGE.encode())
    assert reason == ("InsufficientWeight", sum(WEIGHTS[i] for i in positions), 4 * 10**9)


@pytest.mark.parametrize(("positions", "bad"), [((1, 0), 1), ((3, 3), 1), ((9,), 0)])
def test_signer_out_of_order_or_unknown_is_refused(weighted, revert_of, kind, positions, bad):
    ism = weighted(kind, SET, 6 * 10**9)
    reason = revert_of(ism.verify, metadata(kind, *positions), MESSAGE.encode())
    assert reason == ("UnexpectedSigner", bad, VALIDATORS[positions[bad]].address)


def test_malformed_signature_is_refused(weighted, revert_of, kind):
    ism = weighted(kind, [("0x" + "00" * 20, TOTAL)], TOTAL)
    data = metadata(kind, 0)[:-65] + bytes(64) + b"\x1b"
    assert revert_of(ism.verify, data, MESSAGE.encode()) == ("InvalidSignature", 0)


@pytest.mark.parametrize("threshold", [0, TOTAL + 1, 2**96 - 1])
def test_impossible_threshold_believes_nothing(weighted, revert_of, kind, threshold):
    ism = weighted(kind, SET, threshold)
    reason = revert_of(ism.verify, metadata(kind, 0, 1, 2, 3), MESSAGE.encode())
    assert reason == ("InvalidThresholdWeight", threshold)


def test_configuration_is_readable(weighted, kind):
    ism = weighted(kind, SET, 7)
    validators, threshold = ism.validatorsAndThresholdWeight(b"")
    assert [tuple(each) for each in validators] == SET
    assert (threshold, ism.TOTAL_WEIGHT(), ism.moduleType()) == (7, TOTAL, KINDS[kind])


def test_implementation_verifies_nothing(project, owner, revert_of, kind):
    name = f"Static{kind}WeightedMultisigIsm"
    factory = owner.deploy(project.contracts[f"{name}Factory"])
    bare = at(project.contracts[name], factory.implementation())
    reason = revert_of(bare.verify, metadata(kind, 0), MESSAGE.encode())
    assert reason == ("NoArgumentsInCode",)


def test_address_follows_from_the_configuration(project, owner, chain, kind):
    factory = owner.deploy(project.contracts[f"Static{kind}WeightedMultisigIsmFactory"])
    code = bytes(chain.provider.get_code(factory.implementation()))
    words = b"".join(weight.to_bytes(12) + bytes.fromhex(address[2:]) for address, weight in SET)
    trailer = bytes(18) + len(SET).to_bytes(2) + (5).to_bytes(12)
    init_code = bytes.fromhex("600b380380600b3d393df3") + code + words + trailer
    salt = keccak(encode(["(address,uint96)[]", "uint96"], [SET, 5]))
    expected = create2_address(bytes.fromhex(factory.address[2:]), salt, init_code)
    assert factory.getAddress(SET, 5) == to_checksum_address(expected)
    factory.deploy(SET, 5, sender=owner)
    assert factory.deploy.call(SET, 5) == factory.getAddress(SET, 5)
