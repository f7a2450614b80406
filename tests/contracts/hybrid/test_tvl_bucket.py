"""How large the bucket of a token router is, in both contracts that have one."""

import pytest
from tests.support.routes import FIRST, ZERO

WINDOW = 1000
NAMES = ["DelayedFlowRouterHookIsm", "NetFlowRateLimitedHookIsm"]
FULL = 2**207 - 1


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def arguments(name, network):
    """Of the constructor."""

    def arguments(router, bps: int, window: int = WINDOW):
        if name == "DelayedFlowRouterHookIsm":
            return router, bps, 60, window
        return network.mailboxes[FIRST].address, router, bps, window

    return arguments


@pytest.fixture(scope="module")
def make(project, owner, name, arguments):
    return lambda router, bps=1000: owner.deploy(
        project.contracts[name], *arguments(router.address, bps)
    )


def test_bucket_of_native_collateral(make, deploy_native, owner):
    route = deploy_native()
    bucket = make(route)
    assert (bucket.warpRouter(), bucket.capacityToken()) == (route, ZERO)
    assert bucket.localCollateral() == bucket.maxCapacity() == bucket.calculateCurrentLevel() == 0
    owner.transfer(route, 1019)
    assert (bucket.localCollateral(), bucket.maxCapacity()) == (1019, 101)


def test_bucket_of_locked_tokens(make, deploy_collateral, token, owner):
    route = deploy_collateral(token)
    bucket = make(route)
    assert bucket.capacityToken() == token
    token.transfer(route, 5000, sender=owner)
    assert (bucket.localCollateral(), bucket.maxCapacity()) == (5000, 500)


def test_bucket_of_a_synthetic_token(make, deploy_synthetic):
    route = deploy_synthetic(domain=FIRST, supply=7000)
    bucket = make(route)
    assert bucket.capacityToken() == route
    assert (bucket.localCollateral(), bucket.maxCapacity()) == (7000, 700)


def test_bucket_is_full_at_first_whatever_comes(make, deploy_native, owner, chain):
    route = deploy_native()
    bucket = make(route)
    created = chain.blocks.head.timestamp
    assert (bucket.filledLevel(), bucket.lastUpdated()) == (FULL, created)
    owner.transfer(route, 10**18)
    assert bucket.calculateCurrentLevel() == bucket.maxCapacity() == 10**17


def test_bucket_of_more_than_its_bits(make, deploy_synthetic):
    bucket = make(deploy_synthetic(domain=FIRST, supply=2**256 - 1), bps=9999)
    assert bucket.maxCapacity() == bucket.calculateCurrentLevel() == FULL


def test_nobody_sets_the_size(make, deploy_native, owner, stranger, revert_of):
    bucket = make(deploy_native())
    assert revert_of(bucket.setRefillRate, 10**9, sender=owner) == ("UseThresholdBps",)
    reason = revert_of(bucket.setRefillRate, 10**9, sender=stranger)
    assert reason == ("OwnableUnauthorizedAccount", stranger)
    assert bucket.refillRate() == 0


def test_creation_refuses_what_cannot_work(
    project, name, arguments, deploy_native, stranger, creation_revert_of
):
    route = deploy_native().address

    def refusal(*given):
        return creation_revert_of(project.contracts[name], *arguments(*given))

    assert refusal(route, 1000, 0) == ("InvalidDuration",)
    assert refusal(route, 10_001) == ("InvalidThresholdBps",)
    if name == "NetFlowRateLimitedHookIsm":
        assert refusal(route, 10_000) == ("InvalidThresholdBps",)
        assert refusal(stranger.address, 1) == ("InvalidRouter",)


def test_facts(make, deploy_native, owner, network):
    bucket = make(deploy_native(), bps=9999)
    assert (bucket.DURATION(), bucket.thresholdBps()) == (WINDOW, 9999)
    assert (bucket.BPS_DENOMINATOR(), bucket.owner()) == (10_000, owner)
    assert (bucket.mailbox(), bucket.localDomain()) == (network.mailboxes[FIRST], FIRST)
    assert bucket.PACKAGE_VERSION() == "12.1.0"
