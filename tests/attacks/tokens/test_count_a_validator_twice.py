"""Listing a validator, module or hook twice, so that it counts twice."""

import pytest
from eth_utils import to_checksum_address
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STATIC = [
    "StaticMessageIdMultisigIsm",
    "StaticMerkleRootMultisigIsm",
    "StaticLegacyMultisigIsm",
    "ClonedMessageIdMultisigIsm",
    "ClonedMerkleRootMultisigIsm",
    "StaticAggregationIsm",
]
STORAGE = [
    "StorageMessageIdMultisigIsm",
    "StorageMerkleRootMultisigIsm",
    "StorageAggregationIsm",
]
WEIGHTED = ["StaticMessageIdWeightedMultisigIsm", "StaticMerkleRootWeightedMultisigIsm"]


def address(number: int) -> str:
    return to_checksum_address(number.to_bytes(20))


ONE, TWO, THREE = (address(i) for i in (1, 2, 3))
LISTS = [[ONE, ONE], [ONE, TWO, ONE], [TWO, ONE, THREE, ONE], [ONE] * 255]


@pytest.fixture(scope="module")
def factory(project, owner):
    names = [*STATIC, *STORAGE, *WEIGHTED, "StaticAggregationHook"]
    made = {each: owner.deploy(project.contracts[f"{each}Factory"]) for each in names}
    return made.__getitem__


@pytest.mark.parametrize("values", LISTS, ids=len)
@pytest.mark.parametrize("name", STATIC + STORAGE)
def test_factories_refuse_a_list_with_somebody_twice(factory, revert_of, name, values):
    assert revert_of(factory(name).deploy, values, 2) == ("DuplicateValue", ONE)


@pytest.mark.parametrize("name", WEIGHTED)
def test_other_weights_do_not_make_another_validator(factory, revert_of, name):
    validators = [(ONE, 1), (TWO, 2), (ONE, 3)]
    assert revert_of(factory(name).deploy, validators, 4) == ("DuplicateValue", ONE)


@pytest.mark.parametrize("name", STORAGE)
def test_owners_cannot_set_somebody_twice(project, owner, creation_revert_of, revert_of, name):
    container = project.contracts[name]
    assert creation_revert_of(container, [ONE, ONE], 1) == ("DuplicateValue", ONE)
    ism = owner.deploy(container, [ONE, TWO], 2)
    change = getattr(ism, "setValidatorsAndThreshold", None) or ism.setModulesAndThreshold
    assert revert_of(change, [TWO, ONE, TWO], 2, sender=owner) == ("DuplicateValue", TWO)


def test_a_hook_is_not_called_twice(factory, hook, revert_of):
    deploy = factory("StaticAggregationHook").deploy
    assert revert_of(deploy, [hook.address] * 2) == ("DuplicateValue", hook)


def agree(factory, revert_with_reason, owner, examples):
    """A factory refuses a list exactly when somebody stands in it twice."""
    deploy = factory("StaticMessageIdMultisigIsm").deploy

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(st.integers(0, 40) | st.integers(0, 2**160 - 1), min_size=1, max_size=60))
    def agrees(numbers):
        values = [address(i) for i in numbers]
        again = [each for each in values if values.count(each) > 1]
        expected = ("DuplicateValue", again[0]) if again else None
        assert revert_with_reason(deploy, values, 1, sender=owner) == expected

    agrees()


def test_exactly_lists_with_duplicates_are_refused(factory, revert_with_reason, owner):
    agree(factory, revert_with_reason, owner, 60)


@pytest.mark.long
def test_exactly_lists_with_duplicates_are_refused_of_many(factory, revert_with_reason, owner):
    agree(factory, revert_with_reason, owner, 2_000)
