"""The redundancy of security modules: laws over random trees of modules, and cases by name."""

from itertools import chain, combinations
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.relayer.metadata.modules import (
    Aggregation,
    ArbitrumChild,
    Lookup,
    Multisig,
    Null,
    Unsatisfiable,
)
from hyperlane.agents.relayer.metadata.redundancy import (
    is_signed,
    parts_of,
    validators_of,
)
from hyperlane.agents.relayer.metadata.redundancy import redundancy_of as computed
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.protocol.ism_metadata import ModuleType

pytestmark = pytest.mark.quick

KEYS = tuple(bytes([number]) * 20 for number in range(1, 6))
RELAYER = b"\xaa" * 20
FREE, TRUSTING = b"\x01" * 20, b"\x02" * 20
RELAYERS = {TRUSTING: RELAYER}
ONE, TWO, THREE, FOUR, FIVE = KEYS
BROKEN = Unsatisfiable(FREE, NotReady(Reason.ERROR_BUILDING_METADATA, "odd"))


def redundancy_of(module, live, relayers):
    return computed(module, live, relayers, {FREE})


def multisig(*validators, threshold, weights=None):
    kind = ModuleType.MESSAGE_ID_MULTISIG
    return Multisig(FREE, kind, validators, weights or (1,) * len(validators), threshold)


def some(parts, threshold):
    return Aggregation(FREE, tuple(parts), threshold)


@st.composite
def multisigs(draw, weighted):
    validators = draw(st.lists(st.sampled_from(KEYS), min_size=1, unique=not weighted))
    one = st.integers(1, 4) if weighted else st.just(1)
    weights = draw(st.lists(one, min_size=len(validators), max_size=len(validators)))
    threshold = draw(st.integers(1, sum(weights)))
    return multisig(*validators, threshold=threshold, weights=tuple(weights))


@st.composite
def aggregations(draw, inside):
    parts = draw(st.lists(inside, min_size=1, max_size=4))
    return some(parts, draw(st.integers(1, len(parts))))


def modules(weighted):
    others = st.sampled_from(
        [Null(FREE), Null(TRUSTING), Lookup(FREE), ArbitrumChild(FREE), BROKEN]
    )
    return st.recursive(multisigs(weighted) | others, aggregations, max_leaves=6)


ANY = modules(weighted=True)
LIVE = st.sets(st.sampled_from(KEYS))


def satisfied(module, keys, unknown):
    """The rule of the contracts, spelled out: do these keys satisfy a module? `unknown` is said of
    modules that look at something else than keys."""
    if isinstance(module, Multisig):
        pairs = zip(module.validators, module.weights, strict=True)
        return sum(weight for key, weight in pairs if key in keys) >= module.threshold
    if isinstance(module, Aggregation):
        met = [satisfied(part, keys, unknown) for part in module.parts]
        return sum(met) >= module.threshold
    if isinstance(module, Null):
        return module.address != TRUSTING or RELAYER in keys
    return unknown and not isinstance(module, Unsatisfiable)


def subsets(keys):
    return chain.from_iterable(combinations(sorted(keys), size) for size in range(len(keys) + 1))


@given(ANY, LIVE)
def test_it_delivers_and_stops_by_the_rule_of_the_contracts(module, live):
    found = redundancy_of(module, live, RELAYERS)
    everybody = live | {RELAYER}
    assert found.delivers == satisfied(module, everybody, unknown=True) == is_signed(module, live)
    stopping = {key for key in everybody if not satisfied(module, everybody - {key}, unknown=True)}
    assert found.critical == (stopping if found.delivers else set())


@given(ANY, LIVE)
def test_a_key_suffices_alone_if_and_only_if_the_contracts_ask_no_other(module, live):
    found = redundancy_of(module, live, RELAYERS)
    assert found.open == satisfied(module, set(), unknown=False)
    alone = {key for key in (*KEYS, RELAYER) if satisfied(module, {key}, unknown=False)}
    assert found.alone == (set() if found.open else alone)


