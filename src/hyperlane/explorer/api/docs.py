"""The API's documentation as a page: what the OpenAPI document has, without a script."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an endpoint."""

    name: str
    place: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint."""

    path: str
    tag: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    example: str
    """A path that can be asked for; ids in it may not exist."""
    answers: tuple[tuple[str, str], ...]
    """Statuses, and what each means."""


def endpoints(document: Mapping[str, Any]) -> Iterator[Endpoint]:
    """Endpoints of an OpenAPI document, in its order."""
    for path, operations in document["paths"].items():
        operation = operations["get"]
        parameters = operation.get("parameters", [])
        summary, _, more = operation.get("description", "").partition("\n")
        yield Endpoint(
            path,
            operation["tags"][0],
            summary,
            more.strip(),
            tuple(
                Parameter(each["name"], each["in"], each.get("required", False), _words(each))
                for each in parameters
            ),
            _example(path, parameters),
            tuple((status, each["description"]) for status, each in operation["responses"].items()),
        )


def _words(parameter: Mapping[str, Any]) -> str:
    schema = parameter.get("schema", {})
    words = str(parameter.get("description", ""))
    return f"{words} Default: {json.dumps(schema['default'])}." if "default" in schema else words


def _example(path: str, parameters: list[Mapping[str, Any]]) -> str:
    asked = []
    for each in parameters:
        example = next(iter(each.get("schema", {}).get("examples", [])), None)
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", quote(str(example), safe="/:"))
        elif each.get("required"):
            asked.append(f"{each['name']}={quote(str(example))}")
    return f"{path}?{'&'.join(asked)}" if asked else path
