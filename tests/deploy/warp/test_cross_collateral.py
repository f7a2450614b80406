"""Routers of several tokens of the same worth, from files: trust, fees by router, repair."""

import copy

import pytest
from tests.support.warp_world import CHAINS

from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32
from hyperlane.registry.token_fees import DEFAULT_ROUTER

ALPHA, BETA = CHAINS["alpha"], CHAINS["beta"]
PLENTY = 10**30
STRANGER, SIGNER, BRIDGE = ("0x" + 40 * digit for digit in "789")
ZERO = "0x" + 40 * "0"
ROUTE = "EIGHT/trust"
AMOUNT = 3 * 10**18
"""Of the token with 18 decimals; 3 of the other's 10**6 are worth as much."""


def word(address):
    return address_to_bytes32(address_from_hex(address))


@pytest.fixture(scope="module")
def tokens(world):
    """Six decimals on both chains, and eighteen on the first."""
    return {
        "six": {name: world[name].deploy("TestERC20", "S", "SIX", PLENTY, 6) for name in CHAINS},
        "eighteen": {"alpha": world["alpha"].deploy("TestERC20", "E", "EIGHT", PLENTY, 18)},
    }


@pytest.fixture(scope="module")
def ends(tokens):
    """The end of a route for each chain where the token is."""

    def ends(name, **more):
        scale = {"scale": 10**12} if name == "six" else {}
        return {
            chain: {"type": "crossCollateral", "token": token.address, **scale, **more}
            for chain, token in tokens[name].items()
        }

    return ends


@pytest.fixture(scope="module")
def routes(deployed, ends):
    """Two routes that trust each other: the routers of the first, the one of the second, and the
    second's file."""
    six = deployed("SIX/trust", ends("six"))
    trusted = {name: [router] for name, router in six.items()}
    config = ends(
        "eighteen",
        crossCollateralRouters=trusted,
        rebalanceTargets={"beta": [STRANGER]},
        rebalanceRecipients={"beta": "0x" + word(SIGNER).hex()},
        allowedRebalancers=[SIGNER],
        tokenFee={
            "type": "CrossCollateralRoutingFee",
            "feeContracts": {
                "beta": {
                    DEFAULT_ROUTER: {
                        "type": "OffchainQuotedLinearFee",
                        "bps": 10,
                        "quoteSigners": [SIGNER],
                    },
                },
                "alpha": {six["alpha"]: {"type": "LinearFee", "bps": 30}},
            },
        },
    )
    eighteen = deployed(ROUTE, config)
    back = {"alpha": [eighteen["alpha"]]}
    assert deployed("SIX/trust", ends("six", crossCollateralRouters=back)) == six
    return six, eighteen["alpha"], config


def test_one_token_is_sent_and_the_other_arrives_on_another_chain_and_on_the_same(
    world, warp, tokens, routes
):
    six, eighteen, _ = routes
    alpha = world["alpha"]
    for name, router in six.items():
        world[name].send(tokens["six"][name].functions.transfer(router, 10**9))
    router = alpha.at("CrossCollateralRouter", eighteen).functions
    alpha.send(tokens["eighteen"]["alpha"].functions.approve(eighteen, PLENTY))
    for name, bps in (("beta", 10), ("alpha", 30)):
        target = (CHAINS[name], word(STRANGER), AMOUNT, word(six[name]))
        quotes = router.quoteTransferRemoteTo(*target).call()
        assert sum(amount for token, amount in quotes if int(token, 16)) == (
            AMOUNT + AMOUNT * bps // 10_000
        )
        alpha.send(router.transferRemoteTo(*target))
        world.deliver()
        assert tokens["six"][name].functions.balanceOf(STRANGER).call() == 3 * 10**6
    held = tokens["eighteen"]["alpha"].functions.balanceOf
    assert held(eighteen).call() == 2 * AMOUNT
    fees = alpha.at("CrossCollateralRoutingFee", router.feeRecipient().call())
    assert held(fees.address).call() == AMOUNT * 40 // 10_000
    assert router.destinationGas(BETA).call() == 85_000
    assert warp("check", "--route", ROUTE).exit_code == 0


def test_a_run_over_routers_that_are_there_sends_nothing(world, deployed, routes):
    _, eighteen, config = routes
    deployed(ROUTE, config)
    world.forget_calls(ROUTE)
    before = world.nonces()
    assert deployed(ROUTE, config) == {"alpha": eighteen}
    assert world.nonces() == before


