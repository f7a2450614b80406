"""Reading announcements from nodes that give little, in each of the ways that there are."""

from types import SimpleNamespace
from typing import Any

import pytest

from hyperlane.agents.runtime.announcements import MOST, Announcements
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import ValidatorAnnounce
from hyperlane.chain.client import Log, Reverted, RpcError
from hyperlane.errors import ChainError

pytestmark = pytest.mark.quick

FLOOD, HONEST = b"\1" * 20, b"\2" * 20


class Node:
    """Gives so many characters per call, and ten times as many if asked for."""

    def __init__(self, paged: bool, limit: int = 10**9) -> None:
        self.paged, self.limit = paged, limit
        self.locations: dict[bytes, list[str]] = {}
        self.calls = 0
        self.down = False

    async def call(self, _to: bytes, function: Any, *arguments: Any, gas: int | None = None) -> Any:
        self.calls += 1
        if self.down:
            raise ChainError("no RPC answers")
        value = self._value(function, arguments)
        if len(str(value)) > self.limit * (1 if gas is None else 10):
            raise RpcError("alpha", "eth_call", "out of gas")
        return value

    def _value(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        if function is ValidatorAnnounce.validators:
            return list(self.locations)
        if function is ValidatorAnnounce.storage_locations:
            return [self.locations.get(each, []) for each in arguments[0]]
        if not self.paged:
            raise Reverted("alpha", "eth_call", b"")
        if function is ValidatorAnnounce.validator_count:
            return len(self.locations)
        if function is ValidatorAnnounce.location_count:
            return len(self.locations.get(arguments[0], []))
        *who, first, size = arguments
        all_ = self.locations[who[0]] if who else list(self.locations)
        return all_[first : first + size]

    async def block(self) -> Any:
        return SimpleNamespace(number=10_000)

    async def logs(self, _: bytes, event: Any, first: int, last: int, indexed: Any) -> list[Log]:
        """The newest ones in the latest blocks."""
        from eth_abi.abi import encode

        found = []
        for validator, locations in self.locations.items():
            topic = validator.rjust(32, b"\0")
            for age, location in enumerate(reversed(locations)):
                if first <= 10_000 - age <= last and (not indexed or topic in indexed):
                    data = encode(("string",), (location,))
                    found.append(Log((event.topic, topic), data, 10_000 - age, bytes(32), 0))
        return sorted(found, key=lambda item: item.block_number)


def announcements(node: Node) -> Announcements:
    settings = SimpleNamespace(
        validator_announce=bytes(20), index=SimpleNamespace(chunk=100), name="alpha"
    )
    return Announcements(Chain(settings, node))  # type: ignore[arg-type]


@pytest.mark.parametrize("paged", [True, False])
@pytest.mark.parametrize("limit", [10**9, 3000, 300], ids=["all", "with more gas", "logs"])
async def test_all_are_read_newest_first_whatever_a_call_may_cost(paged, limit):
    node = Node(paged, limit)
    node.locations = {FLOOD: [f"{n:03d}" + "x" * 97 for n in range(100)], HONEST: ["old", "new"]}
    reader = announcements(node)
    assert await reader.validators() == [FLOOD, HONEST]
    for _ in range(2):
        found = await reader.of([FLOOD, HONEST])
        assert found == {FLOOD: node.locations[FLOOD][::-1], HONEST: ["new", "old"]}
    node.locations[HONEST].append("newest")
    node.locations[FLOOD].append("the last")
    found = await reader.of([FLOOD, HONEST])
    assert found[HONEST] == ["newest", "new", "old"]
    assert found[FLOOD][0] == "the last"
    assert len(found[FLOOD]) == 101


@pytest.mark.parametrize("paged", [True, False])
async def test_of_very_many_the_latest_are_read(paged):
    node = Node(paged)
    node.locations = {FLOOD: [str(n) for n in range(1000)]}
    reader = announcements(node)
    found = await reader.of([FLOOD])
    assert found[FLOOD] == [str(n) for n in reversed(range(1000 - MOST, 1000))]
    assert node.calls <= 2 + MOST / 8
    node.locations[FLOOD].append("more")
    assert (await reader.of([FLOOD]))[FLOOD][:2] == ["more", "999"]


async def test_what_was_read_is_not_read_again():
    node = Node(True)
    node.locations = {FLOOD: ["x"] * 100}
    reader = announcements(node)
    await reader.of([FLOOD])
    before = node.calls
    await reader.of([FLOOD])
    assert node.calls == before + 1


async def test_one_that_no_node_gives_hides_none_beside_it():
    node = Node(True, 300)
    node.locations = {FLOOD: ["first", "x" * 20_000, "last"]}
    assert await announcements(node).of([FLOOD]) == {FLOOD: ["last", "first"]}


async def test_after_a_reorg_they_are_read_again():
    node = Node(True)
    node.locations = {HONEST: ["a", "gone", "gone too"]}
    reader = announcements(node)
    await reader.of([HONEST])
    node.locations = {HONEST: ["a", "b"]}
    assert await reader.of([HONEST]) == {HONEST: ["b", "a"]}


async def test_a_chain_that_does_not_answer_is_nobodys_fault_in_particular():
    node = Node(True)
    reader = announcements(node)
    await reader.validators()
    node.down = True
    with pytest.raises(ChainError, match="no RPC"):
        await reader.of([FLOOD, HONEST])
