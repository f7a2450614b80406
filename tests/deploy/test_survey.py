"""Which steps of a plan are done, without a chain: asking changes nothing, walking through does."""

import pytest

from ape_hyperlane.plans.journal import Entry, Journal
from ape_hyperlane.plans.steps import CREATOR, Create, Creator, Ref, Use, with_creator
from ape_hyperlane.plans.survey import Survey

FIRST, SECOND, HOOK, ROUTER = ("0x" + 40 * digit for digit in "1234")


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "deployment.json", 31337, FIRST)


@pytest.fixture
def survey(journal):
    return Survey(journal, SECOND)


def test_asking_for_a_contract_does_not_keep_its_address(survey, journal):
    hook = Use("hook", HOOK)
    assert survey.is_done(hook)
    assert survey.address_of(hook) == HOOK
    assert not survey.can_resolve(Ref("hook"))
    assert survey.locate(hook)
    assert survey.resolve(Ref("hook")) == HOOK
    assert not journal.path.exists()


def test_asking_does_not_change_who_creates_a_contract(survey, journal):
    """Another contract than the journal's is made by the account that runs the command now."""
    journal.record("router", Entry("create Other(<sender>)", FIRST, 0, ROUTER, done=True))
    written = journal.path.read_bytes()
    router = Create("router", "HypNative", with_creator("router", (CREATOR,)))
    creator = Creator("router")
    assert not survey.is_done(router)
    assert survey.resolve(creator) == FIRST
    assert not survey.locate(router)
    assert survey.resolve(creator) == SECOND
    assert survey.spelled_out(router) == f"create HypNative({SECOND})"
    assert journal.path.read_bytes() == written


def test_a_contract_that_was_created_is_its_creators_whoever_asks(survey, journal):
    router = Create("router", "HypNative", with_creator("router", (CREATOR,)), permanent=True)
    survey.locate(router)
    journal.record("router", Entry(f"create HypNative({FIRST})", FIRST, 0, ROUTER, done=True))
    survey.keep(router, ROUTER)
    assert survey.resolve(Creator("router")) == FIRST
    assert survey.resolve(Ref("router")) == ROUTER