def test_whatever_changes_in_who_is_trusted_and_what_it_costs_is_told_and_repaired(
    world, warp, deployed, routes
):
    six, eighteen, config = routes
    alpha = world["alpha"]
    router = alpha.at("CrossCollateralRouter", eighteen).functions
    fees = alpha.at("CrossCollateralRoutingFee", router.feeRecipient().call()).functions
    default = bytes.fromhex(DEFAULT_ROUTER[2:])
    quoted = alpha.at("OffchainQuotedLinearFee", fees.feeContracts(BETA, default).call()).functions
    for call in (
        router.enrollCrossCollateralRouters([BETA], [word(STRANGER)]),
        router.unenrollCrossCollateralRouters([ALPHA], [word(six["alpha"])]),
        router.addRebalanceTarget(BETA, word(SIGNER)),
        router.setRecipient(BETA, word(STRANGER)),
        router.setRecipient(BETA, word(BRIDGE)),
        fees.setCrossCollateralRouterFeeContracts([BETA], [default], [ZERO]),
        quoted.addQuoteSigner(STRANGER),
        quoted.transferOwnership(alpha.web3.eth.accounts[3]),
    ):
        alpha.send(call)

    found = warp("check", "--route", ROUTE)
    assert found.exit_code == 1
    assert sorted(line.partition(" is ")[0] for line in found.stdout.splitlines()) == [
        f"alpha: router.allowedRecipient({BETA})",
        f"alpha: router.getCrossCollateralRouters({ALPHA})",
        f"alpha: router.getCrossCollateralRouters({BETA})",
        f"alpha: router.rebalanceTargets({BETA})",
        f"alpha: tokenFee.beta.{DEFAULT_ROUTER}.owner()",
        f"alpha: tokenFee.beta.{DEFAULT_ROUTER}.quoteSigners()",
        f"alpha: tokenFee.feeContracts({BETA}, {DEFAULT_ROUTER})",
    ]
    refused = warp("deploy", "--route", ROUTE, config=config)
    assert "only the owner may change that: tokenFee.beta" in refused.stderr
    quoted.transferOwnership(alpha.sender).transact({"from": alpha.web3.eth.accounts[3]})
    deployed(ROUTE, config)
    assert warp("check", "--route", ROUTE).exit_code == 0
    assert router.getCrossCollateralRouters(BETA).call() == [word(six["beta"])]
    assert quoted.quoteSigners().call() == [SIGNER]


def test_what_nobody_knows_goes_when_the_file_names_it(world, warp, deployed, routes):
    _, eighteen, config = routes
    alpha = world["alpha"]
    router = alpha.at("CrossCollateralRouter", eighteen).functions
    fees = alpha.at("CrossCollateralRoutingFee", router.feeRecipient().call()).functions
    fee = ([BETA], [word(STRANGER)], [alpha.deploy("NoopIsm").address])
    alpha.send(fees.setCrossCollateralRouterFeeContracts(*fee))
    alpha.send(router.enrollCrossCollateralRouters([5], [word(STRANGER)]))
    found = warp("check", "--route", ROUTE).stdout
    assert found.startswith("alpha: router.getCrossCollateralDomains() is [")
    assert found.endswith(f", 5], expected nothing but [{ALPHA}, {BETA}]\n")
    config = copy.deepcopy(config)
    config["alpha"]["crossCollateralRouters"]["5"] = []
    config["alpha"]["tokenFee"]["feeContracts"]["beta"][STRANGER] = ZERO
    deployed(ROUTE, config)
    assert router.getCrossCollateralRouters(5).call() == []
    assert fees.feeContracts(BETA, word(STRANGER)).call() == ZERO


def test_a_router_that_counts_in_other_units_is_not_trusted(world, warp, ends, routes):
    six, _, _ = routes
    nonces = world.nonces()
    config = ends("six", crossCollateralRouters={"beta": [six["beta"]]})
    config["alpha"]["scale"] = config["beta"]["scale"] = 1
    refused = warp("deploy", "--route", "SIX/other", config=config)
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"Error: alpha.crossCollateralRouters.beta: a whole token of {six['beta']} is"
        f" {10**18} message units, but {10**6} here: value would be created or lost; set scale\n"
    )
    assert world.nonces() == nonces


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"type": "collateral"}, "crossCollateralRouters: type collateral has none; remove this"),
        (
            {"tokenFee": {"type": "LinearFee", "bps": 5}},
            "tokenFee: LinearFee, but type crossCollateral asks for fees by router",
        ),
        (
            {"tokenFee": {"type": "LinearFee", "bps": 5, "quoteSigners": [SIGNER]}},
            "tokenFee: quoteSigners: only for OffchainQuotedLinearFee, not for LinearFee",
        ),
        (
            {"tokenFee": {"type": "OffchainQuotedLinearFee", "bps": 5}},
            "tokenFee: quoteSigners: 0 given, expected 1 to 255",
        ),
        ({"crossCollateralRouters": {"beta": ["0x12"]}}, "crossCollateralRouters.beta.0: '0x12'"),
        (
            {"crossCollateralRouters": {"beta": [STRANGER]}},
            f"alpha.crossCollateralRouters.beta: {STRANGER} has no token(); expected another",
        ),
        (
            {"crossCollateralRouters": {"gamma": [STRANGER]}},
            "alpha: crossCollateralRouters.gamma: not in the registry",
        ),
    ],
)
def test_trust_that_cannot_be_is_refused_in_one_line(world, warp, token, change, complaint):
    end = {"type": "crossCollateral", "token": token().address}
    end |= {"crossCollateralRouters": {"beta": [STRANGER]}, **change}
    nonces = world.nonces()
    result = warp("deploy", "--route", "BAD/trust", config={"alpha": end})
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert complaint in line
    assert world.nonces() == nonces


