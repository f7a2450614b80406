"""URLs overstate what gas costs: how much of it is believed, to the wei."""

from types import SimpleNamespace
from typing import Any

import pytest

from hyperlane.chain.answers import Block, FeeHistory
from hyperlane.chain.fees import Fees, GasTooDear, read_fees
from hyperlane.chain.overrides import Overrides


async def fees(*said: tuple[int | None, int, int, list[int], list[int]]) -> Fees:
    """What is made of a base fee, a price, a tip, and recent base fees and tips, of each URL."""

    async def opinions(_calls: Any) -> list[Any]:
        return [
            [Block(9, bytes(32), 30_000_000, 0, base_fee), price, tip, FeeHistory(*recent)]
            for base_fee, price, tip, *recent in said
        ]

    client: Any = SimpleNamespace(name="alpha", rpc=SimpleNamespace(opinions=opinions))
    return await read_fees(client, Overrides())


@pytest.mark.parametrize(("price", "believed"), [(120, True), (121, False)])
async def test_a_price_without_base_fee_is_ten_times_of_recent_base_fees_and_tips(price, believed):
    said = (None, price, 0, [9, 10, 8], [2])
    if believed:
        assert (await fees(said)).now == price
    else:
        with pytest.raises(GasTooDear, match="does not fit to recent blocks"):
            await fees(said)


@pytest.mark.parametrize(("base_fee", "believed"), [(100, True), (101, False)])
@pytest.mark.parametrize("histories", [(10, 10_000), (10, 10, 10_000), (10_000, 10, 1)])
async def test_a_base_fee_is_ten_times_of_what_most_say_that_recent_blocks_took(
    histories, base_fee, believed
):
    """One URL's history makes nothing plausible."""
    said = [(base_fee, base_fee, 1, [recent], [1]) for recent in histories]
    if believed:
        assert (await fees(*said)).now == base_fee + 1
    else:
        with pytest.raises(GasTooDear, match="does not fit to recent blocks"):
            await fees(*said)


@pytest.mark.parametrize(("tips", "believed"), [([1], 10), ([0], 30 * 10**9), ([], 30 * 10**9)])
async def test_a_tip_is_ten_times_of_recent_ones(tips, believed):
    assert (await fees((10, 10, 10**18, [10], tips))).tip == believed
