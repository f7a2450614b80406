"""Reading settings: files, `HYP_*` environment variables and the command line.

Later sources win: files in the order given, the environment, the command line. Keys are matched
without regard to case and separators. No key is ignored in silence: `hyperlane.settings.catalog`
says of each documented one what it does; unknown ones are named at start, and refused when they
look like a misspelling of a key that is missing.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hyperlane.bounded_json import parse_json
from hyperlane.errors import ConfigError
from hyperlane.settings.agents import AgentSettings
from hyperlane.settings.catalog import (
    UNREAD,
    Effect,
    applied,
    models_in,
    read_by_another_agent,
    unread_keys,
)
from hyperlane.settings.chain import ChainSettings
from hyperlane.wording import one_line, shown

_SECRET = frozenset((
    "signer", "validator", "defaultSigner", "key", "db", "http", "rpcUrls", "customRpcUrls",
    "additionalQuorumRpcUrls", "customAdditionalQuorumRpcUrls", "alertWebhook",
    "serviceAccountKey", "userSecrets", "additionalSigners",
))  # fmt: skip
"""Settings whose values are keys, passwords, or URLs that hold some."""

_YAML = ": agents read JSON only; write the same settings as JSON and give that file as --config"

_LONGEST_POSITION = 6
"""Digits."""

Settings = TypeVar("Settings", bound=AgentSettings)


def load_settings(
    model: type[Settings],
    files: Sequence[Path],
    environment: Mapping[str, str],
    overrides: Sequence[str] = (),
) -> Settings:
    """Read all sources; ConfigError, one line naming key and value, for what is wrong.

    `overrides` are command line words: `--chains.a.signer.key 0x…` or `--relayChains=a,b`.
    """
    names = _known_names(model)
    tree: dict[str, Any] = {}
    for path in [*_shared_files(environment), *files]:
        _merge(tree, _canonical(_read_json(path, names), names))
    for variable in sorted(environment):
        if variable.startswith("HYP_"):
            parts = variable.removeprefix("HYP_").lower().split("_")
            nested = _canonical(_nested(variable, parts, environment[variable]), names)
            _require_known(variable, nested)
            _merge(tree, nested)
    for key, value in _options(overrides):
        nested = _canonical(_nested(f"--{key}", key.split("."), value), names)
        if not set(nested) <= _aliases(model):
            raise ConfigError(f"--{key}: no such setting{_guess(key, _aliases(model))}")
        _merge(tree, nested)
    _report_misspelling("", tree, model)
    _select_chains(tree, model)
    ineffective = _ineffective(tree, model)
    try:
        settings = model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_one_line(error)) from None
    return settings.with_ineffective(ineffective)


def _ineffective(tree: Mapping[str, Any], model: type[Settings]) -> tuple[str, ...]:
    """Keys without effect, with the reason; ConfigError for one that must not be ignored."""
    notes = []
    for path, pattern in unread_keys(tree, model):
        known = UNREAD.get(pattern)
        if known is None:
            if not read_by_another_agent(pattern):
                notes.append(f"{path}: no such setting")
        elif known.effect is Effect.NOTHING:
            notes.append(f"{path}: has no effect; {known.note}")
        elif known.effect is Effect.REFUSED and _value_at(tree, path) not in known.harmless:
            raise ConfigError(f"{path}: not supported: {known.note}")
    return tuple(notes)


def _value_at(tree: Any, path: str) -> Any:
    for part in path.split("."):
        tree = tree[int(part)] if isinstance(tree, list | tuple) else tree[part]
    return tree


def _require_known(variable: str, nested: Mapping[str, Any]) -> None:
    """ConfigError for a variable whose first part no agent knows: it was set on purpose."""
    (key,) = nested
    known = {pattern.partition(".")[0] for pattern in (*UNREAD, *applied())}
    if key not in known:
        raise ConfigError(f"{variable}: no such setting{_guess(key, known)}")


def _select_chains(tree: dict[str, Any], model: type[Settings]) -> None:
    """Keep the chains that the agent uses: a shared file may hold others, of other kinds."""
    chains = tree.get("chains")
    if not isinstance(chains, dict):
        raise ConfigError("chains: missing; expected an object of chain name to settings")
    for name in model.wanted_chains(tree):
        if not isinstance(chains.get(name), dict):
            raise ConfigError(f"chains.{name}: missing; the configuration has {_listed(chains)}")
        _require_evm(name, chains[name])
        chains[name].setdefault("name", name)
        _report_misspelling(f"chains.{name}.", chains[name], ChainSettings)
    wanted = set(model.wanted_chains(tree))
    tree["chains"] = {name: chain for name, chain in chains.items() if name in wanted}


def _require_evm(name: str, chain: Mapping[str, Any]) -> None:
    protocol = chain.get("protocol", "ethereum")
    if protocol != "ethereum":
        raise ConfigError(
            f"chains.{name}.protocol: {protocol!r}: these agents serve EVM chains, of protocol"
            f" 'ethereum', alone: take {name} out of the list of chains"
        )


def _shared_files(environment: Mapping[str, str]) -> list[Path]:
    return [Path(name) for name in environment.get("CONFIG_FILES", "").split(",") if name]


def _read_json(path: Path, names: Mapping[str, str]) -> dict[str, Any]:
    try:
        content = parse_json(path.read_bytes(), partial(_each_key_once, names))
    except _GivenTwice as error:
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        remedy = _YAML if path.suffix.lower() in (".yaml", ".yml") else ""
        raise ConfigError(f"{path}: not JSON: {error}{remedy}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: a {type(content).__name__}, expected a JSON object")
    return content


class _GivenTwice(Exception):
    """One object has a key twice, or in two spellings: only one of them would count."""


def _each_key_once(names: Mapping[str, str], pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    seen = set[str]()
    for key, _ in pairs:
        name = names.get(_flat(key), key)
        if name in seen:
            raise _GivenTwice(f"{one_line(name)} stands twice in one object: keep one")
        seen.add(name)
    return dict(pairs)


def _nested(source: str, parts: Sequence[str], value: str) -> dict[str, Any]:
    if not all(parts):
        raise ConfigError(f"{source}: not a path of setting names")
    tree: Any = value
    for part in reversed(parts):
        tree = {part: tree}
    nested: dict[str, Any] = tree
    return nested


def _options(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    remaining = iter(words)
    for number, word in enumerate(remaining, 1):
        if not word.startswith("--"):
            # It may be a key that got there by mistake.
            raise ConfigError(f"argument {number}: not a setting; expected --name value")
        key, equals, value = word.removeprefix("--").partition("=")
        if not equals:
            following = next(remaining, None)
            if following is None:
                raise ConfigError(f"--{key}: a value is missing")
            value = following
        yield key, value


def _merge(tree: dict[str, Any], addition: dict[str, Any]) -> None:
    for key, value in addition.items():
        known = tree.get(key)
        if isinstance(value, dict) and isinstance(known, list) and _is_indexed(value):
            _merge_items(key, known, value)
        elif isinstance(value, dict) and isinstance(known, dict):
            _merge(known, value)
        elif isinstance(value, dict) and _is_indexed(value):
            tree[key] = []
            _merge_items(key, tree[key], value)
        elif isinstance(value, dict):
            tree[key] = {}
            _merge(tree[key], value)
        else:
            tree[key] = value


def _is_indexed(value: Mapping[str, Any]) -> bool:
    """True for an object whose keys are positions, as in HYP_CHAINS_ALPHA_RPCURLS_0_HTTP."""
    return bool(value) and all(key.isdecimal() and len(key) <= _LONGEST_POSITION for key in value)


def _merge_items(key: str, items: list[Any], addition: Mapping[str, Any]) -> None:
    """Replace or append items by position; ConfigError for a position beyond the end."""
    for position, value in sorted(addition.items(), key=lambda item: int(item[0])):
        at = int(position)
        if at > len(items):
            raise ConfigError(f"{key}.{at}: expected {len(items)}, the list's next position")
        if at == len(items):
            items.append({})
        if isinstance(value, dict) and isinstance(items[at], dict):
            _merge(items[at], value)
        else:
            items[at] = value


def _flat(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _canonical(value: Any, names: Mapping[str, str]) -> Any:
    """The same tree with every key in the spelling of the models."""
    if isinstance(value, dict):
        return {names.get(_flat(key), key): _canonical(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item, names) for item in value]
    return value


def _aliases(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _known_names(model: type[BaseModel]) -> dict[str, str]:
    names = {_flat(alias): alias for alias in _aliases(model)}
    for field in model.model_fields.values():
        for inner in models_in(field.annotation):
            names |= _known_names(inner)
    return names


def _report_misspelling(prefix: str, tree: Mapping[str, Any], model: type[BaseModel]) -> None:
    missing = _aliases(model) - set(tree)
    documented = {pattern.rpartition(".")[2] for pattern in (*UNREAD, *applied())}
    for key in sorted(set(tree) - _aliases(model) - documented):
        guess = _guess(key, missing)
        if guess:
            raise ConfigError(f"{prefix}{key}: no such setting{guess}")


def _guess(key: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.86)
    return f"; did you mean {near[0]}?" if near else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _one_line(error: ValidationError) -> str:
    """The first problem, by key. Values that are or hold secrets are never shown."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    message = one_line(problem["msg"].removeprefix("Value error, "))
    if problem["type"] == "missing":
        message = "missing"
    given = problem["input"]
    stop = "stops" in problem["loc"][-2:-1] or problem["loc"] == ("stops",)  # holds a key
    secret = stop or not _SECRET.isdisjoint(problem["loc"])
    if isinstance(given, str | int | float) and not secret:
        message = f"{shown(given)}: {message}"
    more = error.error_count() - 1
    return f"{key}: {message}" + (f" (and {more} more)" if more else "") if key else message
