"""A fee hook asks for tokens, takes none of them at once, and wants them later: they are locked
collateral then, other people's."""

import pytest
from tests.support.routes import FIRST, SECOND, ZERO
from tests.support.words import b32

AMOUNT, FEE = 10**9, 10**3


@pytest.fixture(params=["collateral", "synthetic", "cross", "vault", "rebasing"])
def route(
    request, project, owner, token, network, deploy_collateral, deploy_synthetic, deploy_route,
    connect,
):  # fmt: skip
    """A router whose token can pay for its dispatches."""

    def rebasing():
        made = owner.deploy(project.HypERC4626, 18, 1, 1, network.mailboxes[FIRST], SECOND)
        made.initialize(10**18, "Yield", "YLD", ZERO, ZERO, owner, sender=owner)
        return made

    made = {
        "collateral": lambda: deploy_collateral(token),
        "synthetic": lambda: deploy_synthetic(FIRST, supply=10**18),
        "cross": lambda: deploy_route("CrossCollateralRouter", token),
        "vault": lambda: deploy_route(
            "HypERC4626Collateral", owner.deploy(project.TestVault, token)
        ),
        "rebasing": rebasing,
    }[request.param]()
    connect(made, deploy_synthetic(SECOND))
    token.approve(made, 2**256 - 1, sender=owner)
    return made


@pytest.fixture
def idle(project, owner, route):
    """A fee hook that asks for `FEE`, and takes wei instead."""
    idle = owner.deploy(project.RecordingHook, FEE)
    route.setHook(idle, sender=owner)
    route.setFeeHook(idle, sender=owner)
    return idle


def test_by_asking_for_a_fee_and_not_taking_it(route, idle, owner, project):
    token = project.TestERC20.at(route.token(), fetch_from_explorer=False)
    for _ in range(2):
        sent = route.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner, value=FEE)
        assert token.Approval(route, idle, FEE) in sent.events
        assert token.allowance(route, idle) == 0
