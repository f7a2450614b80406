"""docs/where-is-my-message.md, replayed: its commands are run, and their output is compared.

Hashes, addresses, numbers and ages differ from run to run; all else has to be the same.
"""

import re
import shlex
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.processes import wait_until
from tests.support.stuck import World

from ape_hyperlane import cli
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import to_hex

PAGE = Path(__file__).parents[3] / "docs" / "where-is-my-message.md"
RELAYER = "http://127.0.0.1:9090"
_ID = re.compile(r"0x[0-9a-f]{64}")
_VARIES = (
    (re.compile(r"\b0x[0-9a-fA-F]{64}\b"), "<hash>"),
    (re.compile(r"\b0x[0-9a-fA-F]{40}\b"), "<address>"),
    (re.compile(r"(\d+ (d|h|min|s) ?){1,2}ago"), "<age> ago"),
    (re.compile(r"\bnext try (in \d+ s|now)"), "<next try>"),
    (re.compile(r"(, \d+ tries)$"), ""),
    (re.compile(r"\b\d[\d,]*(\.\d+)?\b"), "<number>"),
)


def sections(text: str) -> dict[str, list[str]]:
    """Console blocks by the heading above them."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, rest = part.partition("\n")
        found[heading] = re.findall(r"```console\n(.*?)```", rest, flags=re.DOTALL)
    return found


def commands(block: str) -> list[tuple[str, str]]:
    """Commands of a block, each with its output."""
    return [
        (command, output.rstrip("\n"))
        for command, _, output in (
            part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        )
    ]


def alike(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, stand_in in _VARIES:
        text = "\n".join(pattern.sub(stand_in, line).rstrip() for line in text.splitlines())
    return text


def unpaid(world: World) -> Message:
    message = world.dispatch()
    world.signed(message, 1, 2)
    return message


def validator_down(world: World) -> Message:
    world.agents.kill("validator-2")
    message = world.dispatch(gas=200_000)
    world.signed(message, 1)
    return message


def recipient_reverts(world: World) -> Message:
    message = world.dispatch(world.router(), gas=200_000)
    world.signed(message, 1, 2)
    return message


def relayer_down(world: World) -> Message:
    world.agents.kill("relayer")
    message = world.dispatch(gas=200_000)
    world.signed(message, 1, 2)
    return message


SITUATIONS: dict[str, Callable[[World], Message]] = {
    "Nobody paid": unpaid,
    "A validator is down": validator_down,
    "The recipient reverts": recipient_reverts,
    "No relayer delivers": relayer_down,
}


@pytest.fixture
def relayer(world):
    url = world.start_relayer()
    wait_until(lambda: answers(url))
    yield url
    if world.agents.running["relayer"].poll() is None:
        world.agents.kill("relayer")


def test_the_page_shows_what_the_commands_say(world, relayer, monkeypatch):
    monkeypatch.chdir(world.registry.folder.parent)
    found = sections(PAGE.read_text())
    wanted: list[str] = []
    said: list[str] = []
    for heading, make in SITUATIONS.items():
        blocks = [each for block in found[heading] for each in commands(block)]
        (documented,) = {name for command, _ in blocks for name in _ID.findall(command)}
        message = make(world)
        for command, output in blocks:
            run = command.replace(documented, to_hex(message.id)).replace(RELAYER, relayer)
            shown = output_of(run, alike(output))
            wanted += [f"{heading}: {command}", *alike(output).splitlines()]
            said += [f"{heading}: {command}", *alike(shown).splitlines()]
        if heading == "A validator is down":
            world.start_validator(2)
    assert said == wanted


def answers(url: str) -> bool:
    """Whether somebody serves pages there."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def output_of(command: str, wanted: str) -> str:
    """What a command prints. `status` changes nothing, so it is asked again while agents have not
    come to the verdict that is wanted."""
    words = shlex.split(command.removeprefix("ape hyperlane "))
    deadline = time.monotonic() + 60
    while True:
        output = CliRunner().invoke(cli.cli, words).output.rstrip("\n")
        if words[0] != "status" or alike(output) == wanted or time.monotonic() > deadline:
            return output
        time.sleep(0.2)
