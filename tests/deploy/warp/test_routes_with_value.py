"""The recipes of docs/routes-with-value.md, deployed as they stand there."""

import json
import re
from pathlib import Path

import pytest
import yaml

PAGE = Path(__file__).parents[3] / "docs" / "routes-with-value.md"
OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
GUARDIAN = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"


def recipe(file: str) -> dict:
    """The config that the page has under this name."""
    (text,) = re.findall(rf"```yaml\n# {file}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return yaml.safe_load(text)


def with_counterparts(value, kind: str, remotes: dict):
    """The config with `remoteIsms` in each hybrid of this type."""
    if isinstance(value, list):
        return [with_counterparts(each, kind, remotes) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {key: with_counterparts(each, kind, remotes) for key, each in value.items()}
    return changed | ({"remoteIsms": remotes} if value.get("type") == kind else {})


@pytest.fixture
def steps(world):
    """Contracts of a deployed route by step."""

    def steps(route, chain):
        journal = world.registry.chain_folder(chain) / f"warp-{route.replace('/', '-')}.json"
        entries = json.loads(journal.read_text())["steps"]
        return {name: entry["address"] for name, entry in entries.items() if entry["address"]}

    return steps


@pytest.mark.parametrize(
    ("file", "kind", "contract"),
    [
        ("route-deploy.yaml", "delayedFlowRouterHookIsm", "DelayedFlowRouterHookIsm"),
        ("by-amount-deploy.yaml", "timelockRouterHookIsm", "TimelockRouter"),
    ],
)
def test_recipe_is_deployed_and_delays_know_each_other(
    world, deployed, warp, steps, file, kind, contract
):
    route, config = f"AETH/{file.partition('-')[0]}", recipe(file)
    routers = deployed(route, config)
    delays = {chain: steps(route, chain)[kind] for chain in config}
    other = {"alpha": "beta", "beta": "alpha"}
    config = {
        chain: with_counterparts(end, kind, {other[chain]: delays[other[chain]]}) | {"owner": OWNER}
        for chain, end in config.items()
    }
    before = {chain: steps(route, chain) for chain in config}

    assert deployed(route, config) == routers

    assert {chain: steps(route, chain) for chain in config} == before
    assert warp("check", "--route", route).exit_code == 0
    for chain, delay in delays.items():
        functions = world[chain].at(contract, delay).functions
        assert functions.owner().call() == OWNER
        there = world[other[chain]].web3.eth.chain_id
        assert functions.routers(there).call()[12:].hex() == delays[other[chain]][2:].lower()
        guard = steps(route, chain)["guardedPausableHook"]
        guarded = world[chain].at("GuardedPausableHook", guard).functions
        assert guarded.canPause(GUARDIAN).call()
        assert guarded.owner().call() == OWNER


def test_risks_of_the_recipes_are_those_of_the_key_that_deploys(warp, deployed, world):
    deployed("AETH/risks", recipe("route-deploy.yaml"))
    said = warp("check", "--route", "AETH/risks").stderr
    risks = [line for line in said.splitlines() if ".destinationGas." not in line]
    danger = f"{world['alpha'].sender} is a plain key: whoever steals the key owns all of this"
    remedy = "take a Safe of several keys, or a timelock"
    assert risks == [f"risk: {chain}.owner: {danger}: {remedy}" for chain in ("alpha", "beta")]
