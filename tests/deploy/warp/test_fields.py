"""What `check` tells of a route, field by field, and what `deploy` refuses to make of a file."""

import pytest
from tests.support.warp_world import CHAINS

ONE, TWO = "0x" + 40 * "1", "0x" + 40 * "2"
ETH = {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}}


def test_whatever_changes_is_told_by_field(world, deployed, token, warp):
    alpha, beta, erc20 = world["alpha"], world["beta"], token()
    fee = {"type": "RoutingFee", "feeContracts": {"beta": {"type": "LinearFee", "bps": 5}}}
    bridge = token().address
    routers = deployed(
        "TEST/fields",
        {
            "alpha": {
                "type": "collateral",
                "token": erc20.address,
                "tokenFee": fee,
                "allowedRebalancers": [ONE],
                "allowedRebalancingBridges": {"beta": [{"bridge": bridge}]},
            },
            "beta": {"type": "synthetic", "upgradeable": True},
        },
    )
    router = alpha.at("HypERC20Collateral", routers["alpha"]).functions
    fees = alpha.at("RoutingFee", router.feeRecipient().call()).functions
    other = alpha.deploy("NoopIsm").address
    slot = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103"
    admin = beta.web3.eth.get_storage_at(routers["beta"], slot)[-20:]
    admin = beta.at("ProxyAdmin", "0x" + bytes(admin).hex()).functions
    code = beta.deploy("HypERC20", 18, 1, 1, world.mailboxes["beta"].address).address
    for chain, call in (
        (alpha, router.setHook(other)),
        (alpha, router.setInterchainSecurityModule(other)),
        (alpha, router.setFeeRecipient(other)),
        (alpha, router.setFeeHook(other)),
        (alpha, router.setDestinationGas(CHAINS["beta"], 7)),
        (alpha, router.removeRebalancer(ONE)),
        (alpha, router.addBridge(CHAINS["beta"], other)),
        (alpha, router.setRecipient(CHAINS["beta"], b"\1" * 32)),
        (alpha, router.transferOwnership(ONE)),
        (alpha, fees.setFeeContract(CHAINS["beta"], other)),
        (alpha, fees.transferOwnership(TWO)),
        (beta, admin.upgradeAndCall(routers["beta"], code, b"")),
        (beta, admin.transferOwnership(ONE)),
    ):
        chain.send(call)

    found = warp("check", "--route", "TEST/fields")

    assert found.exit_code == 1
    assert sorted(line.partition(" is ")[0] for line in found.stdout.splitlines()) == [
        f"alpha: router.allowedBridges({CHAINS['beta']})",
        "alpha: router.allowedRebalancers()",
        f"alpha: router.allowedRecipient({CHAINS['beta']})",
        f"alpha: router.destinationGas({CHAINS['beta']})",
        "alpha: router.feeHook()",
        "alpha: router.feeRecipient()",
        "alpha: router.hook()",
        "alpha: router.interchainSecurityModule()",
        "alpha: router.owner()",
        f"alpha: tokenFee.feeContracts({CHAINS['beta']})",
        "alpha: tokenFee.owner()",
        "beta: proxyAdmin.owner()",
        "beta: router.implementation()",
    ]
    assert f"destinationGas({CHAINS['beta']}) is 7, expected 75000" in found.stdout


def test_a_router_of_somebody_elses_is_not_touched(world, deployed, warp):
    deployed("ETH/theirs", {chain: {**end, "owner": ONE} for chain, end in ETH.items()})
    before = world.nonces()
    config = {
        "alpha": {"type": "native", "owner": ONE},
        "beta": {"type": "synthetic", "owner": ONE},
    }
    config["beta"]["gas"] = 90_000
    result = warp("deploy", "--route", "ETH/theirs", config=config)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "alpha: setDestinationGas of router: only the owner may change that" in line
    assert "router.owner() is 0x1111" in line
    assert world.nonces() == before


def _collateral(**more):
    def config(world):
        token = world["alpha"].deploy("TestERC20", "T", "T", 1, 18).address
        return {"alpha": {"type": "collateral", "token": token, **more}, "beta": ETH["beta"]}

    return config


def _code(world):
    return world.mailboxes["alpha"].address


def _offset_vault(world):
    token = world["alpha"].deploy("TestERC20", "T", "T", 1, 6).address
    vault = world["alpha"].deploy("OffsetVault", token, 6).address
    return {
        "alpha": {"type": "collateralVaultRebase", "token": vault},
        "beta": {"type": "syntheticRebase"},
    }


