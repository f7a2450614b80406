"""Reads untrusted YAML: registries and deploy files come from others.

Aliases are supported, because tools write them for repeated values. But 256 bytes of aliases can
stand for a billion values, so the expanded number is counted first. Nesting and size are bounded as
well. A refused file is a ConfigError that names the file and the rule.
"""

from pathlib import Path
from typing import Any

import yaml

from hyperlane.errors import ConfigError
from hyperlane.wording import one_line, shown

MAX_SIZE = 4 * 2**20
"""Most bytes of a file: thirty times the largest file of the public registry."""
MAX_VALUES = 200_000
MAX_DEPTH = 64
_LONGEST_NUMBER = 80
"""Most characters of a number; 256 bits have 78 digits."""
_OPEN = (-1, -1)
"""Marks a node whose measuring has not finished: an alias for it would be a cycle."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's loader, in C if available: ten times as fast. Refuses numbers that are too long."""

    def construct_yaml_int(self, node: yaml.ScalarNode) -> Any:
        if len(node.value) > _LONGEST_NUMBER:
            raise _refusal(f"a number of {len(node.value)} characters", node)
        return super().construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


def _refusal(problem: str, node: yaml.Node) -> yaml.YAMLError:
    return yaml.composer.ComposerError(problem=problem, problem_mark=node.start_mark)


def read_yaml(path: Path) -> object:
    """Content of a YAML file. ConfigError if it cannot be read or parsed."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
        if len(raw) > MAX_SIZE:
            raise ConfigError(f"{path}: larger than {MAX_SIZE} bytes")
        return _load(raw.decode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not a text file") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {_first_line(error)}") from None
    except (ValueError, TypeError, OverflowError) as error:
        # For example a date such as 2026-99-99, or a list as a key.
        raise ConfigError(f"{path}: not YAML: {one_line(str(error))}") from None


def _load(text: str) -> object:
    _require_flat(text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        count, depth = _measure(node, {})
        if count > MAX_VALUES:
            raise yaml.YAMLError(f"more than {MAX_VALUES} values with aliases expanded")
        if depth > MAX_DEPTH:
            raise yaml.YAMLError(f"more than {MAX_DEPTH} levels of nesting")
        found: object = loader.construct_document(node)
        return found
    finally:
        loader.dispose()


def _require_flat(text: str) -> None:
    """YAMLError for deep nesting. PyYAML composes nodes by recursion, in C without a limit, so the
    depth is checked before, on the flat stream of events."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise yaml.YAMLError(f"more than {MAX_DEPTH} levels of nesting")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _measure(node: Any, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Number of values in a node and their depth, with aliases expanded.

    The target of an alias comes earlier in the file, so its measure is known.
    """
    if id(node) in known:
        if known[id(node)] == _OPEN:
            raise yaml.YAMLError("an alias inside the value that it stands for")
        return known[id(node)]
    known[id(node)] = _OPEN
    inner: list[Any] = []
    if isinstance(node, yaml.SequenceNode):
        inner = node.value
    elif isinstance(node, yaml.MappingNode):
        _require_distinct(node)
        inner = [item for pair in node.value for item in pair]
    sizes = [_measure(item, known) for item in inner]
    known[id(node)] = (
        1 + sum(count for count, _ in sizes),
        1 + max((depth for _, depth in sizes), default=0),
    )
    return known[id(node)]


def _require_distinct(node: yaml.MappingNode) -> None:
    """YAMLError for a duplicate key, which YAML forbids and PyYAML accepts."""
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise _refusal(f"{shown(key.value)} appears twice", key)
            seen.add(key.value)


def _first_line(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return one_line(str(error).partition("\n")[0])
