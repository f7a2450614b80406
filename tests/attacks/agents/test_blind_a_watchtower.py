"""Strangers announce, and a false root is to go unnoticed."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agents.building import announce_at
from tests.agents.conftest import eventually, watching

from hyperlane.agents.watchtower.watched import MOST_READS, PIECE, Watched
from hyperlane.agents.watchtower.watching import _rotate
from hyperlane.checkpoints.announced import AnnouncedLocation
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.checkpoints.web import Web
from hyperlane.errors import StorageUnreachable

from .locations import UNREADABLE

WRONG = b"\x66" * 32
STRANGER, OTHER = 5, 6


async def forged(liar: Any, messages: Any) -> None:
    await liar.publish(replace(liar.true(messages, 1), root=WRONG))


async def test_forty_announcements_of_20_000_bytes_hide_nothing(
    asked, watchtower_config, liar, messages, origin, webhook
):
    for number in range(40):
        announce_at(origin, STRANGER, f"{number:02d}" + "x" * 19_998)
    asked(origin)
    await forged(liar, messages)
    async with watching(watchtower_config(origin)) as task:
        await eventually(lambda: webhook.faults() == [("root", 1)], task)


async def test_a_liar_hides_nothing_behind_sixty_announcements_of_its_own(
    asked, watchtower_config, liar, messages, origin, webhook
):
    """In one call they are more than a node gives gas for."""
    for number in range(60):
        announce_at(origin, 2, f"{number:02d}" + "x" * 7_998)
    asked(origin)
    await forged(liar, messages)
    async with watching(watchtower_config(origin)) as task:
        await eventually(lambda: webhook.faults() == [("root", 1)], task)


async def test_no_location_ends_a_watchtower_now_or_after_a_restart(
    watchtower_config, liar, messages, origin, webhook, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    for location in UNREADABLE.values():
        announce_at(origin, STRANGER, location)
    async with watching(watchtower_config(origin)) as task:
        await forged(liar, messages)
        await eventually(lambda: webhook.faults() == [("root", 1)], task)
    async with watching(watchtower_config(origin)) as task:
        await liar.publish(replace(liar.true(messages, 2), root=WRONG))
        await eventually(lambda: len(webhook.faults()) == 2, task)
    assert sorted(webhook.faults()) == [("root", 1), ("root", 2)]


@pytest.mark.parametrize(
    "failure",
    [
        UnicodeError("label too long"),
        ValueError("embedded null byte"),
        RecursionError(),
        MemoryError(),
        AssertionError("of a library"),
        KeyError(),
        ExceptionGroup("several", [OSError()]),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_whatever_a_reader_raises_is_its_own_matter(
    failure, watchtower_config, liar, messages, origin, webhook, monkeypatch, tmp_path
):
    async def fail(storage: FolderStorage, *arguments: Any) -> Any:
        if storage.folder.name == "strange":
            tried.set()
            raise failure
        return await genuine(storage, *arguments)

    genuine, tried = FolderStorage._read, asyncio.Event()
    monkeypatch.setattr(FolderStorage, "_read", fail)
    announce_at(origin, STRANGER, f"file://{tmp_path}/strange")
    async with watching(watchtower_config(origin)) as task:
        await asyncio.wait_for(tried.wait(), 60)
        await forged(liar, messages)
        await eventually(lambda: webhook.faults() == [("root", 1)], task)


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