def _coins_as_nfts(world):
    config = _collateral(isNft=True)(world)
    return {**config, "beta": {"type": "synthetic", "isNft": True}}


def _nfts_as_coins(world):
    token = world["alpha"].deploy("TestERC721", 1).address
    return {"alpha": {"type": "collateral", "token": token}, "beta": ETH["beta"]}


def _countless_decimals(world):
    token = world["alpha"].deploy("TestERC20", "T", "T", 1, 200).address
    return {"alpha": {"type": "collateral", "token": token}, "beta": ETH["beta"]}


def _both(alpha, **beta):
    return lambda world: {
        "alpha": {**ETH["alpha"], **alpha},
        "beta": {**ETH["beta"], **beta},
    }


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (
            _collateral(scale=2**255),
            "alpha.scale: 57896044618658097711785492504343953926634992332820282019728792003956",
        ),
        (_both({"proxyAdmin": {"address": ONE}}), f"{ONE}: no contract on alpha; expected one"),
        (_countless_decimals, "has 200 decimals, expected 77 at most"),
        (
            _both({"destinationGas": {"5": 1}}),
            "alpha: destinationGas: 1 for domain 5, where no router is enrolled; expected a chain",
        ),
        (
            _both({"destinationGas": {"alpha": 1}}),
            f"alpha: destinationGas: 1 for domain {CHAINS['alpha']}, where no router is enrolled",
        ),
        (
            _both({"remoteRouters": {"beta": {"address": ONE}}}),
            "alpha.remoteRouters.beta: this file deploys the routers on beta; remove these entries",
        ),
        (
            _both({}, remoteRouters={str(CHAINS["beta"]): {"address": ONE}}),
            f"beta.remoteRouters.{CHAINS['beta']}: this file deploys the routers on beta; remove",
        ),
        (
            lambda world: _both({"allowedRebalancingBridges": {"5": [{"bridge": _code(world)}]}})(
                world
            ),
            "alpha: allowedRebalancingBridges.5: no router is enrolled there; expected",
        ),
        (_both({}, initialSupply=5), "beta.initialSupply: 5, expected 0: nothing would back it"),
        (_offset_vault, "shares have 12 decimals, assets 6; expected a vault with equal ones"),
        (_coins_as_nfts, "has no supportsInterface(bytes4); expected another contract"),
        (_nfts_as_coins, "has no decimals(); expected another contract"),
        (
            _collateral(tokenFee={"type": "LinearFee", "bps": 5, "token": ONE}),
            f"tokenFee.token: {ONE}, but the route moves 0x",
        ),
        (_collateral(tokenFee=ONE), f"{ONE}: no contract on alpha; expected one"),
        (_collateral(feeHook=ONE), f"{ONE}: no contract on alpha; expected one"),
        (
            _collateral(allowedRebalancingBridges={"beta": [{"bridge": ONE}]}),
            f"{ONE}: no contract on alpha; expected one",
        ),
        (_both({"mailbox": ONE}), f"{ONE}: no contract on alpha; expected one"),
        (_both({"owner": "0x" + 40 * "0"}), "alpha: owner: the zero address"),
        (_both({"owner": "0x12"}), "alpha: owner: '0x12'"),
        (_both({"gas": -1}), "alpha: gas: "),
        (_both({"tokenFee": {"type": "LinearFee", "bps": 10_001}}), "tokenFee.bps: 10001"),
        (_both({"feeHook": ONE}), "alpha: feeHook: is paid in an ERC-20 token"),
        (_both({}, decimals=78), "beta: decimals: "),
        (_both({"isNft": True}), "alpha: isNft: type native moves amounts, not NFTs"),
        (_both({}, isNft=True), "beta: NFTs and amounts cannot be on one route"),
        (_both({}, type="syntheticRebase"), "collateralVaultRebase goes with syntheticRebase"),
        (_both({"remoteRouters": {"5": {"address": "0x12"}}}), "remoteRouters"),
        (
            _both({"allowedRebalancers": [ONE]}, allowedRebalancers=[ONE]),
            "allowedRebalancers: type",
        ),
        (lambda world: "alpha: [", "route-deploy.yaml: "),
        (lambda world: "[]", "expected a token for each chain"),
    ],
)
def test_files_that_cannot_be_or_would_lose_value_are_refused(world, warp, config, complaint):
    content = config(world)
    nonces = world.nonces()
    result = warp("deploy", "--route", "BAD/route", config=content)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert complaint in line
    assert world.nonces() == nonces
