"""Locations that cost reads, words or turns, so that none are left for others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.watchtower.watched import MOST_READS, PIECE, Watched
from hyperlane.agents.watchtower.watching import _rotate
from hyperlane.checkpoints.announced import AnnouncedLocation, NoAnswerInTime
from hyperlane.checkpoints.web import Web
from hyperlane.errors import DecodeError, StorageError, StorageUnreachable


async def test_what_fails_is_named_in_words_fit_for_a_terminal():
    async def fail(_reader: Any) -> None:
        raise UnicodeError("\x1b[2J" + "x" * 50_000)

    announced = AnnouncedLocation("file:///x", True, Web())
    with pytest.raises(StorageUnreachable, match=r"^file:///x: UnicodeError: ") as failed:
        await announced.read(fail, 1)
    assert str(failed.value).isprintable()
    assert len(str(failed.value)) <= 401


def watched(next_index: int = 0) -> Watched:
    return Watched(bytes(20), AnnouncedLocation("file:///x", True, Web()), next_index)


def look(location: Watched, leaves: int, there: set[int]) -> list[int]:
    """The indexes that one look reads, as the watcher does."""
    read = location.always(leaves)
    location.saw(there.intersection(read), leaves)
    for _ in range(MOST_READS // PIECE):
        piece = location.search(leaves)
        read += piece
        found = there.intersection(piece)
        location.saw(found, leaves)
        if not found or piece.stop >= leaves:
            break
    return read


@given(st.integers(1, 3000), st.integers(0, 2**32 - 1))
def test_an_empty_storage_costs_few_reads_and_hides_no_index(leaves, claimed):
    location = watched()
    location.claimed = claimed
    read: set[int] = set()
    for _ in range(leaves // PIECE + 2):
        now = look(location, leaves, set())
        assert len(now) <= 3 * PIECE + 4
        read.update(now)
    assert read >= {*range(leaves + 3), claimed}


@given(st.integers(1, 1500), st.sets(st.integers(0, 1499)), st.integers(0, 1600), st.data())
def test_no_gap_hides_an_index(leaves, missing, start, data):
    """Whichever are there, each index is read again and again."""
    location = watched(start)
    there = {index for index in range(leaves) if index not in missing}
    for _ in range(data.draw(st.integers(0, 5))):
        look(location, leaves, there)
    looks = [look(location, leaves, there) for _ in range(2 * (leaves // PIECE + 2))]
    assert {index for each in looks for index in each} >= set(range(leaves))
    assert max(map(len, looks)) <= MOST_READS + 3 * PIECE + 4


@given(st.integers(0, 200), st.integers(1, 70))
def test_everybody_has_a_turn(count, size):
    everybody = list(range(count))
    steps = -(-count // size) if count else 1
    turns = [_rotate(everybody, step, size) for step in range(steps)]
    assert {item for turn in turns for item in turn} == set(everybody)
    assert all(len(turn) == min(count, size) == len(set(turn)) for turn in turns)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (StorageError("not JSON"), StorageError),
        (StorageUnreachable("HTTP 503"), StorageUnreachable),
        (DecodeError("signature.v"), StorageError),
        (TimeoutError(), NoAnswerInTime),
        (OSError("of a disk"), StorageUnreachable),
        (KeyError("of a library"), StorageUnreachable),
    ],
    ids=str,
)
async def test_each_failure_says_whether_asking_again_may_help(raised, kind):
    async def fail(_reader: Any) -> None:
        raise raised

    with pytest.raises(StorageError) as failed:
        await AnnouncedLocation("file:///x", True, Web()).read(fail, 1)
    assert type(failed.value) is kind


@pytest.mark.parametrize(("length", "opened"), [(2048, True), (2049, False)])
async def test_a_location_too_long_is_not_opened(length, opened):
    announced = AnnouncedLocation("file:///" + "x" * (length - 8), True, Web())

    async def nothing(_reader: Any) -> None: ...

    if opened:
        await announced.read(nothing, 1)
    else:
        with pytest.raises(StorageError, match="at most 2048") as failed:
            await announced.read(nothing, 1)
        assert type(failed.value) is StorageError
    assert announced.is_open is opened
