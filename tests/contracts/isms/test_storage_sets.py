"""Multisig and aggregation modules whose owner may change who counts."""

import ape
import pytest
from eth_utils import to_checksum_address
from tests.support.contracts import at
from tests.support.signing import VALIDATORS, Proven, message, with_signatures

from hyperlane.protocol.ism_metadata import encode_aggregation

KINDS = ["StorageMessageIdMultisigIsm", "StorageMerkleRootMultisigIsm", "StorageAggregationIsm"]
MESSAGES = [message(nonce=i) for i in range(3)]
PROVEN = Proven(MESSAGES)
ADDRESSES = [each.address for each in VALIDATORS[:3]]


@pytest.fixture(scope="module", params=KINDS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def factory(project, owner, name):
    return owner.deploy(project.contracts[f"{name}Factory"])


@pytest.fixture(scope="module")
def deployed(project, factory, name, stranger):
    """The stranger's module, made by the factory."""
    receipt = factory.deploy(ADDRESSES, 2, sender=stranger)
    [event] = receipt.decode_logs(factory.ModuleDeployed)
    return at(project.contracts[name], event.module)


def change(ism):
    is_multisig = hasattr(ism, "setValidatorsAndThreshold")
    return ism.setValidatorsAndThreshold if is_multisig else ism.setModulesAndThreshold


def configuration(ism) -> list:
    is_multisig = hasattr(ism, "validatorsAndThreshold")
    return list((ism.validatorsAndThreshold if is_multisig else ism.modulesAndThreshold)(b""))


def test_factory_gives_the_module_to_its_caller(deployed, stranger, revert_of):
    assert deployed.owner() == stranger
    assert configuration(deployed) == [ADDRESSES, 2]
    assert deployed.threshold() == 2
    getter = getattr(deployed, "validators", None) or deployed.modules
    assert getter(1) == ADDRESSES[1]
    reason = revert_of(deployed.initialize, stranger, ADDRESSES, 1, sender=stranger)
    assert reason == ("AlreadyInitialized",)


def test_owner_changes_the_set(deployed, stranger):
    receipt = change(deployed)(ADDRESSES[::-1], 1, sender=stranger)
    assert configuration(deployed) == [ADDRESSES[::-1], 1]
    is_multisig = hasattr(deployed, "validators")
    name = "ValidatorsAndThresholdSet" if is_multisig else "ModulesAndThresholdSet"
    [event] = receipt.decode_logs(getattr(deployed, name))
    assert list(event.event_arguments.values()) == [ADDRESSES[::-1], 1]


def test_nobody_else_changes_the_set(deployed, owner, revert_of):
    reason = revert_of(change(deployed), ADDRESSES, 1, sender=owner)
    assert reason == ("OwnableUnauthorizedAccount", owner.address)


@pytest.mark.parametrize(("count", "threshold"), [(0, 0), (1, 0), (2, 3)])
def test_impossible_thresholds_are_refused(
    deployed, factory, stranger, revert_of, count, threshold
):
    expected = ("InvalidThreshold", threshold, count)
    values = ADDRESSES[:count]
    assert revert_of(change(deployed), values, threshold, sender=stranger) == expected
    assert revert_of(factory.deploy, values, threshold) == expected


def test_ownership_moves_in_two_steps(deployed, owner, stranger):
    receipt = deployed.transferOwnership(owner, sender=stranger)
    assert receipt.decode_logs(deployed.OwnershipTransferStarted) == [
        deployed.OwnershipTransferStarted(previousOwner=stranger, newOwner=owner)
    ]
    assert (deployed.owner(), deployed.pendingOwner()) == (stranger, owner)
    deployed.acceptOwnership(sender=owner)
    assert deployed.owner() == owner


def test_implementation_cannot_be_taken(project, factory, name, stranger, revert_of):
    bare = at(project.contracts[name], factory.implementation())
    reason = revert_of(bare.initialize, stranger, ADDRESSES, 1, sender=stranger)
    assert reason == ("AlreadyInitialized",)
    assert bare.owner() == factory


def proof(name: str) -> bytes:
    """What would do if the first two validators, or no module at all, were enough."""
    if "Aggregation" in name:
        return b""
    kind = name.removeprefix("Storage").removesuffix("MultisigIsm")
    return PROVEN.metadata(kind, 1, VALIDATORS[:2]).encode()


def test_implementation_believes_nothing(project, factory, name, revert_of):
    bare = at(project.contracts[name], factory.implementation())
    expected = {"StorageAggregationIsm": ()}.get(name, ("UnexpectedSigner", 0, ADDRESSES[0]))
    assert revert_of(bare.verify, proof(name), MESSAGES[1].encode()) == expected


def test_clone_that_nobody_set_up_believes_nothing_and_belongs_to_nobody(
    project, factory, name, stranger, chain, revert_of
):
    """Of the implementation, by somebody else than the factory."""
    code = "363d3d373d3d3d363d73" + factory.implementation()[2:] + "5af43d82803e903d91602b57fd5bf3"
    address = to_checksum_address(b"\xcc" * 20)
    chain.provider.web3.provider.make_request("anvil_setCode", [address, "0x" + code])
    clone = at(project.contracts[name], address)
    is_aggregation = name == "StorageAggregationIsm"
    expected = ("InvalidThreshold", 0, 0) if is_aggregation else ("NoThreshold",)
    assert revert_of(clone.verify, proof(name), MESSAGES[1].encode()) == expected
    reason = revert_of(clone.initialize, stranger, ADDRESSES, 1, sender=stranger)
    assert reason == ("NotDeployer", stranger, factory)


def test_constructor_sets_everything_up(project, owner, name, revert_of):
    ism = owner.deploy(project.contracts[name], ADDRESSES, 2)
    assert (ism.owner(), configuration(ism)) == (owner, [ADDRESSES, 2])
    reason = revert_of(ism.initialize, owner, ADDRESSES, 1, sender=owner)
    assert reason == ("AlreadyInitialized",)
    with ape.reverts(project.contracts[name].InvalidThreshold):
        owner.deploy(project.contracts[name], ADDRESSES, 4)


@pytest.mark.parametrize(("kind", "module_type"), [("MessageId", 5), ("MerkleRoot", 4)])
def test_signatures_count_for_the_validators_of_the_moment(
    project, owner, verifies, revert_of, kind, module_type
):
    ism = owner.deploy(project.contracts[f"Storage{kind}MultisigIsm"], ADDRESSES, 2)
    metadata = PROVEN.metadata(kind, 1, VALIDATORS[:2]).encode()
    assert ism.moduleType() == module_type
    assert verifies(ism, metadata, MESSAGES[1])

    ism.setValidatorsAndThreshold(ADDRESSES[1:], 2, sender=owner)
    reason = revert_of(ism.verify, metadata, MESSAGES[1].encode())
    assert reason == ("UnexpectedSigner", 0, ADDRESSES[0])


def test_modules_of_the_moment_are_asked(project, owner, noop_ism, verifies, revert_of):
    no = owner.deploy(project.MetadataIsm, b"never")
    ism = owner.deploy(project.StorageAggregationIsm, [noop_ism, no], 1)
    assert verifies(ism, encode_aggregation([b"", None]), MESSAGES[0])
    ism.setModulesAndThreshold([no], 1, sender=owner)
    reason = revert_of(ism.verify, encode_aggregation([b""]), MESSAGES[0].encode())
    assert reason == ("ModuleRejected", no.address)


def test_change_of_validators_makes_a_module_forget_within_a_transaction(project, owner):
    """The owner is a contract here, which changes the set between two deliveries."""
    sequence = owner.deploy(project.Sequence)
    ism = owner.deploy(project.StorageMerkleRootMultisigIsm, ADDRESSES, 2)
    ism.transferOwnership(sequence, sender=owner)
    sequence.run([ism], [ism.acceptOwnership.encode_input()], sender=owner)
    signed = PROVEN.merkle_root(0, VALIDATORS[:2])
    unsigned = with_signatures(PROVEN.merkle_root(1, [])).encode()
    short = PROVEN.hook + (1).to_bytes(4) + b"".join(PROVEN.tree.proof(1, 2)[:4])
    calls = [
        ism.verify.encode_input(signed.encode(), MESSAGES[0].encode()),
        ism.verify.encode_input(unsigned, MESSAGES[1].encode()),
        ism.verify.encode_input(short, MESSAGES[1].encode()),
        ism.setValidatorsAndThreshold.encode_input(ADDRESSES[::-1], 2),
        ism.verify.encode_input(unsigned, MESSAGES[1].encode()),
        ism.verify.encode_input(short, MESSAGES[1].encode()),
        ism.setValidatorsAndThreshold.encode_input(ADDRESSES, 2),
        ism.verify.encode_input(unsigned, MESSAGES[1].encode()),
    ]
    successes, _ = sequence.run.call([ism] * len(calls), calls)
    assert successes == [True, True, True, True, False, False, True, False]
