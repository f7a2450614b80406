"""Configuration behind the code: addresses that follow from it, and bare code that refuses."""

import pytest
from ape.utils import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import keccak, to_checksum_address
from tests.support.contracts import at
from tests.support.words import b32

from hyperlane.protocol.create2 import create2_address

FACTORIES = [
    ("StaticMessageIdMultisigIsmFactory", "StaticMessageIdMultisigIsm", "validatorsAndThreshold"),
    ("StaticMerkleRootMultisigIsmFactory", "StaticMerkleRootMultisigIsm", "validatorsAndThreshold"),
    ("ClonedMessageIdMultisigIsmFactory", "ClonedMessageIdMultisigIsm", "validatorsAndThreshold"),
    ("ClonedMerkleRootMultisigIsmFactory", "ClonedMerkleRootMultisigIsm", "validatorsAndThreshold"),
    ("StaticAggregationIsmFactory", "StaticAggregationIsm", "modulesAndThreshold"),
]
RETURN_THE_REST = bytes.fromhex("600b380380600b3d393df3")
PROXY_HEAD = bytes.fromhex("363d3d373d3d3d363d73")
PROXY_TAIL = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")


def addresses(count: int) -> list[str]:
    return [to_checksum_address(keccak(text=f"value {i}")[:20]) for i in range(count)]


@pytest.fixture(scope="module", params=FACTORIES, ids=[each[1] for each in FACTORIES])
def family(request, project, owner):
    """A factory, the type of what it deploys, and the getter of the configuration."""
    factory, instance, getter = request.param
    return owner.deploy(project.contracts[factory]), project.contracts[instance], getter


def deploy(family, owner, values, threshold):
    factory, instance, getter = family
    address = factory.getAddress(values, threshold)
    factory.deploy(values, threshold, sender=owner)
    return getattr(at(instance, address), getter)


@pytest.mark.parametrize(("count", "threshold"), [(1, 1), (3, 2), (9, 9), (300, 255)])
def test_deployed_contract_knows_its_configuration(family, owner, count, threshold):
    values = addresses(count)
    read = deploy(family, owner, values, threshold)
    assert list(read(b"")) == [values, threshold]


def test_values_keep_their_order(family, owner):
    one, two = addresses(2)
    values = [two, one, ZERO_ADDRESS]
    assert list(deploy(family, owner, values, 2)(b"")[0]) == values


def test_address_is_create2_of_code_and_configuration(family, owner, chain):
    factory, instance, _ = family
    values = addresses(3)
    implementation = factory.implementation()
    code = bytes(chain.provider.get_code(implementation))
    if instance.contract_type.name.startswith("Cloned"):
        code = PROXY_HEAD + bytes.fromhex(implementation[2:]) + PROXY_TAIL
    words = b"".join(b32(each) for each in values)
    trailer = bytes(18) + (3).to_bytes(2) + (2).to_bytes(12)
    init_code = RETURN_THE_REST + code + words + trailer
    salt = keccak(encode(["address[]", "uint8"], [values, 2]))
    expected = create2_address(bytes.fromhex(factory.address[2:]), salt, init_code)
    assert factory.getAddress(values, 2) == to_checksum_address(expected)


def test_deploying_again_returns_the_contract_that_is_there(family, owner, chain):
    factory, _, _ = family
    values = addresses(2)
    factory.deploy(values, 1, sender=owner)
    again = factory.deploy(values, 1, sender=owner)
    assert not again.failed
    assert factory.deploy.call(values, 1) == factory.getAddress(values, 1)


def test_every_configuration_has_its_own_address(family):
    factory, _, _ = family
    one, two = addresses(2)
    configurations = [([one, two], 1), ([one, two], 2), ([two, one], 1), ([one], 1)]
    assert len({factory.getAddress(*each) for each in configurations}) == len(configurations)


@pytest.mark.parametrize(("count", "threshold"), [(0, 0), (0, 1), (2, 0), (2, 3)])
def test_deploy_refuses_an_impossible_threshold(family, revert_of, count, threshold):
    reason = revert_of(family[0].deploy, addresses(count), threshold)
    assert reason == ("InvalidThreshold", threshold, count)


def test_deploy_refuses_more_values_than_code_can_hold(family, revert_of):
    assert revert_of(family[0].deploy, addresses(770), 1) == ("FailedDeployment",)


def test_implementation_has_no_configuration(family, revert_of):
    factory, instance, getter = family
    bare = at(instance, factory.implementation())
    assert revert_of(getattr(bare, getter), b"") == ("NoArgumentsInCode",)


def test_implementation_verifies_nothing(family, revert_of):
    factory, instance, _ = family
    bare = at(instance, factory.implementation())
    reason = revert_of(bare.verify, bytes(1096), bytes(77))
    assert reason == ("NoArgumentsInCode",)
