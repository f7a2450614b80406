"""What all models of registry files share: key spelling, addresses, and errors in one line."""

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
"""Marks the parts of a pydantic error path that are no keys of the file."""


def checksummed(value: object) -> str:
    """An address with its checksum; ValueError for what is none."""
    if isinstance(value, int):
        raise ValueError("a number; put the address into quotes")
    if not isinstance(value, str):
        raise ValueError("expected an address")
    try:
        return to_checksum(address_from_hex(value, ""))
    except DecodeError as error:
        raise ValueError(f"{str(error).removeprefix(': ')}; expected an address") from None


HexAddress = Annotated[str, BeforeValidator(checksummed)]
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
                    raise ValueError(f"unknown key {shown(key)}; {suggest(key, known)}")
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


def read(model: type[Model], path: Path) -> Model:
    """A file as a model, an empty one as one without keys; ConfigError when it is unusable."""
    content = read_yaml(path)
    return parse(model, {} if content is None else content, str(path))


def suggest(name: object, known: Iterable[str]) -> str:
    """The nearest of the known names, or all of them."""
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
    """URLs of nodes may hold a key."""
    if isinstance(value, str) and "://" in value:
        return masked_url(value)
    return shown(value)
