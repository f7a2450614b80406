"""What all hooks have in common: a type, a version, and metadata that they understand or refuse."""

import pytest
from tests.support.contracts import REMOTE_DOMAIN, at
from tests.support.words import b32

from hyperlane.protocol.hook_metadata import HookType

from .dispatching import UNSUPPORTED_METADATA, message_from, metadata, token_body

TYPES = {
    "AmountRoutingHook": HookType.AMOUNT_ROUTING,
    "ArbL2ToL1Hook": HookType.ARB_L2_TO_L1,
    "DefaultHook": HookType.MAILBOX_DEFAULT_HOOK,
    "DestinationRecipientRoutingHook": HookType.ROUTING,
    "DomainRoutingHook": HookType.ROUTING,
    "ERC5164Hook": HookType.ID_AUTH_ISM,
    "FallbackDomainRoutingHook": HookType.FALLBACK_ROUTING,
    "InterchainGasPaymaster": HookType.INTERCHAIN_GAS_PAYMASTER,
    "MerkleTreeHook": HookType.MERKLE_TREE,
    "OPL2ToL1Hook": HookType.OP_L2_TO_L1,
    "OPStackHook": HookType.ID_AUTH_ISM,
    "PausableHook": HookType.PAUSABLE,
    "GuardedPausableHook": HookType.PAUSABLE,
    "ProtocolFee": HookType.PROTOCOL_FEE,
    "RateLimitedHook": HookType.RATE_LIMITED,
    "StaticAggregationHook": HookType.AGGREGATION,
}
PASSING_ON = {"DestinationRecipientRoutingHook", "DomainRoutingHook", "FallbackDomainRoutingHook"}
"""They leave the judgement of metadata to the hook that they pass a message on to."""


@pytest.fixture(scope="module")
def build(project, owner, mailbox, hook):
    """`build(name)`: a working hook of this kind."""
    ism = b32("0x" + "77" * 20)

    def routing(name, *rest):
        routing = owner.deploy(project.contracts[name], mailbox, owner, *rest)
        routing.setHook(REMOTE_DOMAIN, hook, sender=owner)
        return routing

    def paymaster():
        igp = owner.deploy(project.InterchainGasPaymaster)
        igp.initialize(owner, owner, sender=owner)
        igp.setDestinationGasConfigs([(REMOTE_DOMAIN, (igp, 0))], sender=owner)
        return igp

    def aggregation():
        factory = owner.deploy(project.StaticAggregationHookFactory)
        factory.deploy([hook], sender=owner)
        return at(project.StaticAggregationHook, factory.getAddress([hook]))

    def bridge(name, other, *rest):
        other = owner.deploy(project.contracts[other])
        return owner.deploy(project.contracts[name], mailbox, REMOTE_DOMAIN, ism, other, *rest)

    builders = {
        "AmountRoutingHook": lambda: owner.deploy(project.AmountRoutingHook, hook, hook, 1),
        "ArbL2ToL1Hook": lambda: bridge("ArbL2ToL1Hook", "TestArbSys", hook),
        "DefaultHook": lambda: owner.deploy(project.DefaultHook, mailbox),
        "DestinationRecipientRoutingHook": lambda: routing("DestinationRecipientRoutingHook"),
        "DomainRoutingHook": lambda: routing("DomainRoutingHook"),
        "ERC5164Hook": lambda: bridge("ERC5164Hook", "TestDispatcher"),
        "FallbackDomainRoutingHook": lambda: routing("FallbackDomainRoutingHook", hook),
        "InterchainGasPaymaster": paymaster,
        "MerkleTreeHook": lambda: owner.deploy(project.MerkleTreeHook, mailbox),
        "OPL2ToL1Hook": lambda: bridge("OPL2ToL1Hook", "TestMessenger", hook),
        "OPStackHook": lambda: bridge("OPStackHook", "TestMessenger"),
        "PausableHook": lambda: owner.deploy(project.PausableHook),
        "GuardedPausableHook": lambda: owner.deploy(project.GuardedPausableHook, owner, [], 1),
        "ProtocolFee": lambda: owner.deploy(project.ProtocolFee, 0, 0, owner, owner),
        "RateLimitedHook": lambda: owner.deploy(project.RateLimitedHook, mailbox, 10**6, 10, owner),
        "StaticAggregationHook": aggregation,
    }
    return lambda name: builders[name]()


@pytest.mark.parametrize("name", TYPES)
def test_says_what_it_is(build, name, revert_reason):
    hook = build(name)
    assert hook.hookType() == TYPES[name]
    assert hook.PACKAGE_VERSION() == "12.1.0"
    assert revert_reason({"to": hook.address, "data": "0xdeadbeef"}) == ()


@pytest.mark.parametrize("name", TYPES)
def test_serves_a_dispatch_with_metadata_cut_anywhere(build, name, owner, dispatch):
    hook = build(name)
    whole = metadata(0, 1, refund=owner, token="0x" + "00" * 20, custom=b"custom")
    encoded = message_from(owner, body=token_body(5)).encode()
    for length in (0, 2, 33, 34, 65, 66, 85, 86, 105, 106, len(whole)):
        assert hook.supportsMetadata(whole[:length])
        assert hook.quoteDispatch(whole[:length], encoded) == 0
        assert not dispatch(hook, token_body(5), whole[:length]).failed


@pytest.mark.parametrize("given", UNSUPPORTED_METADATA)
@pytest.mark.parametrize("name", sorted(TYPES.keys() - PASSING_ON))
def test_metadata_of_another_variant_is_refused(build, name, owner, revert_of, given):
    hook = build(name)
    encoded = message_from(owner, body=token_body(5)).encode()
    assert not hook.supportsMetadata(given)
    for function in (hook.postDispatch, hook.quoteDispatch):
        assert revert_of(function, given, encoded) == ("UnsupportedMetadata", given)


@pytest.mark.parametrize("given", UNSUPPORTED_METADATA)
@pytest.mark.parametrize("name", sorted(PASSING_ON))
def test_metadata_is_passed_on_unread(build, name, given):
    assert build(name).supportsMetadata(given)
