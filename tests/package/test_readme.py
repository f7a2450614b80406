"""Command lines of README.md: commands, options and make targets that there are."""

import re
import shlex

import click
import pytest
from tests.support.package import ROOT

from ape_hyperlane.cli import cli
from hyperlane.cli import main

pytestmark = pytest.mark.quick
README = (ROOT / "README.md").read_text()
PROGRAMS = {"ape hyperlane ": cli, "hyperlane-agent ": main}
LINES = re.findall(r"^\$ (.*?)(?: +#.*)?$", README, re.MULTILINE)


def parse(group: click.Group, words: list[str]) -> None:
    """Reads a command line as click does, without running it."""
    with click.Context(group) as context:
        _, command, rest = group.resolve_command(context, words)
        assert command is not None
        if isinstance(command, click.Group):
            parse(command, rest)
        else:
            command.make_context(command.name, rest, parent=context)


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith(tuple(PROGRAMS))])
def test_commands_have_these_options(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"\S+\.(?:json|yaml)", line):
        (tmp_path / name).write_text("{}")
    (program,) = (start for start in PROGRAMS if line.startswith(start))
    parse(PROGRAMS[program], shlex.split(line.removeprefix(program)))


def test_every_line_is_known():
    """Of this package, of make, or the installation that test_installed.py and others replay."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in LINES:
        program, _, rest = line.partition(" ")
        if program == "make":
            assert rest in targets
        else:
            assert line.startswith(("pip install", *PROGRAMS)), line
    assert "ape hyperlane devnet" in LINES
