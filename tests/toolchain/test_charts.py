"""Charts of the documentation are drawn from the committed results, and can be read."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from benchmarks.charts import CHARTS, DOCS, FOLDER, PAGES, Chart, drawn, faults_chart, show
from benchmarks.svg import WIDTH

pytestmark = pytest.mark.quick

SVG = "{http://www.w3.org/2000/svg}"
GOOD = {"p50": 1.0, "p90": 2.0, "worst": 4.0}
BAD = {"p50": 2.0, "p90": 5.0, "worst": 20.0}


def rectangle(text: ElementTree.Element) -> tuple[float, float, float, float]:
    """What a line takes in a wide font: left, top, right, bottom."""
    size = float(text.attrib["font-size"])
    width = len(text.text) * size * (0.62 if "strong" in text.attrib["class"] else 0.56)
    x, y = float(text.attrib["x"]), float(text.attrib["y"])
    left = {"start": x, "middle": x - width / 2, "end": x - width}[text.attrib["text-anchor"]]
    return left, y - size, left + width, y


@pytest.fixture(scope="module")
def expected():
    return drawn()


def test_files_are_of_the_committed_results(expected):
    outdated = [path.name for path, text in expected.items() if path.read_text() != text]
    assert outdated == [], "run `make charts`"


def test_no_picture_is_left_of_a_chart_that_is_gone(expected):
    assert {*FOLDER.iterdir()} == {path for path in expected if path.suffix == ".svg"}


def test_every_chart_is_shown_by_a_page():
    text = "".join((DOCS / page).read_text() for page in PAGES)
    assert sorted(re.findall(r"^!\[.+\]\(\S*charts/(\w+)\.svg\)$", text, re.M)) == sorted(CHARTS)


@pytest.mark.parametrize("name", CHARTS)
class TestPicture:
    @pytest.fixture
    def picture(self, name):
        return ElementTree.fromstring(CHARTS[name]().svg)

    def test_no_text_lies_on_another_or_outside(self, picture):
        texts = {text.text: rectangle(text) for text in picture.iter(f"{SVG}text")}
        boxes = [rectangle(text) for text in picture.iter(f"{SVG}text")]
        height = float(picture.attrib["height"])
        assert all(x1 > 0 and x2 < WIDTH and y1 > 0 and y2 < height for x1, y1, x2, y2 in boxes)
        overlapping = [
            (one, other)
            for one, other in combinations(boxes, 2)
            if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
        ]
        assert overlapping == [], texts

    def test_only_shares_are_written_on_bars(self, picture):
        bars = [item for item in picture.iter(f"{SVG}rect") if item.attrib["class"] == "track"]
        spans = [
            (float(bar.attrib["x"]), float(bar.attrib["x"]) + float(bar.attrib["width"]))
            for bar in bars
            if float(bar.attrib["y"]) > 70  # below the legend
        ]
        written = {
            text.text
            for text in picture.iter(f"{SVG}text")
            if "strong" not in text.attrib["class"] and float(text.attrib["y"]) > 70
            for left, _, right, _ in [rectangle(text)]
            if any(left < end and start < right for start, end in spans)
        }
        assert written == set()

    def test_it_says_what_it_shows_in_words(self, picture, name):
        said = [picture.find(f"{SVG}{tag}") for tag in ("title", "desc")]
        assert picture.attrib["aria-labelledby"].split() == [item.attrib["id"] for item in said]
        assert said[1].text == CHARTS[name]().alternative

    def test_each_class_has_a_colour_in_light_and_in_dark(self, picture):
        light, dark = picture.find(f"{SVG}style").text.split("@media (prefers-color-scheme: dark)")
        used = {
            style for item in picture.iter() for style in item.attrib.get("class", "").split()
        } - {"strong"}
        assert used
        for scheme in (light, dark):
            coloured = re.findall(r"\.(\w+) \{[^}]*(?:fill|stroke): #", scheme)
            assert used <= {*coloured}

    def test_it_asks_for_nothing_from_elsewhere(self, picture, name):
        assert not re.search(r"href|url\(|@import|<script", CHARTS[name]().svg)


def test_a_wait_is_where_its_seconds_are():
    group = {"without failures": GOOD, "with failures": BAD}
    picture = ElementTree.fromstring(faults_chart({"URLs: 1": group, "URLs: 2": group}).svg)
    marks = {
        float(text.text): float(text.attrib["x"])
        for text in picture.iter(f"{SVG}text")
        if text.attrib["text-anchor"] == "middle"
    }
    second = (marks[20] - marks[0]) / 20
    dots = [
        round((float(dot.attrib["cx"]) - marks[0]) / second, 3)
        for dot in picture.iter(f"{SVG}circle")
    ]
    rows = [wait for key in GOOD for wait in (GOOD[key], BAD[key])]
    assert dots[-12:] == rows * 2


def test_a_page_gets_the_chart_it_names_once():
    charts = {"one": Chart("", "Bars."), "two": Chart("", "Dots.")}
    text = "a\n\n<!-- chart two -->\n\nb\n"
    shown = show(text, "operate/page.md", charts)
    assert shown == "a\n\n<!-- chart two -->\n\n![Dots.](../charts/two.svg)\n\nb\n"
    assert show(shown, "operate/page.md", charts) == shown


def test_a_page_that_names_no_chart_is_refused():
    with pytest.raises(KeyError, match="three"):
        show("<!-- chart three -->\n", "page.md", {})
