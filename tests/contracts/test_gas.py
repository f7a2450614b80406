"""No operation may cost more than the committed figures say, but for one per cent."""

import json

import pytest
from benchmarks.gas import CONCEPTS, DOCUMENT, RESULTS, measure
from benchmarks.gas_table import SETS, document, messages_until_code_pays, quote

from ape_hyperlane.core.static_sets import ANNOUNCED, TODAY, break_even

ALLOWED = 1.01


@pytest.fixture(scope="module")
def measured() -> dict[str, int]:
    return measure()


@pytest.fixture(scope="module")
def committed() -> dict[str, int]:
    return json.loads(RESULTS.read_text())["operations"]


@pytest.fixture(scope="module")
def repriced() -> dict[str, int]:
    return json.loads(RESULTS.read_text())["repriced"]


def test_every_committed_operation_is_measured(measured, committed):
    assert sorted(measured) == sorted(committed)


def test_no_operation_got_dearer(measured, committed):
    dearer = {
        name: (committed[name], gas)
        for name, gas in measured.items()
        if gas > committed[name] * ALLOWED
    }
    assert dearer == {}, "run `make bench-gas` if this is meant"


def test_every_operation_has_a_figure_under_the_announced_schedule(committed, repriced):
    assert sorted(repriced) == sorted(committed)


def test_the_documented_table_is_of_the_committed_figures(committed, repriced):
    text = DOCUMENT.read_text()
    assert document(text, committed, repriced) == text, "run `make bench-gas`"


@pytest.mark.parametrize("way", ["send", "receive"])
def test_a_gateway_adds_little_to_a_message(committed, way):
    assert committed[f"gateway.{way}"] - committed[f"gateway.{way}.directly"] <= 12_000


@pytest.mark.parametrize("kind", SETS)
def test_plans_say_when_code_pays_as_the_figures_do(committed, repriced, kind, project):
    contract = project.contracts[f"Static{kind[0].upper()}{kind[1:]}MultisigIsm"]
    size = len(contract.contract_type.get_runtime_bytecode())
    for prices, figures in ((TODAY, committed), (ANNOUNCED, repriced)):
        measured = messages_until_code_pays(figures, kind)
        assert break_even(size, prices) == pytest.approx(measured, rel=0.1)


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda path: path.stem)
def test_figures_that_concepts_quote_are_the_committed_ones(committed, concept):
    text = concept.read_text()
    assert quote(text, committed) == text, "run `make bench-gas`"
