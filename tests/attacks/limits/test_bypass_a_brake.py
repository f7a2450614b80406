"""A thief wants value out of a router of several tokens past its limits, delays and pauses."""

import pytest
from tests.support.routes import FIRST, SECOND, incoming
from tests.support.words import b32

POOL = 10**20


@pytest.fixture(scope="module")
def pools(project, owner, deploy_route, connect):
    """Two routers of this domain that trust each other, one of them connected with a third."""
    made = []
    for domain in (FIRST, FIRST, SECOND):
        token = owner.deploy(project.TestERC20, "Dollar", "USD", 10**30, 18)
        router = deploy_route("CrossCollateralRouter", token, domain)
        token.transfer(router, POOL, sender=owner)
        token.approve(router, 2**256 - 1, sender=owner)
        made.append(router)
    connect(made[0], made[2])
    for one, other in ((made[0], made[1]), (made[1], made[0])):
        one.enrollCrossCollateralRouters([FIRST], [b32(other)], sender=owner)
    return made


def test_a_message_from_the_own_domain_pays_nothing_out(pools, network, thief, revert_of):
    """Its neighbour calls; it sends no messages."""
    here, neighbour, _ = pools
    body = b32(thief) + POOL.to_bytes(32)
    forged = incoming(here, body, b32(neighbour), FIRST)
    refusal = revert_of(network.mailboxes[FIRST].process, b"", forged, sender=thief)
    assert refusal == ("RouterNotTrusted", FIRST, b32(neighbour))


def test_unenrolling_a_router_leaves_what_routers_of_other_tokens_there_need(
    project, pools, owner, stranger, deploy_route
):
    here = pools[0]
    token = owner.deploy(project.TestERC20, "Dollar", "USD", 10**30, 18)
    other = deploy_route("CrossCollateralRouter", token, SECOND)
    here.enrollCrossCollateralRouters([SECOND], [b32(other)], sender=owner)
    bridge = owner.deploy(project.TestTokenBridge, here.token(), 0, 0)
    here.addBridge(SECOND, bridge, sender=owner)
    here.setRecipient(SECOND, b32(stranger), sender=owner)
    here.addRebalanceTarget(SECOND, b32(other), sender=owner)

    here.unenrollRemoteRouter(SECOND, sender=owner)
    assert here.allowedBridges(SECOND) == [bridge]
    assert here.allowedRecipient(SECOND) == b32(stranger)
    assert here.rebalanceTargets(SECOND) == [b32(other)]

    here.unenrollCrossCollateralRouters([SECOND], [b32(other)], sender=owner)
    assert here.allowedBridges(SECOND) == here.rebalanceTargets(SECOND) == []
    assert here.allowedRecipient(SECOND) == bytes(32)
