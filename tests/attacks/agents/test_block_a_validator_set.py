"""One validator of three announces, and no message of the set is to be delivered."""

import pytest
from tests.support.building import Line, addresses, announce_at

from hyperlane.agents.relayer.reasons import Reason

from .locations import UNREADABLE
from .nodes import without_pages

ONE, TWO = addresses(1, 2)


@pytest.mark.parametrize("kind", ["message_id_multisig", "merkle_root_multisig"])
async def test_no_location_of_one_validator_stops_the_other_two(way: Line, kind, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    account = {"message_id_multisig": 11, "merkle_root_multisig": 12}[kind]
    way.source.rpc("anvil_setBalance", addresses(account)[0], hex(10**18))
    module = getattr(way.target, kind)([*addresses(account), ONE, TWO], 2)
    for location in UNREADABLE.values():
        announce_at(way.source, account, location)
        way.origin.signatures._located._values.clear()
        message = await way.send(module)
        await way.sign(1, 2)
        await way.build_and_deliver(message)


@pytest.mark.parametrize("account", [13, 14], ids=["in pages", "in one call"])
async def test_announcements_that_fill_a_call_are_their_own_validators_matter(way: Line, account):
    for number in range(60):
        announce_at(way.source, account, f"{number:02d}" + "x" * 7_998)
    if account == 14:
        without_pages(way.source)
    module = way.target.message_id_multisig([*addresses(account), ONE, TWO], 2)
    message = await way.send(module)
    leaf = await way.sign(1)
    reason, detail = await way.why_not(message)
    assert reason is Reason.AWAITING_VALIDATOR_SIGNATURES
    assert f"1 of 2 signed leaf {leaf}" in detail
    await way.sign(2)
    await way.build_and_deliver(message)
