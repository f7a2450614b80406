"""Somebody else's bridges, deployed from files: Circle's CCTP and LayerZero's OFTs."""

import copy
from functools import cache
from itertools import permutations

import pytest
from eth_abi import decode, encode
from eth_account import Account
from eth_utils import keccak
from tests.support.warp_world import CHAINS

from hyperlane.protocol.signature import sign_digest
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32

ALPHA, BETA = CHAINS["alpha"], CHAINS["beta"]
SUPPLY, AMOUNT = 10**24, 5_000_000
ONE, STRANGER = "0x" + 40 * "1", "0x" + 40 * "7"
URLS = ["https://iris.example/{sender}/{data}"]
CIRCLE = {"alpha": 0, "beta": 6}
"""Domains as Circle calls them. Zero is one of them."""
EIDS = {"alpha": 30101, "beta": 30110}
ATTESTER = Account.from_key(b"\7" * 32)
FAST = {"minFinalityThreshold": 1000, "maxFeeBps": 1.3}
LAST_BURN_FIELDS = slice(148 + 132, 148 + 196)
"""Of a burn over CCTP v2: the highest fee, and the one that was taken."""


def word(address):
    return address_to_bytes32(address_from_hex(address))


def emitted(receipt, event, *kinds):
    (log,) = [log for log in receipt["logs"] if log["topics"][0] == keccak(text=event)]
    return decode(kinds, log["data"])


@pytest.fixture(scope="module")
def circle(world):
    """Circle's contracts on both chains, by version, and the file of a route over them."""

    @cache
    def circle(version):
        made = {}
        for name, domain in CIRCLE.items():
            chain = world[name]
            usdc = chain.deploy("TestFiatToken", SUPPLY)
            transmitter = chain.deploy(
                f"TestCctpTransmitter{version}", domain, [ATTESTER.address]
            ).address
            messenger = chain.deploy(f"TestCctpMessenger{version}", transmitter, usdc.address)
            chain.send(usdc.functions.configureMinter(messenger.address, SUPPLY))
            made[name] = (usdc, transmitter, messenger)
        for here, there in permutations(made):
            counterpart = (CIRCLE[there], word(made[there][2].address))
            world[here].send(made[here][2].functions.addRemoteTokenMessenger(*counterpart))
        return {
            name: {
                "type": "collateralCctp",
                "token": usdc.address,
                "cctpVersion": version,
                "messageTransmitter": transmitter,
                "tokenMessenger": messenger.address,
                "urls": URLS,
                **(FAST if version == "V2" else {}),
            }
            for name, (usdc, transmitter, messenger) in made.items()
        }

    return lambda version: copy.deepcopy(circle(version))


@pytest.fixture(scope="module")
def bridges(circle, deployed):
    """A route over each version."""
    return cache(lambda version: deployed(f"USDC/cctp-{version}", circle(version)))


def attested(receipt, version):
    """What Circle's service says about a transaction; over v2 the whole fee is taken."""
    (sent,) = emitted(receipt, "MessageSent(bytes)", "bytes")
    message = bytearray(sent)
    if version == "V2":
        message[12:44] = keccak(receipt["transactionHash"])
        message[144:148] = (1000).to_bytes(4)
        message[LAST_BURN_FIELDS] = 2 * message[LAST_BURN_FIELDS][:32]
    signature = sign_digest(keccak(bytes(message)), ATTESTER)
    return encode(["bytes", "bytes"], [bytes(message), signature])


