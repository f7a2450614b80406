"""What all models of registry files share: key spelling, addresses, and errors in one line."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from hyperlane.errors import ConfigError, DecodeError
from hyperlane.protocol.typecasts import address_from_hex, to_checksum

TAG = "@"
"""Marks the parts of a pydantic error path that are no keys of the file."""


def _checksum(value: object) -> str:
    if isinstance(value, int):
        raise ValueError("a number; put the address into quotes")
    if not isinstance(value, str):
        raise ValueError("expected an address")
    try:
        return to_checksum(address_from_hex(value, ""))
    except DecodeError as error:
        raise ValueError(f"{str(error).removeprefix(': ')}; expected an address") from None


HexAddress = Annotated[str, BeforeValidator(_checksum)]
"""An EVM address with its EIP-55 checksum; read in lower case, too."""


class FileModel(BaseModel):
    """Camel-case keys in files; keys that we do not know are kept and written again."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, frozen=True, extra="allow"
    )

    def as_file(self) -> dict[str, Any]:
        """The content to write: what is not None, by its key in the file."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class StrictFileModel(FileModel):
    """What a person writes: an unknown key is an error, with the nearest known one in it."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _know_all_keys(cls, value: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        if isinstance(value, dict):
            for key in value:
                if key not in known and key not in cls.model_fields:
                    raise ValueError(f"unknown key {key!r}; {suggest(key, known)}")
        return value


Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], data: object, source: str) -> Model:
    """Validate what was read from `source`; ConfigError with the first problem in one line."""
    if not isinstance(data, dict):
        raise ConfigError(f"{source}: {_shown(data)} is not a mapping of keys to values")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{source}: {_explain(error)}") from None


class _DistinctKeys(yaml.SafeLoader):
    """Refuses a key that a mapping has twice: YAML forbids it, but PyYAML takes the last."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for index, key in enumerate(keys):
            if any(key.value == other.value for other in keys[:index]):
                problem = f"{key.value!r} appears twice"
                raise yaml.composer.ComposerError(problem=problem, problem_mark=key.start_mark)
        return node


def read_yaml(path: Path) -> object:
    """The content of a YAML file; ConfigError when it cannot be read as such."""
    try:
        return _DistinctKeys(path.read_text()).get_single_data()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not a text file") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {_first_line(error)}") from None


def read(model: type[Model], path: Path) -> Model:
    """A file as a model, an empty one as one without keys; ConfigError when it is unusable."""
    content = read_yaml(path)
    return parse(model, {} if content is None else content, str(path))


def _first_line(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).partition("\n")[0]


def suggest(name: object, known: Iterable[str]) -> str:
    """The nearest of the known names, or all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(str(name), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"


def _explain(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    problem = problems[0]
    key = ".".join(str(part) for part in problem["loc"] if not str(part).startswith(TAG))
    if problem["type"] == "missing":
        text = "required, but missing"
    elif problem["type"] == "value_error":
        text = str(problem["ctx"]["error"])
    else:
        text = f"{_shown(problem['input'])}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{key}: {text}{more}" if key else f"{text}{more}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
