"""The table of what operations cost beside what the reference's cost, and its place in the docs."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.dispatch import OURS

BASELINE = Path(__file__).parent / "gas-baseline.json"
TABLE_BEGINS, TABLE_ENDS = "<!-- by make bench-gas -->", "<!-- end -->"
SETS_BEGIN = "<!-- static sets, by make bench-gas -->"
SETS_HEADINGS = ["three of five", "deploy code", "a clone", "deliver, code", "a clone", "code pays"]
SETS, CLONE = ("messageId", "merkleRoot"), " (clone)"
HEADINGS = ["operation", "ours", "announced", "as deployed", "×", "direct", "×", "floor", "over"]

DEPLOYMENTS = {
    "deployment.core": "core (default config, 23 transactions)",
    "deployment.igp": "igp, one remote",
}

SINGLE_DELIVERIES = {
    "3of5": {"deployed": 127_120, "direct": 119_742},
    "6of9": {"deployed": 144_770, "direct": 137_366},
}
"""The reference's deliveries under a merkle-root multisig: `processBatch` against them."""


def counterpart(name: str) -> dict[str, int]:
    """What the reference's operation costs that one of ours is compared with."""
    if name.startswith("processBatch.32."):  # the reference delivers one after the other
        return SINGLE_DELIVERIES[name.split(".")[3]]
    baseline = json.loads(BASELINE.read_text())
    if name in DEPLOYMENTS:
        return {"deployed": baseline["deployments"][DEPLOYMENTS[name]]}
    operations: dict[str, dict[str, int]] = baseline["operations"]
    known = operations.get(name.replace(OURS, "agg_igp").removesuffix(CLONE), {})
    return known if OURS not in name else {**known, "floor": 0}


def compared(figures: dict[str, int], repriced: dict[str, int]) -> Iterator[list[str]]:
    """A row of text for each operation, under HEADINGS."""
    for name, gas in figures.items():
        known = counterpart(name)
        floor = known.get("floor")
        cells = [name, f"{gas:,}", f"{repriced[name]:,}"]
        for kind in ("deployed", "direct"):
            cost = known.get(kind)
            cells += [f"{cost:,}", f"{gas / cost:.3f}"] if cost else ["", ""]
        yield [*cells, *([f"{floor:,}", f"{gas - floor:,}"] if floor else ["", ""])]


def show(figures: dict[str, int], repriced: dict[str, int]) -> None:
    result = Table(*HEADINGS)
    for column in result.columns[1:]:
        column.justify = "right"
    for row in compared(figures, repriced):
        result.add_row(*row)
    Console(width=150).print(result)


def document(text: str, figures: dict[str, int], repriced: dict[str, int]) -> str:
    """docs/gas.md with the table of these figures."""
    text = _with_table(text, TABLE_BEGINS, HEADINGS, compared(figures, repriced))
    return _with_table(text, SETS_BEGIN, SETS_HEADINGS, forms(figures, repriced))


def _with_table(text: str, begins: str, headings: list[str], rows: Iterable[list[str]]) -> str:
    head, _, rest = text.partition(begins)
    tail = rest.partition(TABLE_ENDS)[2]
    table = [headings, ["---", *["--:"] * (len(headings) - 1)], *rows]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in table)
    return f"{head}{begins}\n{lines}\n{TABLE_ENDS}{tail}"


def forms(figures: dict[str, int], repriced: dict[str, int]) -> Iterator[list[str]]:
    """A row of text for each kind of static multisig and schedule, under SETS_HEADINGS."""
    for kind in SETS:
        for schedule, gas in (("today", figures), ("as announced", repriced)):
            costs = [
                gas[f"{operation}.{kind}.3of5{form}"]
                for operation in ("deployment", "process")
                for form in ("", CLONE)
            ]
            cells = [f"{cost:,}" for cost in (*costs, messages_until_code_pays(gas, kind))]
            yield [f"{kind}, {schedule}", *cells]


def messages_until_code_pays(figures: dict[str, int], kind: str) -> int:
    """The deliveries after which a multisig as code has cost less than as a clone."""
    deploy, verify = (
        figures[f"{operation}.{kind}.3of5"] - figures[f"{operation}.{kind}.3of5{CLONE}"]
        for operation in ("deployment", "process")
    )
    return -(-deploy // -verify)


def quote(text: str, figures: dict[str, int]) -> str:
    """A text with the figure of an operation wherever it says ``12,345 (`operation`)``.

    KeyError for an operation that is not measured.
    """
    return re.sub(
        r"[\d,]+ \(`([A-Za-z]+\.[^`]+)`\)",
        lambda found: f"{figures[found[1]]:,} (`{found[1]}`)",
        text,
    )
