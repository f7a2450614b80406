"""Arrows between packages point downwards: what each package of `src/` may import.

The table below is the architecture. A package that is added gets a line; an import that it does not
allow belongs elsewhere, or is a decision to be made here, in the open.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

SOURCES = Path(__file__).parents[2] / "src"


@dataclass(frozen=True)
class Rule:
    """What one package may import, besides itself."""

    allowed: frozenset[str]
    why: str


def _rule(allowed: str, why: str) -> Rule:
    return Rule(frozenset(f"hyperlane.{name}" for name in allowed.split()), why)


_SMALL = "errors wording bounded_json files"
_AGENT = f"agents.runtime chain checkpoints store settings metrics protocol pages patterns {_SMALL}"
_STAGE = f"{_AGENT} agents.relayer.reasons"
_IN_ORDER = "a message walks through origin, then policy and metadata, then delivery"

RULES = {
    "hyperlane.errors": _rule("", "everything may raise errors, so they know nothing"),
    "hyperlane.wording": _rule("", "a small helper knows nothing"),
    "hyperlane.files": _rule("", "a small helper knows nothing"),
    "hyperlane.bounded_json": _rule("", "a small helper knows nothing"),
    "hyperlane.public_addresses": _rule("", "a small helper knows nothing"),
    "hyperlane.patterns": _rule("wording", "a small helper knows other helpers at most"),
    "hyperlane.visitors": _rule("wording", "a small helper knows other helpers at most"),
    "hyperlane.pages": _rule("wording", "a small helper knows other helpers at most"),
    "hyperlane.metrics": _rule("errors visitors pages", "metrics know nothing of what they count"),
    "hyperlane.protocol": _rule("errors wording", "the protocol is pure: bytes in, values out"),
    "hyperlane.registry": _rule(f"protocol {_SMALL}", "the registry knows no settings"),
    "hyperlane.settings": _rule(
        f"protocol patterns {_SMALL}",
        "settings open nothing: chain/signer.py and checkpoints/storage.py do",
    ),
    "hyperlane.logs": _rule("settings wording", "logging is set up from its settings alone"),
    "hyperlane.store": _rule(
        f"protocol {_SMALL}", "the database knows neither chains, nor checkpoint documents"
    ),
    "hyperlane.chain": _rule(
        f"protocol {_SMALL}", "one EVM chain over JSON-RPC knows no database and no settings"
    ),
    "hyperlane.checkpoints": _rule(
        f"protocol {_SMALL}", "checkpoint storages know neither chains, nor the database"
    ),
    "hyperlane.agents.runtime": _rule(
        f"chain checkpoints store settings logs metrics protocol {_SMALL}",
        "what agents share knows no agent",
    ),
    "hyperlane.agents.relayer.reasons": _rule("errors", "all parts of the relayer use reasons"),
    "hyperlane.agents.relayer.origin": _rule(_STAGE, _IN_ORDER),
    "hyperlane.agents.relayer.policy": _rule(_STAGE, _IN_ORDER),
    "hyperlane.agents.relayer.metadata": _rule(
        f"{_STAGE} public_addresses agents.relayer.origin", _IN_ORDER
    ),
    "hyperlane.agents.relayer.delivery": _rule(
        f"{_STAGE} agents.relayer.origin agents.relayer.policy agents.relayer.metadata", _IN_ORDER
    ),
    "hyperlane.agents.relayer": _rule(
        f"{_STAGE} agents.relayer.origin agents.relayer.policy agents.relayer.metadata"
        " agents.relayer.delivery",
        "agents know nothing of each other",
    ),
    "hyperlane.agents.validator": _rule(_AGENT, "agents know nothing of each other"),
    "hyperlane.agents.watchtower": _rule(
        f"{_AGENT} agents.relayer.origin agents.relayer.metadata",
        "who has to sign, and who did, is read as a relayer reads it",
    ),
    "hyperlane.agents.kathy": _rule(
        f"{_AGENT} agents.relayer.origin agents.relayer.metadata",
        "who has to sign a canary, and who did, is read as a relayer reads it",
    ),
    "hyperlane.agents.scraper": _rule(
        f"{_AGENT} registry agents.relayer.origin agents.relayer.metadata",
        "who has to sign a message, and who did, is read as a relayer reads it",
    ),
    "hyperlane.tracking": _rule(
        f"agents.relayer agents.relayer.origin agents.relayer.metadata agents.relayer.reasons"
        f" registry {_AGENT}",
        "tracking does for one message what a relayer does, and stores nothing",
    ),
    "hyperlane.explorer": _rule(
        f"agents.scraper tracking visitors {_AGENT}",
        "the explorer shows what the scraper stored, and traces; nothing stands on it",
    ),
    "hyperlane.setup": _rule(
        "agents.runtime agents.relayer.metadata agents.validator chain checkpoints settings"
        f" registry protocol {_SMALL}",
        "what sets agents up stands on them, and they know nothing of it",
    ),
    "hyperlane.cli": _rule(
        "agents.relayer agents.validator agents.watchtower agents.kathy agents.scraper"
        " explorer settings store errors",
        "the command line reads settings, starts agents, and mends a database",
    ),
}

OPENERS = {
    "hyperlane.chain.signer": "hyperlane.settings.chain",
    "hyperlane.checkpoints.storage": "hyperlane.settings.agents",
}
"""The two modules that open what settings describe, and the settings each may import for it."""

FLOORS = (
    ("artifacts",),
    ("plans",),
    ("modules", "safety"),
    ("console",),
    ("core",),
    ("warp", "staking", "setup", "ica"),
    ("reading",),
    ("demo",),
    ("cli",),
    ("testing",),
)
"""Packages of the ape plugin; each may import those of lower floors."""
_EXTRA = {
    "core": {"hyperlane.tracking"},
    "ica": {"hyperlane.tracking"},
    "setup": {"hyperlane.setup"},
    "demo": {"hyperlane.checkpoints"},
}
"""Further packages of the library, by package of the plugin."""
_LIBRARY = {f"hyperlane.{name}" for name in f"protocol registry chain {_SMALL}".split()}
for _number, _floor in enumerate(FLOORS):
    _lower = {f"ape_hyperlane.{name}" for floor in FLOORS[:_number] for name in floor}
    for _name in _floor:
        _extra = _EXTRA.get(_name, set())
        RULES[f"ape_hyperlane.{_name}"] = Rule(
            frozenset(_lower | _LIBRARY | _extra),
            "the plugin is built in floors, on what needs no agent",
        )


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(SOURCES.rglob("*.py")):
        parts = path.relative_to(SOURCES).with_suffix("").parts
        yield ".".join(parts).removesuffix(".__init__"), path


MODULES = dict(_modules())


def _package(module: str) -> str | None:
    """The longest name in the table that `module` is or is within; None if there is none."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in RULES), None)


