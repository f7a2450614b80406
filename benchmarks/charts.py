"""Charts of the committed results, for readers who would rather look than read.

`python -m benchmarks.charts --write` draws `results/*.json` into `docs/charts/*.svg`, and puts each
chart, with its text alternative, where a page of the documentation names it. `make test` fails when
a picture is not of the committed results.
"""

import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.dispatch import OURS
from benchmarks.gas_table import counterpart
from benchmarks.svg import LARGE, MARGIN, SMALL, WIDTH, Picture

HERE = Path(__file__).parent
RESULTS = HERE / "results"
DOCS = HERE.parent / "docs"
FOLDER = DOCS / "charts"
PAGES = ("gas.md", "operate/performance.md")
"""Where charts are shown."""

GAS: dict[str, dict[str, str]] = {
    "Send 32 bytes (dispatch), by hooks": {
        "dispatch.b32.bare": "that do nothing",
        "dispatch.b32.cli": "fee and tree",
        "dispatch.b32.agg_igp": "fee, tree and paymaster",
        "dispatch.b32.mainnet": "fee, routing, tree, paymaster",
        f"dispatch.b32.{OURS}": "our deploy tool's, without fee",
    },
    "Deliver 32 bytes (process), by security module": {
        "process.noop": "that believes everything",
        "process.messageId.3of5": "message id, 3 of 5",
        "process.messageId.6of9": "message id, 6 of 9",
        "process.merkleRoot.3of5": "merkle root, 3 of 5",
        "process.aggregation.2of2(messageId.3of5,pausable)": "message id and pausable",
        "process.mainnet_default.messageId.3of5": "pausable, routing, message id",
        "processBatch.32.merkleRoot.3of5.each": "merkle root, one of 32 at once",
    },
    "Send tokens (transferRemote), with fee and tree": {
        "transferRemote.HypERC20.cli": "synthetic",
        "transferRemote.HypERC20Collateral.cli": "ERC-20 as collateral",
        "transferRemote.HypNative.cli": "native coin",
        "transferRemote.HypERC721.cli": "NFT",
    },
    "Receive tokens (process), message id, 3 of 5": {
        "process.HypERC20.messageId.3of5": "synthetic",
        "process.HypERC20Collateral.messageId.3of5": "ERC-20 as collateral",
        "process.HypNative.messageId.3of5": "native coin",
        "process.HypERC721.messageId.3of5": "NFT",
    },
    "Set up": {
        "announce.new_validator": "announce a validator",
        "deployment.core": "deploy a core",
        "deployment.igp": "deploy a paymaster",
    },
}
"""Operations that the chart shows, in words."""

DELIVERIES = {
    "singles": "deliver messages one by one",
    "batches": "deliver them in batches",
    "multisig batches": "the same, with signatures",
}
RATES = {"insertions": "index insertions into the tree", "dispatches": "index dispatched messages"}
WAITS = {"p50": "half within", "p90": "nine of ten within", "worst": "all within"}

_BARS, _FULL = 244.0, 494.0
"""Where bars begin, and where one of 100 % ends."""
_FIRST, _SECOND = 584.0, float(WIDTH - MARGIN)
"""Where the figures of the two columns end."""
_ROW, _BAR = 24.0, 17.0


@dataclass(frozen=True)
class Chart:
    """A picture, and what is said in its place to those who do not see it."""

    svg: str
    alternative: str


def gas_chart(figures: Mapping[str, int]) -> Chart:
    """Each operation as a share of what the reference's takes as its tools deploy it."""
    operations = [name for names in GAS.values() for name in names]
    known = {name: counterpart(name) for name in operations}
    shares = [figures[name] / known[name]["deployed"] for name in operations]
    alternative = (
        f"Bar chart of {len(shares)} operations: ours take {_percent(min(shares))} to"
        f" {_percent(max(shares))} of the gas of the reference as deployed. The table below has the"
        " figures."
    )
    picture = Picture("Gas of each operation; the reference as deployed is 100 %", alternative)
    legend = {"ours": "ours", "track": "reference as deployed", "tick": "reference without proxies"}
    _draw_head(picture, legend, ("ours", "reference"))
    rows, end = _draw_labels(picture, {part: list(names.values()) for part, names in GAS.items()})
    for y, name in zip(rows, operations, strict=True):
        _draw_share(picture, y, figures[name], known[name]["deployed"])
        if direct := known[name].get("direct"):
            x = _at(direct / known[name]["deployed"])
            picture.line(x, y - 10, x, y + 10, "tick")
    return Chart(picture.svg(end), alternative)


def throughput_chart(relayer: Mapping[str, Any], indexing: Mapping[str, Any]) -> Chart:
    """What agents do in a second as a share of what the node alone does."""
    rates = {
        words: (relayer[kind]["messages/s"], relayer[kind]["messages/s, node alone"])
        for kind, words in DELIVERIES.items()
    }
    for kind, words in RATES.items():
        rate = f"{kind} per second"
        rates[words] = indexing[rate], indexing[f"{rate}, node alone"]
    told = "; ".join(
        f"{words} {_figure(ours)} of {_figure(node)} ({_percent(ours / node)})"
        for words, (ours, node) in rates.items()
    )
    alternative = (
        f"Bar chart of what an agent does in a second, of what the node alone does: {told}."
    )
    picture = Picture("Messages in a second; the node alone is 100 %", alternative)
    _draw_head(picture, {"ours": "agent", "track": "node alone"}, ("agent", "node alone"))
    rows, end = _draw_labels(picture, {"": list(rates)})
    for y, (ours, node) in zip(rows, rates.values(), strict=True):
        _draw_share(picture, y, ours, node)
    return Chart(picture.svg(end), alternative)


