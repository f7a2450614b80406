"""What single keys can do to a security module, and what their loss does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ape_hyperlane.safety.modules import module_findings
from hyperlane.registry.hybrids import NetFlow
from hyperlane.registry.isms import (
    AggregationIsm,
    AmountRoutingIsm,
    GuardedPausableIsm,
    MultisigIsm,
    OffchainLookupIsm,
    PausableIsm,
    RoutingIsm,
    TestIsm,
    TrustedRelayerIsm,
    WeightedMultisigIsm,
)

pytestmark = pytest.mark.quick

KEYS = ["0x" + f"{number:040x}" for number in range(1, 8)]
A, B, C, D = KEYS[:4]
FORGED, LOST, ANYBODY = "can forge any message", "is lost or down", "anybody can forge"


def multisig(threshold, *validators):
    return MultisigIsm(type="messageIdMultisigIsm", validators=validators, threshold=threshold)


def weighted(threshold, **weights):
    names = {"a": A, "b": B, "c": C}
    validators = [{"signingAddress": names[key], "weight": value} for key, value in weights.items()]
    return WeightedMultisigIsm(
        type="weightedMessageIdMultisigIsm", validators=validators, threshold_weight=threshold
    )


def all_of(threshold, *modules):
    return AggregationIsm(type="staticAggregationIsm", modules=modules, threshold=threshold)


PAUSABLE = PausableIsm(type="pausableIsm", owner=D)
GUARDED = GuardedPausableIsm(type="guardedPausableIsm", owner=D, guardians=(A,))
ATTESTED = OffchainLookupIsm(type="offchainLookupIsm", urls=["https://a.example"], attester=A)
NET_FLOW = NetFlow(type="netFlowRateLimitedHookIsm", duration=60, threshold_bps=100)
TEST = TestIsm(type="testIsm")
ROUTED = RoutingIsm(
    type="domainRoutingIsm", domains={"good": multisig(2, A, B, C), "weak": multisig(1, A)}
)
AMOUNTS = AmountRoutingIsm(
    type="amountRoutingIsm",
    lower_ism=multisig(1, A, B),
    upper_ism=multisig(2, A, B, C),
    threshold=10,
)


@pytest.mark.parametrize(
    ("ism", "dangers"),
    [
        (multisig(2, A, B, C), []),
        (ATTESTED, [FORGED, LOST]),
        (all_of(2, multisig(1, A, B), ATTESTED), [FORGED, LOST]),
        (all_of(2, multisig(2, A, B, C), ATTESTED), [LOST]),
        (NET_FLOW, [ANYBODY]),
        (all_of(2, multisig(1, A, B), NET_FLOW), [FORGED]),
        (all_of(2, multisig(2, A, B, C), NET_FLOW), []),
        (multisig(1, A), [FORGED, LOST]),
        (multisig(1, A, B), [FORGED]),
        (multisig(2, A, B), [LOST]),
        (weighted(60, a=40, b=40, c=40), []),
        (weighted(60, a=60, b=30, c=30), [FORGED]),
        (weighted(60, a=50, b=5, c=6), [LOST]),
        (all_of(2, PAUSABLE, multisig(2, A, B, C)), []),
        (all_of(1, PAUSABLE, multisig(2, A, B, C)), [ANYBODY]),
        (all_of(2, multisig(1, A, B), multisig(1, A, C)), [FORGED]),
        (all_of(2, multisig(1, A, B), multisig(1, C, D)), []),
        (all_of(1, multisig(2, A, B), multisig(2, C, D)), []),
        (TEST, [ANYBODY]),
        (PAUSABLE, [ANYBODY]),
        (GUARDED, [ANYBODY]),
        (all_of(2, GUARDED, multisig(2, A, B, C)), []),
        (TrustedRelayerIsm(relayer=A), [FORGED]),
        (AMOUNTS, [FORGED]),
        (A, []),
    ],
)
def test_dangers_of_a_module(ism, dangers):
    found = module_findings("defaultIsm", ism)
    for item, danger in zip(found, dangers, strict=True):
        assert danger in item.danger
    assert {item.where for item in found} <= {"defaultIsm"}


def test_each_origin_is_looked_at_by_itself():
    (forged, lost) = module_findings("defaultIsm", ROUTED)
    assert forged.where == lost.where == "defaultIsm.domains.weak"
    assert str(forged) == (
        f"defaultIsm.domains.weak: whoever has one key, {A}, can forge any message: raise the"
        " threshold, so that keys of several operators are needed"
    )


def test_long_lists_are_shortened():
    (lost,) = module_findings("defaultIsm", multisig(5, *KEYS[:5]))
    assert f"{A} or {B} or {C} or 2 others" in lost.danger


@given(st.data())
def test_findings_are_those_of_trying_all_keys(data):
    """By the definition: subsets of signers that satisfy a two-level aggregation."""
    sets = st.lists(st.sampled_from(KEYS[:4]), min_size=1, max_size=4, unique=True)
    parts = data.draw(
        st.lists(sets, min_size=1, max_size=3, unique_by=lambda part: str(sorted(part)))
    )
    needed = [data.draw(st.integers(1, len(part))) for part in parts]
    threshold = data.draw(st.integers(1, len(parts)))
    ism = all_of(threshold, *(multisig(n, *part) for n, part in zip(needed, parts, strict=True)))

    def verifies(keys):
        met = sum(len(keys & set(p)) >= n for n, p in zip(needed, parts, strict=True))
        return met >= threshold

    everybody = set().union(*map(set, parts))
    forging = any(verifies({key}) for key in everybody)
    stopping = any(not verifies(everybody - {key}) for key in everybody)
    found = " ".join(item.danger for item in module_findings("ism", ism))
    assert (FORGED in found, LOST in found) == (forging, stopping)
