"""Files of the reference that are refused: whoever does what the message says is understood."""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from tests.support.warp_world import CHAINS

ONE, TWO = "0x" + 40 * "1", "0x" + 40 * "2"
PROGRAM = "3EpVCPUgyjq2MfGeCttyey6bs5zya5wjYZ2BE6yDg6bm"
"""A Sealevel program."""
SELECTOR = 2**64 - 1
ETH = {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}}

Config = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What a file says beside the usual, what is answered, and how that advice is followed."""

    alpha: Config
    complaint: str
    follow: Callable[[Config, str], Config]
    """From the file and the message to the file that the message asks for."""
    more: Config
    """Further ends."""


def case(complaint, follow, more=None, **alpha):
    return Case(alpha, complaint, follow, more or {})


def without(*keys):
    def follow(config, _):
        for key in keys:
            config["alpha"].pop(key)
        return config

    return follow


def with_(*gone, **alpha):
    return lambda config, said: {
        **(kept := without(*gone)(config, said)),
        "alpha": {**kept["alpha"], **alpha},
    }


def the_entries_that_are_named(config, said):
    for chain, key in re.findall(r"(\w+)\.remoteRouters\.(\w+)", said):
        config[chain]["remoteRouters"].pop(key)
    return config


def the_router_named(config, said):
    (key,) = re.findall(r"svmland: (\w+): required", said)
    config["svmland"][key] = PROGRAM
    return config


CASES = {
    "a newer version": case(
        "alpha: contractVersion: '13.0.0', expected '12.1.0', or an older one, instead of which"
        " 12.1.0 is deployed; or remove this key",
        without("contractVersion"),
        contractVersion="13.0.0",
    ),
    "another version's spelling": case(
        "alpha: contractVersion: 'v12', expected '12.1.0'",
        with_(contractVersion="12.1.0"),
        contractVersion="v12",
    ),
    "limits of an xERC20": case(
        "set them there, and remove this key",
        without("xERC20"),
        xERC20={"warpRouteLimits": {"type": "standard", "mint": "1", "burn": "1"}},
    ),
    "a timelock": case(
        "deploy it by hand, name it as owner of proxyAdmin, and remove this key",
        with_("timelock", proxyAdmin={"owner": ONE}),
        timelock={"delay": 60, "roles": {"executor": ONE, "proposer": TWO}},
    ),
    "a wrapper": case(
        "in front of the route, and remove this key",
        without("predicateWrapper"),
        predicateWrapper={"registry": ONE},
    ),
    "routers of the file's own chains": case(
        "alpha.remoteRouters.31338, alpha.remoteRouters.alpha: this file deploys the routers on"
        " beta, alpha; remove these entries",
        the_entries_that_are_named,
        remoteRouters={
            "alpha": {"address": ONE},
            str(CHAINS["beta"]): {"address": TWO},
            "7": {"address": ONE},
        },
    ),
    "an end on a chain of another protocol": case(
        "svmland: foreignDeployment: required, but missing: this tool deploys on EVM chains; deploy"
        " this end with another tool and name its router here",
        the_router_named,
        {"svmland": {"type": "synthetic", "owner": PROGRAM, "gas": 300_000}},
    ),
    "a hook over CCIP that nobody knows": case(
        "alpha: ccipHook: router and chainSelector: required, since chains/alpha/addresses.yaml has"
        " no ccipHook_beta; name both, or the address of one that exists",
        lambda config, _: {**config, "alpha": {**config["alpha"], "hook": "hook over CCIP"}},
        hook={"type": "ccipHook", "destinationChain": "beta"},
    ),
    "half of what CCIP needs": case(
        "alpha: hook: chainSelector: required, but missing",
        lambda config, _: {**config, "alpha": {**config["alpha"], "hook": "hook over CCIP"}},
        hook={"type": "ccipHook", "destinationChain": "beta", "router": ONE},
    ),
    "approvals of a bridge": case(
        "routers approve what each transfer takes, and nothing else; remove this key",
        lambda config, _: {
            **config,
            "alpha": {
                **config["alpha"],
                "allowedRebalancingBridges": {"beta": [{"bridge": "one"}]},
            },
        },
        allowedRebalancingBridges={"beta": [{"bridge": ONE, "approvedTokens": [TWO]}]},
    ),
}


@pytest.fixture
def made(world):
    """What cases name in words, deployed."""
    router = world["alpha"].deploy("TestCcipRouter", 1, SELECTOR).address
    over_ccip = {"type": "ccipHook", "destinationChain": "beta", "ism": ONE}
    return {
        "hook over CCIP": {**over_ccip, "router": router, "chainSelector": SELECTOR},
        "one": world["alpha"].deploy("TestRecipient").address,
    }


def _spelled(value, made):
    if isinstance(value, dict):
        return {key: _spelled(each, made) for key, each in value.items()}
    if isinstance(value, list):
        return [_spelled(each, made) for each in value]
    return made.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_taken_when_the_advice_is_followed(warp, made, name):
    case = CASES[name]
    config = copy.deepcopy({**ETH, "alpha": {**ETH["alpha"], **case.alpha}, **case.more})
    refused = warp("deploy", "--route", "ADVICE/any", "--dry-run", config=config)
    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()
    assert case.complaint in line

    followed = _spelled(case.follow(config, line), made)
    taken = warp("deploy", "--route", "ADVICE/any", "--dry-run", config=followed)

    assert taken.exit_code == 0, taken.stderr


@pytest.fixture
def known_hook(world):
    """A hook over CCIP that the registry has as the reference writes it."""
    alpha, path = world["alpha"], world.registry.chain_folder("alpha") / "addresses.yaml"
    router = alpha.deploy("TestCcipRouter", 1, SELECTOR).address
    mailbox, ism = world.mailboxes["alpha"].address, bytes(31) + b"\1"
    hook = alpha.deploy("CCIPHook", router, SELECTOR, mailbox, CHAINS["beta"], ism).address
    before = path.read_text()
    path.write_text(yaml.safe_dump({**yaml.safe_load(before), "ccipHook_beta": hook}))
    yield hook
    path.write_text(before)


def test_a_hook_over_ccip_needs_no_router_where_the_registry_knows_it(
    world, deployed, warp, known_hook
):
    hook = {"type": "ccipHook", "destinationChain": "beta"}
    routers = deployed("CCIP/known", {**ETH, "alpha": {"type": "native", "hook": hook}})
    router = world["alpha"].at("HypERC20Collateral", routers["alpha"]).functions
    assert router.hook().call() == known_hook
    assert warp("check", "--route", "CCIP/known").exit_code == 0


@pytest.mark.parametrize(
    ("known", "complaint"),
    [
        (ONE, f"{ONE}: no contract on alpha; expected one"),
        (
            "0x12",
            "chains/alpha/addresses.yaml: ccipHook_beta: '0x12' is not an address of 20 bytes",
        ),
    ],
)
def test_what_the_registry_has_must_be_a_contract(world, warp, known_hook, known, complaint):
    path = world.registry.chain_folder("alpha") / "addresses.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "ccipHook_beta": known}))
    hook = {"type": "ccipHook", "destinationChain": "beta"}
    config = {**ETH, "alpha": {"type": "native", "hook": hook}}
    result = warp("deploy", "--route", "CCIP/none", config=config)
    assert result.exit_code == 1
    assert complaint in result.stderr


def test_overrides_of_owners_for_other_tools_stay_as_they_are(world, deployed):
    others = {"_safeAddress": ONE, "fallbackRoutingHook": TWO, "validatorAnnounce": TWO}
    config = {
        **ETH,
        "alpha": {
            "type": "native",
            "ownerOverrides": others,
            "proxyAdmin": {"owner": ONE, "ownerOverrides": others},
        },
    }
    deployed("OVER/any", config)
    written = world.registry.folder / "deployments/warp_routes/OVER/any-deploy.yaml"
    alpha = yaml.safe_load(written.read_text())["alpha"]
    assert alpha["ownerOverrides"] == others
    assert alpha["proxyAdmin"] == {"owner": ONE, "ownerOverrides": others}
