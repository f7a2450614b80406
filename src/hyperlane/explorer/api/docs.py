"""The API's documentation as a page: what the OpenAPI document has, without a script."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hyperlane.explorer.queries.messages import messages
from hyperlane.explorer.queries.routes import routes
from hyperlane.explorer.queries.validators import validators
from hyperlane.protocol.typecasts import to_checksum, to_hex
from hyperlane.store.database import Database


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
    """A path that can be asked for."""


async def samples(database: Database) -> dict[str, str]:
    """Values of parameters that this database has an answer for."""
    found: list[tuple[str, object]] = [
        ("key", each.key) for each in (await routes(database)).routes[:1]
    ]
    for sent in (await messages(database, limit=1)).items:
        found += [("id", to_hex(sent.id)), ("q", to_hex(sent.id))]
        found += [("hash", to_hex(sent.transaction)), ("domain", sent.origin)]
        signers = await validators(database, sent.origin, limit=1)
        found += [("address", to_checksum(each.address)) for each in signers]
    return {name: str(value) for name, value in found}


def endpoints(document: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[Endpoint]:
    """Endpoints of an OpenAPI document, in its order; `known`: see `samples`."""
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
            _example(path, parameters, known),
        )


def _words(parameter: Mapping[str, Any]) -> str:
    schema = parameter.get("schema", {})
    words = str(parameter.get("description", ""))
    return f"{words} Default: {json.dumps(schema['default'])}." if "default" in schema else words


def _example(path: str, parameters: list[Mapping[str, Any]], known: Mapping[str, str]) -> str:
    asked = []
    for each in parameters:
        examples = each.get("schema", {}).get("examples", [])
        example = known.get(each["name"]) or next(iter(examples), None)
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", quote(str(example), safe="/:"))
        elif each.get("required"):
            asked.append(f"{each['name']}={quote(str(example))}")
    return f"{path}?{'&'.join(asked)}" if asked else path
