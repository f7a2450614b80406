"""The table of what operations cost beside what the reference's cost, and its place in the docs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.dispatch import OURS

BASELINE = Path(__file__).parent / "gas-baseline.json"
TABLE_BEGINS, TABLE_ENDS = "<!-- by make bench-gas -->", "<!-- end -->"
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
    known = operations.get(name.replace(OURS, "agg_igp").removesuffix(" (clone)"), {})
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
    head, _, rest = text.partition(TABLE_BEGINS)
    tail = rest.partition(TABLE_ENDS)[2]
    rows = [HEADINGS, ["---", *["--:"] * (len(HEADINGS) - 1)], *compared(figures, repriced)]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{head}{TABLE_BEGINS}\n{lines}\n{TABLE_ENDS}{tail}"


def quote(text: str, figures: dict[str, int]) -> str:
    """A text with the figure of an operation wherever it says ``12,345 (`operation`)``.

    KeyError for an operation that is not measured.
    """
    return re.sub(
        r"[\d,]+ \(`([A-Za-z]+\.[^`]+)`\)",
        lambda found: f"{figures[found[1]]:,} (`{found[1]}`)",
        text,
    )