def faults_chart(faults: Mapping[str, Any]) -> Chart:
    """How long messages take, without failing requests and with them."""
    parts = {"One URL for each chain": "URLs: 1", "Two URLs for each chain": "URLs: 2"}
    waits = [
        (faults[part]["without failures"][key], faults[part]["with failures"][key])
        for part in parts.values()
        for key in WAITS
    ]
    labels = [f"{heading}, {words}" for heading in parts for words in WAITS.values()]
    told = "; ".join(
        f"{label} {_figure(bad)}, without failures {_figure(good)}"
        for label, (good, bad) in zip(labels, waits, strict=True)
    )
    alternative = (
        "Dot chart of seconds from dispatch to delivery while a tenth of all requests to the nodes"
        f" fails: {told}."
    )
    picture = Picture("Seconds from dispatch to delivery", alternative)
    legend = {"ring": "no failures", "faulty": "a tenth of all requests to the nodes fails"}
    _draw_head(picture, legend, ("no failures", "failures"))
    rows, end = _draw_labels(picture, {heading: list(WAITS.values()) for heading in parts})
    most = _draw_axis(picture, max(map(max, waits)), rows[0] - _ROW, end)
    for y, (good, bad) in zip(rows, waits, strict=True):
        picture.line(_at(good / most), y, _at(bad / most), y, "span")
        picture.dot(_at(good / most), y, "ring")
        picture.dot(_at(bad / most), y, "faulty")
        _draw_figures(picture, y, good, bad)
    return Chart(picture.svg(end + 22), alternative)


def _draw_head(picture: Picture, legend: Mapping[str, str], columns: tuple[str, str]) -> None:
    """Title, what the styles mean, and the names of the columns of figures."""
    picture.text(MARGIN, 28, picture.title, "ink strong", size=LARGE)
    x, y = float(MARGIN), 57.0
    for style, words in legend.items():
        match style:
            case "tick":
                picture.line(x + 6, y - 8, x + 6, y + 8, style)
            case "ring" | "faulty":
                picture.dot(x + 6, y, style)
            case _:
                picture.bar(x, y, 12, style, height=12)
        picture.text(x + 18, y, words, "soft", size=SMALL)
        x += 18 + len(words) * SMALL * 0.53 + 16
    for end, words in zip((_FIRST, _SECOND), columns, strict=True):
        picture.text(end, y, words, "soft", size=SMALL, anchor="end")


def _draw_labels(picture: Picture, parts: Mapping[str, Sequence[str]]) -> tuple[list[float], float]:
    """Headings and labels of rows; where the rows are, and where the picture may end."""
    y, rows = 64.0, []
    for heading, labels in parts.items():
        y += 10
        if heading:
            y += _ROW
            picture.text(MARGIN, y, heading, "ink strong")
        for label in labels:
            y += _ROW
            picture.text(MARGIN, y, label)
            rows.append(y)
    return rows, y + _ROW


def _draw_axis(picture: Picture, most: float, top: float, bottom: float) -> float:
    """Seconds, from nothing to what is returned: no less than `most`."""
    sizes = (digit * 10.0**power for power in range(-2, 6) for digit in (1, 2, 5))
    step = next(size for size in sizes if most <= 6 * size)
    steps = math.ceil(most / step)
    for count in range(steps + 1):
        x = _at(count / steps)
        picture.line(x, top, x, bottom - 8, "grid")
        picture.text(x, bottom + 2, f"{count * step:g}", "soft", size=SMALL, anchor="middle")
    return steps * step


def _draw_share(picture: Picture, y: float, ours: float, whole: float) -> None:
    """A bar that is part of another, and the figures of both."""
    end = _at(ours / whole)
    picture.bar(_BARS, y, _FULL - _BARS, "track", height=_BAR)
    picture.bar(_BARS, y, end - _BARS, "ours", height=_BAR)
    if end > _BARS + 50:
        style, x, anchor = "inside strong", end - 6, "end"
    else:
        style, x, anchor = "ink strong", end + 6, "start"
    picture.text(x, y, _percent(ours / whole), style, size=SMALL, anchor=anchor)
    _draw_figures(picture, y, ours, whole)


def _draw_figures(picture: Picture, y: float, first: float, second: float) -> None:
    picture.text(_FIRST, y, _figure(first), size=SMALL, anchor="end")
    picture.text(_SECOND, y, _figure(second), size=SMALL, anchor="end")


def _at(share: float) -> float:
    return _BARS + share * (_FULL - _BARS)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text())


CHARTS: dict[str, Callable[[], Chart]] = {
    "gas": lambda: gas_chart(_read("gas")["operations"]),
    "throughput": lambda: throughput_chart(_read("relayer"), _read("indexing")),
    "faults": lambda: faults_chart(_read("faults")),
}
"""By the names of their files."""


def show(text: str, page: str, charts: Mapping[str, Chart]) -> str:
    """A page with each chart after the comment that names it: KeyError if there is none."""
    folder = "../" * page.count("/") + FOLDER.name
    return re.sub(
        r"(<!-- chart (\w+) -->\n)(?:\n!\[.*\n)?",
        lambda found: f"{found[1]}\n![{charts[found[2]].alternative}]({folder}/{found[2]}.svg)\n",
        text,
    )


def drawn() -> dict[Path, str]:
    """What each picture, and each page that shows one, should hold."""
    charts = {name: draw() for name, draw in CHARTS.items()}
    pictures = {FOLDER / f"{name}.svg": chart.svg for name, chart in charts.items()}
    return pictures | {DOCS / page: show((DOCS / page).read_text(), page, charts) for page in PAGES}


def main() -> None:
    for path, text in drawn().items():
        print(path.relative_to(DOCS.parent))
        if "--write" in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)


if __name__ == "__main__":
    main()
