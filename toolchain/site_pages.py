"""Hook of mkdocs: pages of the site that are not in docs/, and links that leave docs/.

The root's Markdown files become pages. Docstrings of the library (mkdocstrings) and NatSpec of the
contracts (`natspec`) become the reference. A link to a file of the repository that is no page is
shown as plain text, and has to point to something that exists: mkdocs fails otherwise.
"""

import logging
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from natspec import pages as contract_pages

log = logging.getLogger("mkdocs.hooks.site_pages")

ROOT = Path(__file__).parent.parent
FROM_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
    "CHANGELOG.md": "changelog.md",
}
"""Markdown files of the root, and the pages that they become."""
LIBRARY = {
    "protocol": "Wire formats as frozen dataclasses and pure functions.",
    "registry": "Files of chains, cores and routes.",
    "settings": "Settings of the agents.",
    "errors": "Everything that the library raises on purpose.",
}
"""Packages and modules of `hyperlane` that have a page of the reference."""

_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Adds what is discovered to the navigation."""
    decisions = sorted(path.name for path in (ROOT / "docs/decisions").glob("0*.md"))
    project = next(entry["Project"] for entry in config.nav if "Project" in entry)
    project.append(
        {"Decisions": ["decisions/README.md", *(f"decisions/{name}" for name in decisions)]}
    )
    contracts = [{title: uri} for uri, title, _ in contract_pages(ROOT / "contracts")]
    library = [{f"hyperlane.{name}": f"reference/python/{name}.md"} for name in LIBRARY]
    config.nav.append({"Reference": [{"Python": library}, {"Contracts": contracts}]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are not in docs/."""
    for uri, content in _made():
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: Any) -> str:
    """Turns links between files of the repository into links between pages."""
    source = _repository_path(page.file.src_uri)
    if source is None:
        return markdown

    def rewrite(match: re.Match[str]) -> str:
        text, target = match.groups()
        if re.match(r"[a-z]+:|#", target):
            return match.group()
        path, _, anchor = target.partition("#")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if not (ROOT / there).exists():
            log.warning("%s: a link to %s, which does not exist", source, target)
            return match.group()
        uri = _page_of(there)
        if uri is None or files.get_file_from_path(uri) is None:
            return text
        relative = posixpath.relpath(uri, posixpath.dirname(page.file.src_uri) or ".")
        return f"[{text}]({relative}{'#' + anchor if anchor else ''})"

    # Code is left alone: every second piece, between backticks.
    pieces = re.split(r"(```.*?```)", markdown, flags=re.DOTALL)
    pieces[::2] = [_LINK.sub(rewrite, piece) for piece in pieces[::2]]
    return "".join(pieces)


def _made() -> Iterator[tuple[str, str]]:
    for name, uri in FROM_ROOT.items():
        yield uri, (ROOT / name).read_text()
    for name, about in LIBRARY.items():
        yield f"reference/python/{name}.md", _library_page(name, about)
    for uri, title, content in contract_pages(ROOT / "contracts"):
        yield uri, f"# {title}\n\n{content}"


def _library_page(name: str, about: str) -> str:
    folder = ROOT / "src/hyperlane" / name
    modules = [f"hyperlane.{name}"]
    if folder.is_dir():
        found = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        modules = [f"hyperlane.{name}.{module}" for module in found]
    parts = [f"## {module.rpartition('.')[2]}\n\n::: {module}\n" for module in modules]
    options = "    options:\n      show_root_heading: false\n      show_root_toc_entry: false\n"
    return f"# hyperlane.{name}\n\n{about}\n\n" + "\n".join(part + options for part in parts)


def _repository_path(uri: str) -> str | None:
    """The file that a page was made of; None for the reference."""
    for name, made in FROM_ROOT.items():
        if made == uri:
            return name
    return None if uri.startswith("reference/") else f"docs/{uri}"


def _page_of(path: str) -> str | None:
    """The page that a file or folder of the repository became, if any."""
    if path in FROM_ROOT:
        return FROM_ROOT[path]
    if path == "docs":
        return FROM_ROOT["README.md"]
    if (ROOT / path).is_dir():
        path = f"{path}/README.md"
    return path.removeprefix("docs/") if path.startswith("docs/") else None
