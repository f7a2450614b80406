"""Files of a stranger, a registry's or a route's: what they make somebody sign who runs them.

docs/deploy.md lists what such files can do and what they cannot; here is each tried.
"""

import json

import pytest

from hyperlane.registry import ChainAddresses, ChainMetadata

THIEF = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
WORD = "0x" + THIEF[2:].lower().rjust(64, "0")
PLAIN = {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}}


def plan(warp, route, config):
    return warp("deploy", "--dry-run", "--route", route, config=config)


@pytest.fixture
def sender(world):
    return world["alpha"].web3.eth.accounts[0]


@pytest.fixture
def journal(world):
    """Writes the journal of a route's end, as if a run had been there before; the path."""
    made = []

    def write(route, deployer, steps):
        path = world.registry.chain_folder("alpha") / f"warp-{route.replace('/', '-')}.json"
        path.write_text(json.dumps({"chainId": 31337, "deployer": deployer, "steps": steps}))
        made.append(path)
        return path

    yield write
    for path in made:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("key", "end"),
    [
        ("owner", {"owner": THIEF}),
        ("ownerOverrides.proxyAdmin", {"ownerOverrides": {"proxyAdmin": THIEF}}),
        ("proxyAdmin.owner", {"proxyAdmin": {"owner": THIEF}}),
        ("hook.owner", {"hook": {"type": "pausableHook", "owner": THIEF, "paused": False}}),
        (
            "interchainSecurityModule.validators[0]",
            {
                "interchainSecurityModule": {
                    "type": "messageIdMultisigIsm",
                    "validators": [THIEF],
                    "threshold": 1,
                }
            },
        ),
        ("remoteRouters.7.address", {"remoteRouters": {"7": {"address": WORD}}}),
        ("allowedRebalancers[0]", {"allowedRebalancers": [THIEF]}),
    ],
)
def test_a_plan_names_everybody_else_whom_the_file_names(key, end, world, warp, sender):
    before = world.nonces()
    result = plan(warp, "ETH/named", {**PLAIN, "alpha": {**PLAIN["alpha"], **end}})
    assert result.exit_code == 0, result.stderr
    (line,) = [line for line in result.stdout.splitlines() if f"file.alpha.{key}:" in line]
    assert line.split(": ")[-1].lower() in (THIEF.lower(), WORD)
    assert f"chain id 31337 by {world.urls['alpha']}, signed by {sender}" in result.stdout
    assert world.nonces() == before


def test_a_plan_says_what_of_the_registry_a_route_is_built_on(world, warp):
    result = plan(warp, "ETH/based", PLAIN)
    for chain, mailbox in world.mailboxes.items():
        assert f"chains/{chain}/addresses.yaml.mailbox: {mailbox.address}" in result.stdout


def test_an_honest_file_of_the_senders_own_names_nobody(warp, sender):
    config = {"alpha": {"type": "native", "owner": sender}, "beta": {"type": "synthetic"}}
    result = plan(warp, "ETH/own", config)
    assert "file." not in result.stdout
    assert "journal:" not in result.stdout


def test_a_journal_that_names_another_owner_is_told(warp, journal):
    """Who ran first owns what no file names an owner of."""
    journal("ETH/planted", THIEF, {})
    result = plan(warp, "ETH/planted", PLAIN)
    assert f"the first run was {THIEF}'s, who owns" in result.stdout, result.stderr


def test_a_journal_that_passes_a_strangers_contract_off_as_ours_is_told(
    world, warp, deployed, journal, sender
):
    """A proxy would be put in front of it, and the other ends would trust it with all they hold."""
    config = {**PLAIN, "alpha": {"type": "native", "proxyAdmin": {"owner": sender}}}
    deployed("ETH/model", config)
    path = world.registry.chain_folder("alpha") / "warp-ETH-model.json"
    step = json.loads(path.read_text())["steps"]["routerImplementation"]
    stranger = world["alpha"].deploy("NoopIsm").address
    journal("ETH/planted2", sender, {"routerImplementation": {**step, "address": stranger}})
    result = plan(warp, "ETH/planted2", config)
    assert result.exit_code == 0, result.stderr
    (line,) = [
        line for line in result.stdout.splitlines() if stranger in line and "journal" in line
    ]
    assert "make sure that you deployed it" in line
    assert "make sure that you deployed it" not in plan(warp, "ETH/model", config).stdout


def test_a_terminal_does_not_act_upon_names(warp):
    config = {
        "alpha": {"type": "native", "name": "a\x1b[2K\rb", "symbol": "\x1b[8mE"},
        "beta": {"type": "synthetic", "name": "a\x1b[2K\rb", "symbol": "\x1b[8mE"},
    }
    result = plan(warp, "ETH/escapes", config)
    assert "\x1b" not in result.stdout + result.stderr
    assert "\r" not in result.stdout + result.stderr


def test_a_node_of_another_chain_than_the_registry_says_is_sent_nothing(world, warp):
    registry, before = world.registry, world.nonces()
    honest = registry.metadata("alpha")
    registry.write_metadata(
        ChainMetadata(
            name="alpha", chain_id=1, domain_id=31337, rpc_urls=[{"http": world.urls["alpha"]}]
        )
    )
    try:
        result = warp("deploy", "--route", "ETH/elsewhere", config=PLAIN)
    finally:
        registry.write_metadata(honest)
    assert result.exit_code == 1
    assert "chainId is 1, but the node answers 31337" in result.stderr
    assert world.nonces() == before


def test_a_mailbox_that_is_none_is_sent_nothing(world, warp, token):
    registry, before = world.registry, None
    honest = registry.addresses("alpha")
    fake = token().address
    registry.write_addresses("alpha", ChainAddresses(mailbox=fake))
    before = world.nonces()
    try:
        result = warp("deploy", "--route", "ETH/fake", config=PLAIN)
    finally:
        registry.write_addresses("alpha", honest)
    assert fake in result.stdout + result.stderr
    assert result.exit_code == 1
    assert world.nonces()["beta"] == before["beta"]
