"""The chain is restored after a block, and what failed in the block fails the test."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.snapshot import taken_back

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("error", [AssertionError, ValueError, KeyboardInterrupt])
def test_exceptions_pass_and_the_chain_is_restored(chain, owner, error):
    height = chain.blocks.height

    def fail():
        with taken_back(chain):
            owner.transfer(owner, 1)
            raise error

    with pytest.raises(error):
        fail()
    assert chain.blocks.height == height


def test_changes_are_taken_back(chain, owner, stranger):
    balance = stranger.balance
    with taken_back(chain):
        owner.transfer(stranger, 1)
        assert stranger.balance == balance + 1
    assert stranger.balance == balance


def swallowing(source: str) -> Iterator[int]:
    """The lines that name ape's `isolate` of the chain."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "isolate":
            yield node.lineno


def test_finds_what_swallows_exceptions():
    assert list(swallowing("x = 1\nwith chain.isolate():\n    assert False")) == [2]
    assert list(swallowing("isolate = chain\nchain.isolated()")) == []


def test_nothing_uses_the_context_manager_that_swallows_exceptions():
    """Assertions below ape's `isolate` cannot fail: `taken_back` stands in for it."""
    found = [
        f"{path.relative_to(REPOSITORY)}:{line}"
        for folder in ("tests", "benchmarks", "scripts", "src")
        for path in sorted((REPOSITORY / folder).rglob("*.py"))
        for line in swallowing(path.read_text())
    ]
    assert found == []
