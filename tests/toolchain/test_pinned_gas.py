"""Every amount of gas that is written into a source is listed in docs/gas.md, with its value."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "gas.md"
AMOUNT = r"[\d_*]*\d"
SOLIDITY = re.compile(
    rf"\b(\w*GAS\w*)\s*=\s*({AMOUNT});|function (\w*[gG]as)\([^{{}}]*\{{\s*return ({AMOUNT});"
)
PYTHON = re.compile(
    rf"^ *(?!gas_price)(\w*(?:GAS|gas)\w*)(?:: [^=\n]+)?"
    rf" = (?:Field\(default=)?({AMOUNT})(?=,|$)",
    re.MULTILINE,
)
TABLE = re.compile(r"^(\w*GAS) = \{\n((?: +\"\w+\": [\d_]+,\n)+)\}", re.MULTILINE)
ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| ([\d,]+) \|", re.MULTILINE)

LEAST = 100
"""Below are prices of bytes and words, which only another protocol can change."""

Pinned = tuple[str, str, int]


def amounts(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    for found in pattern.finditer(text):
        name, amount = (part for part in found.groups() if part is not None)
        base, _, power = amount.replace("_", "").partition("**")
        yield name, int(base) ** int(power or 1)


def in_tables(text: str) -> Iterator[tuple[str, int]]:
    """The amounts of dictionaries, each by its key."""
    for table, rows in TABLE.findall(text):
        for key, amount in re.findall(rf'"(\w+)": ({AMOUNT})', rows):
            yield f"{table}.{key}", int(amount.replace("_", ""))


def pinned() -> Iterator[Pinned]:
    contracts = (
        path
        for path in (ROOT / "contracts").rglob("*.sol")
        if not {"test", ".cache"} & set(path.relative_to(ROOT).parts)
    )
    sources = (ROOT / "src").rglob("*.py")
    for paths, pattern in ((contracts, SOLIDITY), (sources, PYTHON)):
        for path in paths:
            text = path.read_text()
            for name, amount in (*amounts(text, pattern), *in_tables(text)):
                if amount >= LEAST:
                    yield str(path.relative_to(ROOT)), name, amount


def listed() -> list[Pinned]:
    rows = ROW.findall(DOCUMENT.read_text())
    return [(path, name, int(amount.replace(",", ""))) for path, name, amount in rows]


def test_every_pinned_amount_is_listed_with_its_value():
    assert sorted(listed()) == sorted(pinned())


def test_constants_functions_and_fields_are_found():
    solidity = (
        "uint256 private constant SOME_GAS = 50_000;\n"
        "function _announcementGas() internal pure returns (uint256) {\n    return 150_000;\n}"
    )
    python = "_MOST_GAS = 2**24\n    some_gas: int = Field(default=5_000, gt=0)\nGAS = x\n"
    assert [*amounts(solidity, SOLIDITY)] == [("SOME_GAS", 50_000), ("_announcementGas", 150_000)]
    assert [*amounts(python, PYTHON)] == [("_MOST_GAS", 2**24), ("some_gas", 5_000)]
    assert [*in_tables('SOME_GAS = {\n    "native": 60_000,\n}\n')] == [("SOME_GAS.native", 60_000)]
