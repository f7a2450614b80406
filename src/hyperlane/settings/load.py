"""Reading settings: files, `HYP_*` environment variables and the command line.

Later sources win: files in the order given, the environment, the command line. Keys are matched
without regard to case and separators. Keys nobody knows are let through, because one file serves
several agents, unless they look like a misspelling of a key that is missing.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from hyperlane.bounded_json import parse_json
from hyperlane.errors import ConfigError
from hyperlane.settings.agents import AgentSettings
from hyperlane.settings.chain import ChainSettings
from hyperlane.wording import one_line, shown

_SECRET = frozenset((
    "signer", "validator", "defaultSigner", "key", "db", "http", "rpcUrls", "customRpcUrls",
    "additionalQuorumRpcUrls", "customAdditionalQuorumRpcUrls", "alertWebhook",
))  # fmt: skip
"""Settings whose values are keys, passwords, or URLs that hold some."""

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
        _merge(tree, _canonical(_read_json(path), names))
    for variable in sorted(environment):
        if variable.startswith("HYP_"):
            parts = variable.removeprefix("HYP_").lower().split("_")
            _merge(tree, _canonical(_nested(variable, parts, environment[variable]), names))
    for key, value in _options(overrides):
        nested = _canonical(_nested(f"--{key}", key.split("."), value), names)
        if not set(nested) <= _aliases(model):
            raise ConfigError(f"--{key}: no such setting{_guess(key, _aliases(model))}")
        _merge(tree, nested)
    _report_misspelling("", tree, model)
    _select_chains(tree, model)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_one_line(error)) from None


def _select_chains(tree: dict[str, Any], model: type[Settings]) -> None:
    """Keep the chains that the agent uses: a shared file may hold others, of other kinds."""
    chains = tree.get("chains")
    if not isinstance(chains, dict):
        raise ConfigError("chains: missing; expected an object of chain name to settings")
    for name in model.wanted_chains(tree):
        if not isinstance(chains.get(name), dict):
            raise ConfigError(f"chains.{name}: missing; the configuration has {_listed(chains)}")
        chains[name].setdefault("name", name)
        _report_misspelling(f"chains.{name}.", chains[name], ChainSettings)
    wanted = set(model.wanted_chains(tree))
    tree["chains"] = {name: chain for name, chain in chains.items() if name in wanted}


def _shared_files(environment: Mapping[str, str]) -> list[Path]:
    return [Path(name) for name in environment.get("CONFIG_FILES", "").split(",") if name]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = parse_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: a {type(content).__name__}, expected a JSON object")
    return content


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
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            _merge(tree[key], value)
        else:
            tree[key] = value


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
        for inner in _models_in(field.annotation):
            names |= _known_names(inner)
    return names


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _report_misspelling(prefix: str, tree: Mapping[str, Any], model: type[BaseModel]) -> None:
    missing = _aliases(model) - set(tree)
    for key in sorted(set(tree) - _aliases(model)):
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
    secret = not _SECRET.isdisjoint(problem["loc"])
    if isinstance(given, str | int | float) and not secret:
        message = f"{shown(given)}: {message}"
    more = error.error_count() - 1
    return f"{key}: {message}" + (f" (and {more} more)" if more else "") if key else message
