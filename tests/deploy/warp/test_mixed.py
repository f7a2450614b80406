"""Routes with ends on chains of other protocols: deployed, checked and used between the others."""

import pytest
import yaml
from tests.support.warp_world import CHAINS

from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import WarpRoute, route_paths
from hyperlane.registry.models import read

PROGRAM = "4qd5tG1mF5y9gbay1JhGEy1AHdUwbnhSXBzWSc6HNS9t"
PROGRAM_IN_HEX = "3907bd7aab99c6d1ef72f23ac5016a4a91da59e364a84c35912805697560dd2f"
TRON = "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"
FOREIGN = {
    "svmland": {
        "type": "synthetic",
        "foreignDeployment": PROGRAM,
        "gas": 300_000,
        "owner": "8q4UG5nJd5iAQaPQkFPGGsBdHLkjsCKYzxyCZMLmcbH",
    },
    "tronland": {"type": "synthetic", "foreignDeployment": TRON, "gas": 150_000},
}
ROUTE = "MIXED/all"


@pytest.fixture(scope="module")
def routers(deployed):
    return deployed(ROUTE, {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}, **FOREIGN})


def test_routers_that_exist_are_enrolled_with_their_gas(world, routers):
    domains = {name: world.registry.identity(name).domain_id for name in FOREIGN}
    router = world["alpha"].at("HypNative", routers["alpha"]).functions
    assert set(router.domains().call()) == {CHAINS["beta"], *domains.values()}
    assert router.routers(domains["tronland"]).call() == bytes(12) + b"\x11" * 20
    assert router.routers(domains["svmland"]).call().hex() == PROGRAM_IN_HEX
    for name, end in FOREIGN.items():
        assert router.destinationGas(domains[name]).call() == end["gas"]


def test_the_files_keep_what_others_deployed(world, routers):
    deploy, config = route_paths(world.registry.folder, ROUTE)
    written = yaml.safe_load(deploy.read_text())
    assert {name: written[name] for name in FOREIGN} == FOREIGN
    (alpha,) = [token for token in read(WarpRoute, config).tokens if token.chain_name == "alpha"]
    connections = {connection.token for connection in alpha.connections}
    assert connections == {
        f"ethereum|beta|{routers['beta']}",
        f"sealevel|svmland|{PROGRAM}",
        f"tron|tronland|{TRON}",
    }


def test_it_is_checked_and_deployed_again_without_a_transaction(world, warp, routers):
    assert "is as it was deployed" in warp("check", "--route", ROUTE).stdout
    before = world.nonces()
    deploy, _ = route_paths(world.registry.folder, ROUTE)
    again = warp("deploy", "--route", ROUTE, config=deploy.read_text())
    assert again.exit_code == 0, again.stderr
    assert world.nonces() == before


def test_tokens_move_between_the_others(world, warp, routers):
    with world.relaying():
        sent = warp(
            *("send", "--route", ROUTE, "--origin", "alpha", "--to", "beta", "--amount", "1"),
        )
    assert sent.exit_code == 0, sent.stderr
    assert "delivered after" in sent.stdout


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"nowhere": {"foreignDeployment": PROGRAM}}, "foreignDeployment.nowhere: not in the"),
        ({"svmland": {"foreignDeployment": "0x"}}, "svmland: foreignDeployment: '0x', expected an"),
        ({"svmland": {"type": "synthetic"}}, "svmland: foreignDeployment: required, but missing"),
        ({"svmland": {"foreignDeployment": PROGRAM, "gas": -1}}, "svmland: gas: -1"),
    ],
)
def test_ends_that_cannot_be_enrolled_are_refused(world, warp, more, complaint):
    before = world.nonces()
    ends = {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}, **more}
    refused = warp("deploy", "--route", "MIXED/refused", config=ends)
    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()[-1:]
    assert complaint in line
    assert world.nonces() == before
    assert not route_paths(Registry(world.registry.folder).folder, "MIXED/refused")[0].exists()
