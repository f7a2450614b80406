"""Which route a file is about when the command does not say."""

import pytest

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
    assert f"--route {mine} goes on with that, --route WHICH/alpha-beta makes" in result.stderr
    assert world.nonces() == before


def test_the_named_route_goes_on(warp, mine):
    result = warp("deploy", "--route", mine, "--dry-run", config=FILE)
    assert result.exit_code == 0, result.stderr
    assert "Nothing to do" in result.stdout


def test_a_route_of_another_token_is_planned_as_before(warp, mine):
    named = {chain: {**end, "symbol": "OTHER"} for chain, end in FILE.items()}
    result = warp("deploy", "--dry-run", config=named)
    assert result.exit_code == 0, result.stderr
