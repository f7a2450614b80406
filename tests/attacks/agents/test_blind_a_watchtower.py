"""Strangers announce, and a false root is to go unnoticed."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.support.agents import eventually, watching
from tests.support.building import announce_at

from hyperlane.checkpoints.folder import FolderStorage

from .locations import UNREADABLE

WRONG = b"\x66" * 32
STRANGER = 5


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
        # Killed before it wrote down that it told of the first, it tells of it again.
        await eventually(lambda: set(webhook.faults()) == {("root", 1), ("root", 2)}, task)


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
