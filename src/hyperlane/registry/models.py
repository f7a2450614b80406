"""Base of all models of registry files: spelling of keys, addresses, one-line errors."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from hyperlane.errors import ConfigError, DecodeError
from hyperlane.protocol.typecasts import address_from_hex, to_checksum
from hyperlane.registry.yaml_file import read_yaml
from hyperlane.wording import masked_url, one_line, shown

TAG = "@"
"""Prefix of the parts of a pydantic error path that are not keys of the file."""


def checksummed(value: object) -> str:
    """A checksummed address. ValueError for other values."""
    if isinstance(value, int):
        raise ValueError("a number; put the address into quotes")
    if not isinstance(value, str):
        raise ValueError("expected an address")
    try:
        return to_checksum(address_from_hex(value, ""))
    except DecodeError as error:
        raise ValueError(f"{str(error).removeprefix(': ')}; expected an address") from None


HexAddress = Annotated[str, BeforeValidator(checksummed)]
"""An EVM address with its EIP-55 checksum; files may have it in lower case."""


class FileModel(BaseModel):
    """A file with camel-case keys. Unknown keys are kept and written again."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, frozen=True, extra="allow"
    )

    def as_file(self) -> dict[str, Any]:
        """The file's content: all values that are not None, by key."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class StrictFileModel(FileModel):
    """A file written by a person. Unknown keys are errors, which suggest the nearest known key."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _know_all_keys(cls, value: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        if isinstance(value, dict):
            for key in value:
                if key not in known and key not in cls.model_fields:
                    raise ValueError(f"unknown key {shown(key)}; {suggest(key, known)}")
        return value


Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], data: object, source: str) -> Model:
    """Validates data read from `source`. ConfigError with the first problem in one line."""
    if not isinstance(data, dict):
        raise ConfigError(f"{source}: {_shown(data)} is not a mapping of keys to values")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{source}: {_explain(error)}") from None


def read(model: type[Model], path: Path) -> Model:
    """Reads a file as a model; an empty file has no keys. ConfigError if it is invalid."""
    content = read_yaml(path)
    return parse(model, {} if content is None else content, str(path))


def suggest(name: object, known: Iterable[str]) -> str:
    """Suggestion for an unknown name: the nearest known one, or all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(one_line(str(name), 80), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"


def _explain(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    problem = problems[0]
    parts = [one_line(str(part), 80) for part in problem["loc"]]
    key = ".".join(part for part in parts if not part.startswith(TAG))
    if problem["type"] == "missing":
        text = "required, but missing"
    elif problem["type"] == "value_error":
        text = one_line(str(problem["ctx"]["error"]), 400)
    else:
        text = f"{_shown(problem['input'])}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{key}: {text}{more}" if key else f"{text}{more}"


def _shown(value: object) -> str:
    """A value for an error message. URLs are masked, since they may contain API keys."""
    if isinstance(value, str) and "://" in value:
        return masked_url(value)
    return shown(value)
