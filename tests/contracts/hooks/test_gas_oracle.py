"""What gas costs elsewhere, as an owner sets it: on its own and inside a paymaster."""

import pytest

MAXIMUM = 2**128 - 1


@pytest.fixture(scope="module", params=["StorageGasOracle", "InterchainGasPaymaster"])
def oracle(request, project, owner):
    oracle = owner.deploy(project.contracts[request.param])
    if request.param == "InterchainGasPaymaster":
        oracle.initialize(owner, owner, sender=owner)
        configs = [(domain, (oracle, 0)) for domain in (1, 2, 3)]
        oracle.setDestinationGasConfigs(configs, sender=owner)
    return oracle


def test_owner_sets_one_domain(oracle, owner):
    receipt = oracle.setRemoteGasData((1, 10**10, 7), sender=owner)
    assert tuple(oracle.remoteGasData(1)) == (10**10, 7)
    assert tuple(oracle.getExchangeRateAndGasPrice(1)) == (10**10, 7)
    assert receipt.events == [
        oracle.RemoteGasDataSet(remoteDomain=1, tokenExchangeRate=10**10, gasPrice=7)
    ]


def test_owner_sets_several_domains(oracle, owner):
    receipt = oracle.setRemoteGasDataConfigs([(1, 2, 3), (2, MAXIMUM, MAXIMUM)], sender=owner)
    assert tuple(oracle.getExchangeRateAndGasPrice(1)) == (2, 3)
    assert tuple(oracle.getExchangeRateAndGasPrice(2)) == (MAXIMUM, MAXIMUM)
    assert len(receipt.events) == 2


def test_later_data_replace_earlier(oracle, owner):
    oracle.setRemoteGasData((1, 2, 3), sender=owner)
    oracle.setRemoteGasData((1, 4, 5), sender=owner)
    assert tuple(oracle.getExchangeRateAndGasPrice(1)) == (4, 5)


def test_unset_domain_is_zero(oracle):
    assert tuple(oracle.getExchangeRateAndGasPrice(3)) == (0, 0)


def test_oracle_lists_what_was_set(project, owner):
    oracle = owner.deploy(project.StorageGasOracle)
    assert oracle.domains() == []
    oracle.setRemoteGasDataConfigs([(5, 1, 1), (6, 1, 1), (5, 2, 2)], sender=owner)
    assert oracle.domains() == [5, 6]


def test_oracle_lists_no_domain_that_was_set_to_nothing(project, owner):
    oracle = owner.deploy(project.StorageGasOracle)
    oracle.setRemoteGasDataConfigs([(5, 1, 1), (6, 1, 1), (7, 0, 0)], sender=owner)
    oracle.setRemoteGasDataConfigs([(5, 0, 0), (6, 0, 1)], sender=owner)
    assert oracle.domains() == [6]
    oracle.setRemoteGasData((6, 1, 0), sender=owner)
    assert oracle.domains() == [6]
    oracle.setRemoteGasDataConfigs([(6, 0, 0), (5, 1, 1)], sender=owner)
    assert oracle.domains() == [5]


@pytest.mark.parametrize(
    ("setter", "argument"),
    [("setRemoteGasData", (1, 2, 3)), ("setRemoteGasDataConfigs", [(1, 2, 3)])],
)
def test_setters_are_for_the_owner(oracle, stranger, revert_of, setter, argument):
    refusal = revert_of(getattr(oracle, setter), argument, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_creator_owns_the_oracle(project, stranger):
    oracle = stranger.deploy(project.StorageGasOracle)
    assert oracle.owner() == stranger
    assert oracle.PACKAGE_VERSION() == "12.1.0"