def _imports(module: str, path: Path) -> Iterator[tuple[int, str]]:
    """Lines and modules of all imports of ours, in functions and for type checkers, too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: relative import"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else str(node.module) for name in whole]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name in MODULES)


def _violations(module: str, path: Path) -> Iterator[str]:
    package = _package(module)
    if package is None:
        return
    rule = RULES[package]
    for line, imported in _imports(module, path):
        target = _package(imported)
        allowed = target == package or target in rule.allowed or OPENERS.get(module) == imported
        if not allowed:
            yield (
                f"{path.relative_to(SOURCES.parent)}:{line} imports {imported}: {package} may"
                f" import only {', '.join(sorted(rule.allowed)) or 'nothing of ours'}: {rule.why}"
            )


@pytest.mark.parametrize("package", RULES)
def test_a_package_imports_only_what_is_below_it(package):
    found = [item for item in MODULES.items() if _package(item[0]) == package]
    assert found, f"{package} is in the table, but not in src/: take it out"
    wrong = [text for module, path in found for text in _violations(module, path)]
    assert not wrong, "\n".join(wrong)


def test_every_module_has_a_rule():
    roots = {"hyperlane", "hyperlane.agents", "ape_hyperlane"}
    without = [
        str(path.relative_to(SOURCES.parent))
        for module, path in MODULES.items()
        if _package(module) is None and module not in roots
    ]
    assert not without, f"{', '.join(without)}: in no package of the table: add a rule for it"


def test_packages_have_no_circles():
    """Each package may import only those above it in the table, so no arrows can form a circle."""
    order = list(RULES)
    for package, rule in RULES.items():
        later = [name for name in rule.allowed if order.index(name) >= order.index(package)]
        assert not later, f"the rule of {package} allows {', '.join(later)}, which come after it"
    for opener, settings in OPENERS.items():
        assert order.index(_package(settings)) < order.index(_package(opener))


@pytest.mark.parametrize(
    ("module", "imported", "rule"),
    [
        ("hyperlane.chain.client", "hyperlane.store.database", "knows no database"),
        ("hyperlane.chain.kms", "hyperlane.settings.chain", "knows no database and no settings"),
        ("hyperlane.settings.agents", "hyperlane.chain.kms", "settings open nothing"),
        ("hyperlane.store.payments", "hyperlane.checkpoints.documents", "checkpoint documents"),
        ("hyperlane.agents.relayer.api", "hyperlane.agents.validator.agent", "of each other"),
        (
            "hyperlane.agents.relayer.policy.relay",
            "hyperlane.agents.relayer.delivery.batching",
            "walks through origin",
        ),
        ("hyperlane.registry.warp", "hyperlane.settings", "knows no settings"),
        ("ape_hyperlane.modules.isms", "ape_hyperlane.core.deploy", "built in floors"),
        ("ape_hyperlane.warp.plan", "hyperlane.agents.relayer.agent", "needs no agent"),
    ],
)
@pytest.mark.parametrize(
    "text", ["from {} import x", "import {}", "def f():\n    from {} import x"]
)
def test_a_wrong_import_is_named(module, imported, rule, text, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.SOURCES", tmp_path / "src")
    path = tmp_path / "src" / "changed.py"
    path.parent.mkdir()
    path.write_text(text.format(imported))

    (found,) = _violations(module, path)

    line = text.count("\n") + 1
    assert found.startswith(f"src/changed.py:{line} imports {imported}: ")
    assert rule in found
