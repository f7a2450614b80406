import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]


@pytest.fixture
def natspec(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "toolchain"))
    import natspec

    yield natspec
    del sys.modules["natspec"]


SOURCE = """
pragma solidity 0.8.33;

import {Other} from "./Other.sol";

/// @title Thing
/// @notice Keeps a value.
///
/// | a | b_c |
contract Thing is Other, Base(1, 2) {
    /// @notice Two numbers.
    struct Pair {
        uint256 first;
        // not shown
        uint256 second;
    }

    /// @notice The value.
    uint256 public value = 1;

    /// @notice Hidden.
    uint256 private _hidden;

    /// @inheritdoc Other
    /// @param next The next *value*, below `a_b`.
    /// @return Whether it changed.
    function set(
        uint256 next
    ) external returns (bool) {
        // A body.
        return next != value;
    }

    function undocumented() external {}
}
"""


def test_what_is_documented_and_not_private_is_shown(natspec):
    (thing,) = natspec.read(SOURCE)

    shown = natspec._shown(thing)

    assert [line for line in shown.splitlines() if line.startswith("#")] == [
        "## Thing",
        "### Pair",
        "### value",
        "### set",
    ]
    assert "*contract* is `Other`, `Base(1, 2)`" in shown
    assert "| a | b\\_c |" in shown
    assert "struct Pair {\n    uint256 first;\n    uint256 second;\n}" in shown
    assert "function set(uint256 next) external returns (bool)\n" in shown
    assert "As in `Other`." in shown
    assert "- `next`: The next \\*value\\*, below `a_b`." in shown
    assert "- returns: Whether it changed." in shown


def test_every_interface_of_the_repository_has_its_entry(natspec):
    content = "".join(page for _, _, page in natspec.pages(ROOT / "contracts"))

    for path in (ROOT / "contracts/interfaces").rglob("*.sol"):
        for name in re.findall(r"^interface (\w+)", path.read_text(), re.MULTILINE):
            assert f"\n## {name}\n" in content