@given(ANY, LIVE)
def test_whatever_fails_within_what_is_spare_stops_nothing(module, live):
    found = redundancy_of(module, live, RELAYERS)
    if found.spare is not None:
        assert found.delivers == (found.spare >= 0)
    if found.delivers and found.spare is not None:
        stops = [
            len(lost)
            for lost in subsets(live)
            if not satisfied(module, (live | {RELAYER}) - set(lost), unknown=True)
        ]
        assert found.spare < min(stops, default=inf)
        if not shared(module):
            assert found.spare == min(stops) - 1, "and one more failure can stop it"
    if not found.delivers and found.spare is not None and not shared(module):
        mends = [
            len(more)
            for more in subsets(set(KEYS) - live)
            if satisfied(module, live | {RELAYER} | set(more), unknown=True)
        ]
        assert -found.spare == min(mends)


def shared(module):
    """Whether parts of a module have validators in common."""
    multisigs = [part for part in parts_of(module) if isinstance(part, Multisig)]
    return sum(len(set(part.validators)) for part in multisigs) > len(validators_of(module))


@given(ANY, LIVE)
def test_a_single_validator_stops_only_what_has_none_to_spare(module, live):
    found = redundancy_of(module, live, RELAYERS)
    if found.delivers and found.spare is not None:
        assert (found.spare == 0) == bool(found.critical - {RELAYER})


@given(ANY, LIVE, st.sampled_from(KEYS))
def test_one_more_live_validator_never_lowers_what_is_spare(module, live, another):
    before = redundancy_of(module, live, RELAYERS)
    after = redundancy_of(module, live | {another}, RELAYERS)
    if before.spare is None or after.spare is None:
        assert before.spare is after.spare
    else:
        assert before.spare <= after.spare
    assert (before.alone, before.open) == (after.alone, after.open), "liveness secures nothing"


def test_validators_are_named_once_in_order():
    inner = multisig(TWO, ONE, threshold=1)
    assert validators_of(some([inner, multisig(ONE, THREE, threshold=1)], 2)) == (TWO, ONE, THREE)
    assert validators_of(Null(FREE)) == ()


TWO_OF_THREE = multisig(ONE, TWO, THREE, threshold=2)


@pytest.mark.parametrize(
    ("module", "live", "spare", "critical", "alone"),
    [
        (TWO_OF_THREE, KEYS, 1, (), ()),
        (TWO_OF_THREE, (ONE, TWO), 0, (ONE, TWO), ()),
        (TWO_OF_THREE, (ONE,), -1, (), ()),
        (multisig(ONE, TWO, threshold=1), KEYS, 1, (), (ONE, TWO)),
        (multisig(ONE, TWO, THREE, threshold=5, weights=(5, 3, 2)), KEYS, 1, (), (ONE,)),
        (multisig(ONE, TWO, threshold=6, weights=(5, 3)), KEYS, 0, (ONE, TWO), ()),
        (multisig(ONE, ONE, threshold=2), KEYS, 0, (ONE,), (ONE,)),
        (some([TWO_OF_THREE, multisig(FOUR, threshold=1)], 2), KEYS, 0, (FOUR,), ()),
        (some([TWO_OF_THREE, multisig(FOUR, threshold=1)], 1), KEYS, 2, (), (FOUR,)),
        (some([TWO_OF_THREE, Null(FREE)], 2), KEYS, 1, (), ()),
        (some([TWO_OF_THREE, Null(TRUSTING)], 2), KEYS, 1, (RELAYER,), ()),
        (some([TWO_OF_THREE, Null(TRUSTING)], 1), KEYS, None, (), (RELAYER,)),
        (Null(TRUSTING), (), None, (RELAYER,), (RELAYER,)),
        (some([TWO_OF_THREE, BROKEN], 2), KEYS, None, (), ()),
        (some([TWO_OF_THREE, Lookup(FREE)], 2), (ONE, TWO), 0, (ONE, TWO), ()),
    ],
)
def test_cases_by_name(module, live, spare, critical, alone):
    found = redundancy_of(module, live, RELAYERS)
    assert (found.spare, found.critical, found.alone, found.open) == (
        spare,
        set(critical),
        set(alone),
        False,
    )


def test_a_module_that_wants_nothing_is_open():
    assert redundancy_of(some([Null(FREE), TWO_OF_THREE], 1), (), {}).open
    assert redundancy_of(Null(FREE), (), {}).open
    assert not computed(Null(FREE), (), {}, ()).open, "it looks at something that is unknown here"
    assert not redundancy_of(BROKEN, KEYS, {}).delivers