@pytest.mark.parametrize("version", ["V1", "V2"])
def test_circles_tokens_are_burnt_here_and_minted_there(world, warp, circle, bridges, version):
    config, routers = circle(version), bridges(version)
    assert warp("check", "--route", f"USDC/cctp-{version}").exit_code == 0
    for here, there in permutations(CHAINS):
        chain, target = world[here], (CHAINS[there], word(STRANGER), AMOUNT)
        bridge = chain.at("TokenBridgeCctpV2", routers[here]).functions
        usdc = chain.at("TestFiatToken", config[here]["token"]).functions
        quotes = bridge.quoteTransferRemote(*target).call()
        tokens = sum(amount for token, amount in quotes if int(token, 16))
        assert tokens == AMOUNT + (AMOUNT * 130 // (10**6 - 130) + 1 if version == "V2" else 0)
        chain.send(usdc.approve(routers[here], tokens))
        receipt = chain.send(bridge.transferRemote(*target))
        (message,) = emitted(receipt, "Dispatch(address,uint32,bytes32,bytes)", "bytes")
        mailbox = world.mailboxes[there].functions
        delivery = mailbox.process(attested(receipt, version), message)
        assert world[there].send(delivery)["gasUsed"] < 300_000
        received = world[there].at("TestFiatToken", config[there]["token"]).functions
        assert received.balanceOf(STRANGER).call() == AMOUNT
        assert bridge.destinationGas(CHAINS[there]).call() == 300_000
        assert bridge.hyperlaneDomainToCircleDomain(CHAINS[there]).call() == CIRCLE[there]


def test_a_run_over_bridges_that_are_there_sends_nothing(
    world, deployed, circle, bridges, oft_config
):
    routers = deployed("OMN/oft", oft_config)
    for route, config, found in (
        ("USDC/cctp-V2", circle("V2"), bridges("V2")),
        ("OMN/oft", oft_config, routers),
    ):
        world.forget_calls(route)
        before = world.nonces()
        assert deployed(route, config) == found
        assert world.nonces() == before


def test_what_changes_of_a_bridge_over_cctp_is_told_and_repaired_in_place(
    world, deployed, warp, circle, bridges
):
    config, routers, route = circle("V2"), bridges("V2"), "USDC/cctp-V2"
    alpha = world["alpha"]
    bridge = alpha.at("TokenBridgeCctpV2", routers["alpha"]).functions
    for call in (
        bridge.setMaxFeePpm(7),
        bridge.setUrls(["https://elsewhere.example"]),
        bridge.addDomain(BETA, 9),
        bridge.setInterchainSecurityModule(alpha.deploy("NoopIsm").address),
    ):
        alpha.send(call)
    found = warp("check", "--route", route)
    assert found.exit_code == 1
    assert sorted(found.stdout.replace(routers["alpha"], "itself").splitlines()) == [
        f"alpha: router.circleDomainToHyperlaneDomain(6) is nothing, expected {BETA}",
        f"alpha: router.hyperlaneDomainToCircleDomain({BETA}) is 9, expected 6",
        f"alpha: router.interchainSecurityModule() is {_module(found)}, expected itself",
        "alpha: router.maxFeePpm() is 7, expected 130",
        f"alpha: router.urls() is [https://elsewhere.example], expected [{URLS[0]}]",
    ]
    before = world.nonces()
    assert deployed(route, config) == routers
    assert world.nonces() == {**before, "alpha": before["alpha"] + 4}
    assert bridge.maxFeePpm().call() == 130
    assert warp("check", "--route", route).exit_code == 0


def _module(found):
    (line,) = [each for each in found.stdout.splitlines() if "SecurityModule" in each]
    return line.split(" is ")[1].partition(",")[0]


@pytest.fixture(scope="module")
def ofts(world):
    """A token that LayerZero moves, with other decimals on each chain."""
    made = {}
    for name, decimals in (("alpha", 18), ("beta", 6)):
        made[name] = world[name].deploy("TestNativeOft", EIDS[name], SUPPLY, decimals)
    for here, there in permutations(made):
        peer = made[here].functions.setPeer(EIDS[there], word(made[there].address))
        world[here].send(peer)
    return made


@pytest.fixture
def oft_config(ofts):
    return {
        here: {
            "type": "collateralOft",
            "token": ofts[here].address,
            "oft": ofts[here].address,
            "domainMappings": {there: EIDS[there]},
        }
        for here, there in permutations(CHAINS)
    }


def test_an_oft_moves_what_its_bridge_is_given(world, deployed, warp, ofts, oft_config):
    routers = deployed("OMN/oft", oft_config)
    assert warp("check", "--route", "OMN/oft").exit_code == 0
    alpha, amount = world["alpha"], 3 * 10**18
    bridge = alpha.at("TokenBridgeOft", routers["alpha"]).functions
    target = (BETA, word(STRANGER), amount)
    (_, price), (_, cost) = bridge.quoteTransferRemote(*target).call()
    alpha.send(ofts["alpha"].functions.approve(routers["alpha"], cost))
    receipt = alpha.send(bridge.transferRemote(*target), value=price)
    guid, _, to, sent, _ = emitted(
        receipt,
        "PacketSent(bytes32,uint32,bytes32,uint64,bytes)",
        *("bytes32", "uint32", "bytes32", "uint64", "bytes"),
    )
    packet = (EIDS["alpha"], word(ofts["alpha"].address), guid, to, sent)
    world["beta"].send(ofts["beta"].functions.receivePacket(*packet))
    assert ofts["beta"].functions.balanceOf(STRANGER).call() == 3 * 10**6

    refused = warp(
        *("send", "--route", "OMN/oft", "--origin", "alpha", "--to", "beta", "--amount", "1")
    )
    assert "OMN/oft: LayerZero delivers" in refused.stderr


def test_what_changes_of_a_bridge_over_an_oft_is_told_and_repaired(
    world, deployed, warp, oft_config
):
    routers = deployed("OMN/oft", oft_config)
    bridge = world["alpha"].at("TokenBridgeOft", routers["alpha"]).functions
    for call in (
        bridge.addDomain(BETA, 5),
        bridge.addDomain(ALPHA, 6),
        bridge.setExtraOptions(b"\3"),
    ):
        world["alpha"].send(call)
    assert sorted(warp("check", "--route", "OMN/oft").stdout.splitlines()) == [
        "alpha: router.extraOptions() is 0x03, expected 0x",
        f"alpha: router.hyperlaneDomainToLzEid({ALPHA}) is 6, expected nothing",
        f"alpha: router.hyperlaneDomainToLzEid({BETA}) is 5, expected {EIDS['beta']}",
    ]
    oft_config["alpha"]["extraOptions"] = "0x0003"
    assert deployed("OMN/oft", oft_config) == routers
    assert bridge.getDomainMappings().call() == [[BETA], [EIDS["beta"]]]
    assert bridge.extraOptions().call() == b"\0\3"


def _without(key):
    return lambda config: config["alpha"].pop(key)


def _with(**changes):
    return lambda config: config["alpha"].update(changes)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_without("urls"), "alpha: urls: required for type collateralCctp, but missing"),
        (_without("maxFeeBps"), "cctpVersion: V2 needs minFinalityThreshold and maxFeeBps"),
        (_with(cctpVersion="V1"), "cctpVersion: V1 has neither minFinalityThreshold nor"),
        (_with(type="collateral"), "cctpVersion: type collateral has none; remove this key"),
        (_with(maxFeeBps=10_000), "alpha: maxFeeBps: 10000"),
        (_with(scale=2), "alpha: scale: type collateralCctp has none; remove this key"),
        (_with(messageTransmitter=ONE), f"{ONE}: no contract on alpha; expected one"),
        (
            lambda config: (
                config["alpha"].update(cctpVersion="V1"),
                [config["alpha"].pop(key) for key in FAST],
            ),
            "beta.cctpVersion: V2, but V1 on alpha: a bridge speaks to its like only",
        ),
        (
            lambda config: config.update(beta={"type": "synthetic"}),
            "beta.type: synthetic, but collateralCctp on alpha: a bridge speaks to its like only",
        ),
        (
            lambda config: [
                (end.update(cctpVersion="V1"), [end.pop(key) for key in FAST])
                for end in config.values()
            ],
            "says version 1; expected 0 for cctpVersion V1",
        ),
    ],
)
def test_routes_over_cctp_that_cannot_be_are_refused(world, warp, circle, change, complaint):
    config = circle("V2")
    change(config)
    _refused(world, warp, config, complaint)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_without("oft"), "alpha: oft: required for type collateralOft, but missing"),
        (_with(domainMappings={"beta": 0}), "alpha: domainMappings.beta: 0"),
        (_with(extraOptions="0x1"), "alpha: extraOptions: '0x1'"),
        (_with(hook=ONE), "alpha: hook: type collateralOft has none; remove this key"),
        (_with(upgradeable=True), "alpha: upgradeable: type collateralOft has none"),
    ],
)
def test_routes_over_an_oft_that_cannot_be_are_refused(world, warp, oft_config, change, complaint):
    change(oft_config)
    _refused(world, warp, oft_config, complaint)


def test_an_oft_of_another_token_is_refused(world, warp, token, oft_config):
    other = token().address
    oft_config["alpha"]["token"] = other
    oft = oft_config["alpha"]["oft"]
    _refused(world, warp, oft_config, f"alpha.token: {other}, but the OFT {oft} moves {oft}")


def _refused(world, warp, config, complaint):
    nonces = world.nonces()
    result = warp("deploy", "--route", "BAD/bridge", config=config)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert complaint in line
    assert world.nonces() == nonces
