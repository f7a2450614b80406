"""Assets and templates: what is vendored is what npm has, and nothing needs a looser policy."""

import json
import re
from pathlib import Path

import pytest

from hyperlane.explorer.pages.assets import FOLDER, PREFIX, asset

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[3]
UPLOT = ROOT / "node_modules" / "uplot"
TEMPLATES = sorted((FOLDER.parent / "templates").glob("*.html"))
OURS = [path for path in FOLDER.iterdir() if path.is_file()]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("uPlot.iife.min.js", "dist/uPlot.iife.min.js"),
        ("uPlot.min.css", "dist/uPlot.min.css"),
        ("LICENSE", "LICENSE"),
    ],
)
def test_vendored_files_are_those_of_the_locked_npm_package(file, source):
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/uplot"]
    assert json.loads((UPLOT / "package.json").read_text())["version"] == locked["version"]
    assert locked["integrity"].startswith("sha512-")
    assert (FOLDER / "vendor" / "uplot" / file).read_bytes() == (UPLOT / source).read_bytes()


def test_nothing_else_is_vendored():
    assert sorted(path.name for path in (FOLDER / "vendor" / "uplot").iterdir()) == [
        "LICENSE",
        "uPlot.iife.min.js",
        "uPlot.min.css",
    ]
    assert [path.name for path in (FOLDER / "vendor").iterdir()] == ["uplot"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_need_no_inline_script_or_style_and_no_other_host(path):
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//", text)
    # Nothing gets around the escaping.
    assert not re.search(r"\|\s*safe|autoescape|Markup", text)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_own_assets_make_no_markup_and_load_nothing_from_elsewhere(path):
    text = path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "://" not in text
    assert not re.search(
        r"innerHTML\s*=|outerHTML\s*=|insertAdjacentHTML|document\.write|eval\(", text
    )


def test_the_path_of_assets_names_their_content():
    assert re.fullmatch(r"/static/[0-9a-f]{12}", PREFIX)
    assert asset("explorer.css") == f"{PREFIX}/explorer.css"


def test_no_rule_of_the_style_names_a_selector_twice():
    style = re.sub(r"/\*.*?\*/", "", (FOLDER / "explorer.css").read_text(), flags=re.DOTALL)
    for rule in re.findall(r"([^{}]+)\{", style):
        selectors = [each.strip() for each in rule.split(",")]
        assert len(selectors) == len(set(selectors)), "one of them was another"
