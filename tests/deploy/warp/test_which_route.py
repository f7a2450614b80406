"""Which route a file is about when the command does not say."""

import json

import pytest

from ape_hyperlane.warp import command

FILE = {
    "alpha": {"type": "native", "name": "Which", "symbol": "WHICH"},
    "beta": {"type": "synthetic", "name": "Which", "symbol": "WHICH"},
}


@pytest.fixture(scope="module")
def mine(deployed):
    """A route that was deployed under a name of its own."""
    deployed("WHICH/mine", FILE)
    return "WHICH/mine"


@pytest.mark.parametrize(
    "more",
    [{}, {"remoteRouters": {"7": {"address": "0x" + 64 * "7"}}}],
    ids=["the same file", "an enlarged one"],
)
def test_a_second_route_is_not_planned_without_a_word(world, warp, mine, more):
    before = world.nonces()
    result = warp("deploy", config={**FILE, "alpha": {**FILE["alpha"], **more}})
    assert result.exit_code == 1
    assert "the file has all ends of WHICH/mine, which is deployed" in result.stderr
    assert f"--route {mine} continues that one, --route WHICH/alpha-beta makes" in result.stderr
    assert world.nonces() == before


def test_the_named_route_goes_on(warp, mine):
    result = warp("deploy", "--route", mine, "--dry-run", config=FILE)
    assert result.exit_code == 0, result.stderr
    assert f"Route {mine}: continued, with routers on alpha, beta\n" in result.stdout
    assert "Nothing to do" in result.stdout


def test_a_route_of_another_token_is_planned_as_before(warp, mine):
    named = {chain: {**end, "symbol": "OTHER"} for chain, end in FILE.items()}
    result = warp("deploy", "--dry-run", config=named)
    assert result.exit_code == 0, result.stderr
    assert "Route OTHER/alpha-beta: a new one\n" in result.stdout


class Begun:
    """A route of which a run made both routers, and was then killed: there is no file of it."""

    def __init__(self, world, deployed, route, config):
        self.id, self.routers = route, deployed(route, config)
        self.folder = world.registry.folder
        self.forget(f"deployments/warp_routes/{route}-*.yaml")

    def forget(self, *patterns):
        for pattern in patterns:
            for path in self.folder.glob(pattern):
                path.unlink()


@pytest.fixture
def begun(world, deployed, token):
    collateral = {"type": "collateral", "token": token(symbol="BEGUN").address}
    config = {"alpha": collateral, "beta": {"type": "synthetic"}}
    yield config, (route := Begun(world, deployed, "BEGUN/mine", config))
    route.forget("deployments/warp_routes/BEGUN/*", "chains/*/warp-BEGUN-*.json")


def test_a_route_that_was_begun_is_found_by_its_routers(world, warp, begun):
    config, route = begun
    before = world.nonces()
    enlarged = {**config["alpha"], "remoteRouters": {"7": {"address": "0x" + 64 * "7"}}}
    result = warp("deploy", config={**config, "alpha": enlarged})
    assert result.exit_code == 1
    assert f"the file has all ends of {route.id}, which was begun; --route" in result.stderr
    assert world.nonces() == before


def test_advice_about_a_route_that_was_begun_works_when_followed(warp, begun):
    config, route = begun
    result = warp("deploy", "--route", route.id, "--json", config=config)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == route.routers


def test_routers_of_other_tokens_are_no_beginning(warp, begun, token):
    config, _ = begun
    other = {**config["alpha"], "token": token(symbol="BEGUN").address}
    result = warp("deploy", "--dry-run", config={**config, "alpha": other})
    assert result.exit_code == 0, result.stderr
    assert "Route BEGUN/alpha-beta: a new one\n" in result.stdout


def test_steps_that_need_no_transaction_any_more_do_not_count(world, warp, deployed, monkeypatch):
    """The owner carries one of two out by hand after the plan is shown."""
    chain, hook = world["alpha"], world["alpha"].deploy("PausableHook").address
    routers = deployed("COUNT/mine", FILE)
    changed = {**FILE, "alpha": {**FILE["alpha"], "hook": hook, "destinationGas": {"beta": 7}}}
    router = chain.at("HypERC20Collateral", routers["alpha"]).functions
    monkeypatch.setattr(command, "unlock", lambda _: chain.send(router.setHook(hook)))

    made = warp("deploy", "--route", "COUNT/mine", config=changed)

    assert made.exit_code == 0, made.stderr
    (line,) = (line for line in made.stdout.splitlines() if line[:1] == "[")
    assert line.startswith("[ 1/1] alpha: setDestinationGas of router: 0x")
