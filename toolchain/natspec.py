"""NatSpec of the contracts as Markdown: a page for each folder below contracts/.

Reads the sources instead of solc's output, so that the pages need no compilation. Whatever has a
`///` comment is shown, except private members; what only inherits its documentation names where
that stands.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TITLES = {
    "": "Mailbox",
    "interfaces": "Interfaces",
    "isms": "Security modules",
    "hybrid": "Hooks that are modules",
    "client": "Base contracts of applications",
    "token": "Warp routes",
    "libs": "Libraries",
}
"""Titles of pages by folder, where they are not just its name."""
OMITTED = {"proxy", "test"}
"""Folders without a page: proxies are others' work, and nobody calls what tests deploy."""

_CONTRACT = re.compile(r"(abstract contract|contract|interface|library)\s+(\w+)(?:\s+is\s+(.+))?$")
_MEMBER = re.compile(r"(function|event|error|struct|enum|modifier|constructor)\b\s*(\w*)")
_TAG = re.compile(r"@(title|notice|dev|param|return|inheritdoc)\b\s*")


@dataclass(slots=True)
class Documented:
    """A declaration with its comment."""

    declaration: str
    comment: list[str]


@dataclass(slots=True)
class Contract(Documented):
    """A contract, interface or library."""

    kind: str
    name: str
    bases: str
    members: list[Documented] = field(default_factory=list)


@cache
def pages(contracts: Path) -> Sequence[tuple[str, str, str]]:
    """Address, title and content of each page."""
    found = []
    for folder in ("", *sorted(path.name for path in contracts.iterdir() if path.is_dir())):
        if folder in OMITTED or folder.startswith("."):
            continue
        title = TITLES.get(folder, folder.capitalize())
        sources = (contracts / folder).rglob("*.sol") if folder else contracts.glob("*.sol")
        made = [each for path in sorted(sources) for each in read(path.read_text())]
        content = "\n".join(_shown(each) for each in sorted(made, key=lambda each: each.name))
        found.append((f"reference/contracts/{folder or 'mailbox'}.md", title, content))
    return found


def read(source: str) -> Iterator[Contract]:
    """The contracts of a file, with what is documented in them."""
    comment: list[str] = []
    current: Contract | None = None
    lines = iter(source.splitlines())
    for line in lines:
        text = line.strip()
        if text.startswith("///"):
            comment.append(text[3:].strip())
            continue
        if text and (comment or not line[0].isspace()):
            declaration = _declaration(text, lines)
            match = _CONTRACT.match(declaration)
            if match:
                if current:
                    yield current
                kind, name, bases = match.groups()
                current = Contract(declaration, comment, kind, name, bases or "")
            elif current and comment:
                current.members.append(Documented(declaration, comment))
        comment = []
    if current:
        yield current


def _declaration(text: str, lines: Iterator[str]) -> str:
    """From its first line to the body or the semicolon."""
    if _is_import(text):
        return text
    while not re.search(r"[{;]", text):
        following = next(lines, None)
        if following is None:
            break
        text += " " + following.strip()
    if text.startswith(("struct", "enum")):
        while "}" not in text:
            following = next(lines, "}").strip()
            if not following.startswith("//"):
                text += " " + following
        return text
    return re.split(r"\s*[{;]", text)[0].strip()


def _is_import(text: str) -> bool:
    return text.startswith(("import", "pragma", "//", "}", "/*", "*"))


def _shown(contract: Contract) -> str:
    head = [f"## {contract.name}\n"]
    about = f"*{contract.kind}*"
    if contract.bases:
        about += " is " + ", ".join(f"`{base.strip()}`" for base in _split(contract.bases))
    head += [about + "\n", _text(contract.comment)]
    members = [_member(each) for each in contract.members if _is_public(each, contract)]
    return "\n".join([*head, *members])


def _is_public(member: Documented, contract: Contract) -> bool:
    declaration = member.declaration
    if contract.kind == "library":
        return not re.search(r"\bprivate\b", declaration)
    if declaration.startswith(("event", "error", "struct", "enum", "constructor", "modifier")):
        return True
    return contract.kind == "interface" or bool(re.search(r"\b(public|external)\b", declaration))


def _member(member: Documented) -> str:
    match = _MEMBER.match(member.declaration)
    # Of a state variable: the word before `=`, or the last one.
    name = match.group(2) or match.group(1) if match else ""
    if not name:
        name = member.declaration.split("=")[0].split()[-1]
    code = re.sub(r"\s+\)", ")", re.sub(r"\(\s+", "(", member.declaration))
    return f"### {name}\n\n```solidity\n{_wrapped(code)}\n```\n\n{_text(member.comment)}"


def _wrapped(code: str) -> str:
    """Members of a struct and long lists of parameters, one per line."""
    if code.startswith(("struct", "enum")):
        head, _, body = code.partition("{")
        members = re.findall(r"[^;,]+[;,]?", body.rpartition("}")[0])
        shown = "\n".join(f"    {each.strip()}" for each in members if each.strip())
        return f"{head.strip()} {{\n{shown}\n}}"
    if len(code) <= 90:
        return code
    opening, _, rest = code.partition("(")
    parameters, _, tail = rest.partition(")")
    shown = ",\n".join(f"    {each}" for each in _split(parameters))
    return f"{opening}(\n{shown}\n){tail}"


def _split(parameters: str) -> list[str]:
    """By commas that are not within parentheses."""
    return [each.strip() for each in re.split(r",(?![^(]*\))", parameters) if each.strip()]


def _text(comment: Sequence[str]) -> str:
    """A NatSpec comment as Markdown: paragraphs, then parameters as a list."""
    parts: list[tuple[str, list[str]]] = [("notice", [])]
    for line in comment:
        match = _TAG.match(line)
        if match:
            parts.append((match.group(1), [line[match.end() :]]))
        else:
            parts[-1][1].append(line)
    shown = [_part(tag, "\n".join(words).strip()) for tag, words in parts]
    return "\n".join(each for each in shown if each) + "\n"


def _part(tag: str, words: str) -> str:
    if tag == "title" or not words:
        return ""
    if tag == "param":
        name, _, meaning = " ".join(words.split()).partition(" ")
        return f"- `{name}`: {_escaped(meaning)}"
    if tag == "return":
        return f"- returns: {_escaped(' '.join(words.split()))}"
    if tag == "inheritdoc":
        return f"As in `{words}`.\n"
    return f"{_escaped(words)}\n"


def _escaped(words: str) -> str:
    """Markdown takes brackets and tags in running text for its own; code is left as it is."""
    pieces = re.split(r"(`[^`]*`)", words)
    pieces[::2] = [re.sub(r"([\[\]<>*_])", r"\\\1", piece) for piece in pieces[::2]]
    return "".join(pieces)
