"""Parameters of requests: their spellings, and what they are read into."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from hyperlane.errors import DecodeError
from hyperlane.explorer.api.problems import ApiError, wrong
from hyperlane.explorer.queries.paging import DEFAULT, MOST, Place, decode_place
from hyperlane.explorer.queries.reading import word
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.wording import shown

_HASH = "^0x[0-9a-fA-F]{64}$"
_EVM = "^0x[0-9a-fA-F]{40}$"
_ADDRESS = "^0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"
_LATEST = 10**12
_DOMAINS = 2**32

ID_EXAMPLE = f"0x{'9c4e' * 16}"
ADDRESS_EXAMPLE = f"0x{'d5' * 20}"


def _text(
    pattern: str, expected: str, convert: Callable[[str], Any], **schema: Any
) -> tuple[BeforeValidator, WithJsonSchema]:
    """Reads text of a pattern."""
    compiled = re.compile(pattern.removesuffix("$"))

    def read(value: Any) -> Any:
        # `$` would let a line feed at the end pass.
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise PydanticCustomError("unexpected", "{expected}", {"expected": expected})
        return convert(value)

    shape = {"type": "string", "pattern": pattern, "description": f"Expected: {expected}."}
    return BeforeValidator(read), WithJsonSchema({**shape, **schema})


def _integer(
    least: int, most: int, expected: str, **schema: Any
) -> tuple[BeforeValidator, WithJsonSchema]:
    """Reads a decimal number without signs, spaces and leading zeros."""
    digits = re.compile("0|[1-9][0-9]{0,18}")

    def read(value: Any) -> int:
        if isinstance(value, int):  # a default
            return value
        fits = isinstance(value, str) and digits.fullmatch(value)
        if not fits or not least <= int(value) <= most:
            raise PydanticCustomError("unexpected", "{expected}", {"expected": expected})
        return int(value)

    shape = {"type": "integer", "minimum": least, "maximum": most}
    return BeforeValidator(read), WithJsonSchema({**shape, **schema})


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


_id = _text(
    _HASH, "0x and 64 hex digits", lambda text: Bytes32(_bytes(text)), examples=[ID_EXAMPLE]
)
_evm = _text(
    _EVM,
    "an address, 0x and 40 hex digits",
    lambda text: Address(_bytes(text)),
    examples=[ADDRESS_EXAMPLE],
)
_any = _text(
    _ADDRESS,
    "an address, 0x and 40 or 64 hex digits",
    lambda text: word(_bytes(text)),
    examples=[ADDRESS_EXAMPLE],
)
_domain = _integer(
    0, _DOMAINS - 1, f"a domain, a whole number from 0 to {_DOMAINS - 1}", examples=[1]
)
_time = _integer(0, _LATEST, "a time in Unix seconds, a whole number", examples=[1_767_225_600])

MessageId = Annotated[bytes, *_id, Path(description="A message id, in any case.")]
Hash = Annotated[bytes, *_id, Path(description="A transaction's hash, in any case.")]
Validator = Annotated[bytes, *_evm, Path(description="A validator's address.")]
DomainPath = Annotated[int, *_domain, Path(description="A chain's domain.")]


def _optional(
    kind: Any, read: tuple[BeforeValidator, WithJsonSchema], description: str, **more: Any
) -> Any:
    """A parameter that may be left out."""
    before, schema = read
    return Annotated[kind | None, before, schema, Query(description=description, **more)]


Origin = _optional(int, _domain, "Only messages from this domain.")
Destination = _optional(int, _domain, "Only messages to this domain.")
OfDomain = _optional(int, _domain, "Only of this domain.")
Sender = _optional(bytes, _any, "Only messages from this address, of 20 or 32 bytes.")
Recipient = _optional(bytes, _any, "Only messages to this address, of 20 or 32 bytes.")
Wallet = _optional(bytes, _evm, "The address that will deliver. Modules may let only some deliver.")
AfterValidator = _optional(bytes, _evm, "Address of the last validator of the answer before.")
OfMessage = _optional(bytes, _id, "Only changes of this message.")
Since = _optional(int, _time, "Only messages sent at this time or later, in Unix seconds.")
Until = _optional(int, _time, "Only messages sent before this time, in Unix seconds.")
Status = Annotated[
    Literal["delivered", "undelivered"] | None,
    Query(description="Only messages whose delivery is stored, or is not.", examples=["delivered"]),
]


def _limit(most: int = MOST, default: int = DEFAULT) -> Any:
    """Number of items that an answer may have."""
    read = _integer(1, most, f"a whole number from 1 to {most}", default=default)
    return Annotated[int, *read, Query(description=f"Most items of the answer, 1 to {most}.")]


Limit = _limit()
ManyLimit = _limit(500, 100)
"""Of lists with small rows."""

_cursor = _text(
    "^[A-Za-z0-9_-]{21}[AQgw]$",
    "the `next` of a former answer to the same request",
    str,
)
Cursor = _optional(
    str, _cursor, "The `next` of the answer before: the answer then goes on where that ended."
)
After = Annotated[
    int,
    *_integer(0, 2**63 - 1, "the number of a change, a whole number", default=0),
    Query(description="Number of the last change that you have; 0 for all."),
]


def read_cursor(text: str | None) -> Place | None:
    """The place of a cursor; ApiError for one that was not given out."""
    try:
        return None if text is None else decode_place(text)
    except DecodeError:
        expected = "the `next` of a former answer to the same request"
        raise wrong("cursor", str(text), expected) from None


async def known_once(request: Request) -> None:
    """Refuse parameters that an endpoint does not have, and those given twice: a misspelt filter
    would be no filter."""
    route = request.scope["route"]
    known = {field.alias for field in route.dependant.query_params}
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise ApiError(
                400,
                f"{shown(name)}: no parameter of this endpoint; {takes}",
                parameter=name[:80],
                expected=", ".join(sorted(known)) or "no parameters",
            )
        if given.count(name) > 1:
            raise ApiError(400, f"{name}: given twice; give it once", parameter=name)
