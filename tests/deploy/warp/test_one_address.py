"""`ape run warp deploy --salt`: one router address on all chains of a route."""

import json

import pytest
from eth_utils import keccak, to_checksum_address

from ape_hyperlane.plans.apply import Applier
from hyperlane.protocol.reserved import reserved_address

ENDS = {"alpha": {"type": "native"}, "beta": {"type": "synthetic", "symbol": "ONE"}}
ELSEWHERE = {"remoteRouters": {"999": {"address": "0x" + 40 * "7"}}}
SALT = "acme 2026"

MINTED = ENDS["beta"] | {"name": "One", "decimals": 18, "initialSupply": 5}


class Killed(BaseException):
    """The end of a process."""


def predicted(world, route):
    owner = bytes.fromhex(world["alpha"].sender[2:])
    return to_checksum_address(reserved_address(owner, keccak(text=SALT), f"router of {route}"))


def test_the_routers_of_a_route_have_one_address(world, warp, deployed):
    route = "ONE/plain"
    address = predicted(world, route)
    plan = warp("deploy", "--route", route, "--salt", SALT, "--dry-run", config=ENDS)
    assert plan.stdout.count(f"reserve {address} for router of {route}") == 2
    assert plan.stdout.count(f"at {address}") == 2

    routers = deployed(route, ENDS, "--salt", SALT)

    assert routers == {"alpha": address, "beta": address}
    for name, contract in (("alpha", "HypNative"), ("beta", "HypERC20")):
        router = world[name].at(contract, address).functions
        assert router.owner().call() == world[name].sender
        (other,) = router.domains().call()
        assert router.routers(other).call()[12:] == bytes.fromhex(address[2:])
    assert world["beta"].at("HypERC20", address).functions.symbol().call() == "ONE"
    sent = world.nonces()
    assert deployed(route, ENDS) == routers
    assert warp("check", "--route", route).exit_code == 0
    changed = warp("deploy", "--route", route, "--salt", "another", config=ENDS)
    assert changed.exit_code == 1
    assert f"was begun with 0x{keccak(text=SALT).hex()}" in changed.stderr
    assert world.nonces() == sent


def test_routers_behind_proxies_have_one_address(world, deployed, warp):
    route = "ONE/proxied"
    ends = {name: end | {"upgradeable": True} for name, end in ENDS.items()}
    routers = deployed(route, ends, "--salt", SALT)
    assert set(routers.values()) == {predicted(world, route)}
    assert warp("check", "--route", route).exit_code == 0


def test_a_route_grows_under_its_address_by_its_account_only(world, warp, deployed):
    route = "ONE/growing"
    first = {"alpha": ENDS["alpha"] | ELSEWHERE}
    assert deployed(route, first, "--salt", SALT) == {"alpha": predicted(world, route)}
    sent, both = world.nonces(), first | {"beta": ENDS["beta"]}

    stranger = warp("deploy", "--route", route, "--account", "test:1", config=both)

    assert stranger.exit_code == 1
    owner, other = world["alpha"].sender, world["alpha"].web3.eth.accounts[1]
    assert f"beta: the route's routers have the address that is reserved for {owner}, not for" in (
        stranger.stderr
    )
    assert f"{other}; deploy with that account" in stranger.stderr
    assert world.nonces() == sent
    routers = deployed(route, both)
    assert set(routers.values()) == {predicted(world, route)}


def test_a_run_that_dies_at_each_transaction_of_a_router_is_resumed(
    world, deployed, warp, monkeypatch
):
    route, send, deaths = "ONE/dying", Applier._send, []
    special = ("routerReservation", "router", "initialize of router")

    def die(self, step, transaction):
        once = step.name in special and deaths.count(step.name) < 2
        if once and step.name not in deaths:
            deaths.append(step.name)
            raise Killed
        receipt = send(self, step, transaction)
        if once:
            deaths.append(step.name)
            raise Killed
        return receipt

    before = world.nonces()
    with monkeypatch.context() as patch:
        patch.setattr(Applier, "_send", die)
        for _ in range(2 * len(special)):
            with pytest.raises(Killed):
                warp("deploy", "--route", route, "--salt", SALT, config=ENDS)
    routers = deployed(route, ENDS)
    assert set(routers.values()) == {predicted(world, route)}
    created, enrolled = len(special), 2
    assert world.nonces() == {name: nonce + created + enrolled for name, nonce in before.items()}


def test_without_journals_the_routers_are_recognised(world, deployed, warp):
    route = "ONE/forgotten"
    routers = deployed(route, ENDS, "--salt", SALT)
    sent = world.nonces()
    for path in world.registry.folder.rglob("*forgotten*"):
        path.unlink()
    assert deployed(route, ENDS, "--salt", SALT) == routers
    assert world.nonces() == sent
    journal = world.registry.chain_folder("alpha") / f"warp-{route.replace('/', '-')}.json"
    assert json.loads(journal.read_text())["steps"]["router"]["address"] == routers["alpha"]


@pytest.mark.parametrize(
    ("salt", "end", "complaint"),
    [
        ("0x12", ENDS["alpha"], "--salt: '0x12', expected 0x and 64 hex digits"),
        (SALT, MINTED, "initialSupply: 5, expected none with --salt"),
    ],
)
def test_what_cannot_be_is_refused(world, warp, salt, end, complaint):
    sent = world.nonces()
    ends = {"alpha": end | ELSEWHERE}
    result = warp("deploy", "--route", "ONE/bad", "--salt", salt, config=ends)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert complaint in line
    assert world.nonces() == sent
