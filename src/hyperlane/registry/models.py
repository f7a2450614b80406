"""What the models of registry files have in common, and how their errors read."""

import difflib
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from hyperlane.errors import ConfigError, DecodeError
from hyperlane.protocol.typecasts import address_from_hex, to_checksum


def _checksummed(text: str) -> str:
    try:
        return to_checksum(address_from_hex(text))
    except DecodeError as error:
        raise ValueError(str(error)) from error


def _text_of_hex(value: Any) -> Any:
    # YAML reads an unquoted 0x… as a number.
    return f"0x{value:040x}" if isinstance(value, int) and not isinstance(value, bool) else value


HexAddress = Annotated[str, BeforeValidator(_text_of_hex), AfterValidator(_checksummed)]
"""A 20-byte address as checksummed hex."""


class FileModel(BaseModel):
    """Part of a registry file: camelCase keys there, snake_case attributes here."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="allow"
    )

    def as_file(self) -> dict[str, Any]:
        """The content to write: only what is set, with the keys that the file has."""
        return self.model_dump(by_alias=True, exclude_none=True, mode="json")


class StrictFileModel(FileModel):
    """As `FileModel`, but a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid")


Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], content: object, where: str) -> Model:
    """`content` as a model; ConfigError that names the first thing that is wrong, and where."""
    if not isinstance(content, dict):
        raise ConfigError(f"{where}: expected a mapping of keys to values, found {content!r}")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_first(error, model)}") from error


def read_yaml(path: Path) -> object:
    """The content of a YAML file; ConfigError when it cannot be read or is none."""
    try:
        return yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise ConfigError(f"{path}: is not YAML: {problem}") from error


def read(model: type[Model], path: Path) -> Model:
    return parse(model, read_yaml(path), str(path))


def _first(error: ValidationError, model: type[BaseModel]) -> str:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"{key} is missing"
    if first["type"] == "extra_forbidden":
        return f"{key} is not a known key{_near_miss(str(first['loc'][-1]), model)}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{key} is {first['input']!r}: {message}"


def _near_miss(key: str, model: type[BaseModel]) -> str:
    known = [field.alias or name for name, field in model.model_fields.items()]
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known keys: {', '.join(known)}"
