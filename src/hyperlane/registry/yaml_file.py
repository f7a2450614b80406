"""Reading YAML that others wrote: registries and deploy files are passed from hand to hand.

Aliases are followed, because tools write them for what occurs twice, but 256 bytes of them can
stand for a billion values: what a file would be without them is counted first. Nesting and size
are bounded too. Each refusal is a ConfigError that names the file and the rule.
"""

from pathlib import Path
from typing import Any

import yaml

from hyperlane.errors import ConfigError
from hyperlane.wording import one_line, shown

MAX_SIZE = 4 * 2**20
"""Bytes; the largest public registry file has a thirtieth of that."""
MAX_VALUES = 200_000
MAX_DEPTH = 64
_LONGEST_NUMBER = 80
"""Characters: 256 bits have 78 digits."""
_OPEN = (-1, -1)
"""Of a node that is being measured."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The reader in C where PyYAML has it: ten times as fast. Refuses numbers that are too long."""

    def construct_yaml_int(self, node: yaml.ScalarNode) -> Any:
        if len(node.value) > _LONGEST_NUMBER:
            raise _refusal(f"a number of {len(node.value)} characters", node)
        return super().construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


def _refusal(problem: str, node: yaml.Node) -> yaml.YAMLError:
    return yaml.composer.ComposerError(problem=problem, problem_mark=node.start_mark)


def read_yaml(path: Path) -> object:
    """The content of a YAML file; ConfigError when it cannot be read as such."""
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
        # A date such as 2026-99-99, or a key that is a list.
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
            raise yaml.YAMLError(f"more than {MAX_VALUES} values, aliases followed")
        if depth > MAX_DEPTH:
            raise yaml.YAMLError(f"more than {MAX_DEPTH} values within each other")
        found: object = loader.construct_document(node)
        return found
    finally:
        loader.dispose()


def _require_flat(text: str) -> None:
    """YAMLError for what is too deep. Nodes are composed by recursion, in C without a bound, so
    that has to be known before; events come one by one."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise yaml.YAMLError(f"more than {MAX_DEPTH} values within each other")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _measure(node: Any, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Values in a node and how deep they go, with those behind aliases each time.

    What an alias stands for comes earlier in the file, so it is known by then.
    """
    if id(node) in known:
        if known[id(node)] == _OPEN:
            raise yaml.YAMLError("an alias for what it is part of")
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
    """YAML forbids a key that a mapping has twice, but PyYAML takes the last."""
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