PAUSE = {"type": "pausableIsm", "owner": SIGNER, "paused": True}
FLOW = {"type": "netFlowRateLimitedHookIsm", "thresholdBps": 1000, "duration": 3600}
DELAY = {
    "type": "delayedFlowRouterHookIsm",
    "thresholdBps": 1000,
    "duration": 3600,
    "maxDelay": 60,
}


@pytest.mark.parametrize(
    "brake",
    [
        {"interchainSecurityModule": PAUSE},
        {
            "interchainSecurityModule": {
                "type": "staticAggregationIsm",
                "threshold": 1,
                "modules": [{"type": "testIsm"}, {**FLOW}],
            }
        },
        {"interchainSecurityModule": {"type": "rateLimitedIsm", "maxCapacity": 10**18}},
        {"hook": {"type": "rateLimitedHook", "maxCapacity": 10**18}},
        {"hook": {"type": "pausableHook", "owner": SIGNER, "paused": False}},
        {"hook": {"type": "guardedPausableHook", "guardians": [SIGNER]}},
        {"interchainSecurityModule": {"type": "guardedPausableIsm", "guardians": [SIGNER]}},
        {"hook": DELAY},
        {"hook": {"type": "timelockRouterHookIsm", "timelockWindow": 60}},
    ],
)
@pytest.mark.parametrize("key", ["alpha", str(ALPHA)])
def test_brakes_that_neighbours_pass_by_are_refused(world, warp, ends, routes, brake, key):
    """A router of the same chain calls, and no hook or module is asked."""
    config = ends("eighteen", crossCollateralRouters={key: [routes[0]["alpha"]]}, **brake)
    nonces = world.nonces()
    result = warp("deploy", "--route", "BAD/brake", config=config)
    assert result.exit_code == 1
    assert f"crossCollateralRouters.{ALPHA}: routers of the router's own chain" in result.stderr
    assert world.nonces() == nonces


def pausable(kind):
    return {"type": kind, "owner": SIGNER, "paused": False}


@pytest.mark.parametrize(
    "brake",
    [
        {"hook": DELAY},
        {"interchainSecurityModule": DELAY},
        {"hook": {"type": "aggregationHook", "hooks": [pausable("pausableHook"), DELAY]}},
        {"hook": {"type": "domainRoutingHook", "domains": {"beta": DELAY}}},
        {
            "interchainSecurityModule": {
                "type": "staticAggregationIsm",
                "threshold": 2,
                "modules": [pausable("pausableIsm"), DELAY],
            }
        },
    ],
)
def test_a_delay_that_refuses_other_routers_is_refused(world, warp, ends, routes, brake):
    """A `DelayedFlowRouterHookIsm` only announces to, and believes, the enrolled router."""
    other = routes[0]["beta"]
    config = ends("eighteen", crossCollateralRouters={"beta": [other]}, **brake)
    nonces = world.nonces()
    result = warp("deploy", "--route", "BAD/delay", config=config)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert (
        f"alpha: crossCollateralRouters.{BETA}: delayedFlowRouterHookIsm refuses transfers to and"
        f" from {other}" in line
    )
    assert world.nonces() == nonces


def by_recipient(router):
    """The delay for all recipients on beta but one."""
    return {
        "type": "destinationRecipientRoutingHook",
        "domains": {"beta": DELAY},
        "customHooks": {"beta": {"0x" + word(router).hex(): pausable("pausableHook")}},
    }


@pytest.mark.parametrize(
    "brake",
    [
        lambda other: {"hook": by_recipient(other)},
        lambda _: {"hook": {"type": "domainRoutingHook", "domains": {"77": DELAY}}},
        lambda _: {
            "interchainSecurityModule": {
                "type": "domainRoutingIsm",
                "domains": {"beta": pausable("pausableIsm"), "77": DELAY},
            }
        },
        lambda other: {
            "hook": DELAY,
            "interchainSecurityModule": DELAY,
            "remoteRouters": {"beta": {"address": other}},
        },
    ],
    ids=["other recipient", "other destination", "other origin", "enrolled router"],
)
def test_a_delay_that_other_routers_do_not_meet_is_planned(world, warp, ends, routes, brake):
    other = routes[0]["beta"]
    config = ends("eighteen", crossCollateralRouters={"beta": [other]}, **brake(other))
    result = warp("deploy", "--route", "GOOD/delay", "--dry-run", config=config)
    assert result.exit_code == 0, result.stderr
    assert "DelayedFlowRouterHookIsm" in result.stdout


@pytest.mark.parametrize("brake", [FLOW, DELAY])
def test_fractions_of_nothing_are_refused(world, warp, token, brake):
    vault = world["alpha"].deploy("TestVault", token().address).address
    end = {"type": "collateralVault", "token": vault, "hook": brake}
    nonces = world.nonces()
    result = warp(
        "deploy", "--route", "BAD/vault", config={"alpha": end, "beta": {"type": "synthetic"}}
    )
    assert result.exit_code == 1
    assert f"{brake['type']}: type collateralVault holds no tokens" in result.stderr
    assert world.nonces() == nonces
