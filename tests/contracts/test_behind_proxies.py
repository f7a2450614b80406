"""Whatever a function initialises, it can initialise in the constructor of a proxy, where nobody
comes in between: see decision 0001."""

from types import SimpleNamespace

import pytest
from tests.support.contracts import LOCAL_DOMAIN, at
from tests.support.words import b32

from .hooks.dispatching import ZERO

SCALE = (1, 1)
CLIENT = ("initialize", lambda w: (ZERO, ZERO, w.owner))
NAMED = ("initialize", lambda w: (5, "Token", "TKN", ZERO, ZERO, w.owner))
SET = ("initialize", lambda w: (w.owner, [w.ism.address], 1))
ROUTING = ("initialize", lambda w: (w.owner, [7], [w.ism.address]))
BRIDGED = ("setAuthorizedHook", lambda w: (b32(w.free),))
CIRCLE = ("initialize", lambda w: (ZERO, w.owner, ["https://example.org"]))


def circle(version: int):
    def arguments(w):
        transmitter = w.deploy(f"TestCctpTransmitterV{version}", 0, [])
        messenger = w.deploy(f"TestCctpMessengerV{version}", transmitter, w.fiat)
        return (w.fiat, w.mailbox, transmitter, messenger, *((1, 1000) if version == 2 else ()))

    return arguments


def own_rollup(w):
    """A bridge that is its own rollup, which is its own outbox."""
    bridge = w.deploy("ReenteringContract")
    bridge.prepare(bytes(4), b32(bridge), [], sender=w.owner)
    return bridge


# contract -> arguments of its constructor, its initializer, and the arguments of that
CASES = {
    "Mailbox": (
        lambda w: (LOCAL_DOMAIN,),
        ("initialize", lambda w: (w.owner, w.ism, w.free, w.free)),
    ),
    "InterchainGasPaymaster": (lambda w: (), ("initialize", lambda w: (w.owner, w.owner))),
    "InterchainQueryRouter": (lambda w: (w.mailbox,), CLIENT),
    "HyperlaneGateway": (lambda w: (w.mailbox,), CLIENT),
    "HypNative": (lambda w: (*SCALE, w.mailbox), CLIENT),
    "HypERC20": (lambda w: (18, *SCALE, w.mailbox), NAMED),
    "HypERC4626": (lambda w: (18, *SCALE, w.mailbox, 7), NAMED),
    "HypERC721": (lambda w: (w.mailbox,), NAMED),
    "HypERC721URIStorage": (lambda w: (w.mailbox,), NAMED),
    "HypERC721Collateral": (lambda w: (w.nft, w.mailbox), CLIENT),
    "HypERC721URICollateral": (lambda w: (w.nft, w.mailbox), CLIENT),
    "HypERC20Collateral": (lambda w: (w.token, *SCALE, w.mailbox), CLIENT),
    "CrossCollateralRouter": (lambda w: (w.token, *SCALE, w.mailbox), CLIENT),
    "HypFiatToken": (lambda w: (w.fiat, *SCALE, w.mailbox), CLIENT),
    "HypXERC20": (lambda w: (w.xerc20, *SCALE, w.mailbox), CLIENT),
    "HypXERC20Lockbox": (
        lambda w: (w.deploy("TestLockbox", w.xerc20, w.token), *SCALE, w.mailbox),
        CLIENT,
    ),
    "HypERC4626Collateral": (lambda w: (w.vault, *SCALE, w.mailbox), CLIENT),
    "HypERC4626OwnerCollateral": (lambda w: (w.vault, *SCALE, w.mailbox), CLIENT),
    "TokenBridgeCctpV1": (circle(1), CIRCLE),
    "TokenBridgeCctpV2": (circle(2), CIRCLE),
    "DomainRoutingIsm": (lambda w: (), ROUTING),
    "DefaultFallbackRoutingIsm": (lambda w: (w.mailbox,), ROUTING),
    "IncrementalDomainRoutingIsm": (lambda w: (), ROUTING),
    "StorageAggregationIsm": (lambda w: ([w.ism.address], 1), SET),
    "StorageMerkleRootMultisigIsm": (lambda w: ([w.ism.address], 1), SET),
    "StorageMessageIdMultisigIsm": (lambda w: ([w.ism.address], 1), SET),
    "ArbL2ToL1Ism": (lambda w: (own_rollup(w),), BRIDGED),
    "OPStackIsm": (lambda w: (w.free,), BRIDGED),
    "ERC5164Ism": (lambda w: (w.free,), BRIDGED),
    "CCIPIsm": (lambda w: (w.free, 7), BRIDGED),
}

# What initializers approve, whom, in the proxy's name.
APPROVED = {
    "HypXERC20Lockbox": ("token", "lockbox"),
    "HypERC4626Collateral": ("token", "vault"),
    "HypERC4626OwnerCollateral": ("token", "vault"),
    "TokenBridgeCctpV1": ("fiat", "tokenMessenger"),
    "TokenBridgeCctpV2": ("fiat", "tokenMessenger"),
}

# Initialised by their constructors, which say why.
BY_CONSTRUCTOR = {
    "AtomicInitDefaultFallbackRoutingIsm",
    "AtomicInitDomainRoutingIsm",
    "AtomicInitIncrementalDomainRoutingIsm",
    "OPL2ToL1Ism",  # its owner and URLs
}


@pytest.fixture
def world(project, owner, mailbox, noop_ism, hook):
    def deploy(name, *arguments):
        return owner.deploy(project.contracts[name], *arguments)

    token = deploy("TestERC20", "Token", "TKN", 10**24, 18)
    return SimpleNamespace(
        owner=owner,
        mailbox=mailbox,
        ism=noop_ism,
        free=hook,
        deploy=deploy,
        token=token,
        fiat=deploy("TestFiatToken", 10**24),
        xerc20=deploy("TestXERC20", 10**24),
        vault=deploy("TestVault", token),
        nft=deploy("TestERC721", 0),
    )


@pytest.mark.parametrize("name", CASES)
def test_a_proxys_constructor_initialises(project, owner, stranger, world, revert_of, name):
    construct, (initializer, arguments) = CASES[name]
    logic = world.deploy(name, *construct(world))
    given = arguments(world)
    data = getattr(logic, initializer).encode_input(*given)
    admin = world.deploy("ProxyAdmin", owner)
    proxy = owner.deploy(project.TransparentUpgradeableProxy, logic, admin, data)
    behind = at(project.contracts[name], proxy.address)
    for by in (owner, stranger):
        reason = revert_of(getattr(behind, initializer), *given, sender=by)
        assert reason == ("AlreadyInitialized",)
    if initializer == "initialize":
        assert behind.owner() == owner
    else:
        assert bytes(behind.authorizedHook()) == b32(world.free)
    if name.startswith("TokenBridgeCctp"):
        assert behind.interchainSecurityModule() == proxy
    if name in APPROVED:
        token, spender = APPROVED[name]
        allowance = getattr(world, token).allowance(behind, getattr(behind, spender)())
        assert allowance == 2**256 - 1


def test_every_contract_with_an_initializer_is_here(project):
    known = {"TestGasRouter", "UpgradedMailbox"} | BY_CONSTRUCTOR | set(CASES)
    found = {
        kind.name
        for kind in (container.contract_type for container in project.contracts.values())
        if kind.deployment_bytecode
        and len(kind.deployment_bytecode.bytecode or "0x") > 2
        and {"initialize", "setAuthorizedHook"}
        & {item.name for item in kind.abi if item.type == "function"}
    }
    assert found - known == set()
    assert known - found == set()
