"""Errors as problem documents (RFC 9457), each with what is wrong and what is expected."""

import traceback
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from hyperlane.errors import DatabaseError
from hyperlane.wording import one_line, shown

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
DOCS = "/api/v1/docs"
_MOST_FRAMES = 5
_BUSY = 2
"""Seconds after which it makes sense to try again."""


class Problem(BaseModel):
    """Problem of a request, and what to do."""

    type: str = Field(
        description="Always `about:blank`: the status says the kind.", examples=["about:blank"]
    )
    title: str = Field(description="The status in words.", examples=["Bad Request"])
    status: int = Field(description="The HTTP status.", examples=[400])
    detail: str = Field(
        description="What is wrong, and what to do.",
        examples=["origin: 'x': expected a domain, a whole number from 0 to 4294967295"],
    )
    parameter: str | None = Field(
        None, description="Parameter that is wrong, if it is one.", examples=["origin"]
    )
    value: str | None = Field(None, description="Its value, cut to one line.", examples=["x"])
    expected: str | None = Field(
        None,
        description="What it should be.",
        examples=["a domain, a whole number from 0 to 4294967295"],
    )


class ApiError(Exception):
    """An answer other than success."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        parameter: str | None = None,
        value: str | None = None,
        expected: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.parameter = parameter
        self.value = None if value is None else one_line(value, 80)
        self.expected = expected
        self.retry_after = retry_after

    def response(self) -> Response:
        """The problem document."""
        problem = Problem(
            type="about:blank",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            parameter=self.parameter,
            value=self.value,
            expected=self.expected,
        )
        return JSONResponse(
            problem.model_dump(exclude_none=True),
            self.status,
            self.headers,
            media_type=MEDIA_TYPE,
        )

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the answer."""
        headers = {"cache-control": "no-store"}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        return headers


def wrong(parameter: str, value: str, expected: str) -> ApiError:
    """The error of a parameter whose value cannot be used."""
    return ApiError(
        400,
        f"{parameter}: {shown(value)}: expected {expected}",
        parameter=parameter,
        value=value,
        expected=expected,
    )


def missing(what: str, where: str) -> ApiError:
    """The error of something that does not exist: what, and where else to look."""
    return ApiError(404, f"{what}; {where}")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Errors of an endpoint, for its documentation."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    words = {
        400: "A parameter is wrong; `parameter`, `value` and `expected` say which and how.",
        404: "Nothing of that name is stored.",
        409: "It is not possible now; `detail` says why.",
        429: "Too many requests from this address; `Retry-After` says when to go on.",
        503: "The database or a chain does not answer, or too much is asked at once.",
    }
    described: dict[int | str, dict[str, Any]] = {
        status: {"description": words[status], "content": content} for status in statuses
    }
    return {**described, "default": {"description": "Any other error.", "content": content}}


def of_exception(error: Exception) -> ApiError:
    """The answer to whatever went wrong in an endpoint."""
    match error:
        case ApiError():
            return error
        case RequestValidationError():
            return _of_validation(error)
        case DatabaseError():
            log.warning("explorer.database", error=str(error))
            return ApiError(503, "the database does not answer; try again", retry_after=_BUSY)
        case HTTPException(status_code=404):
            return ApiError(404, f"no such page; {DOCS} lists them")
        case HTTPException(status_code=405):
            return ApiError(405, "this API only reads: use GET")
        case HTTPException(status_code=status):
            return ApiError(status, one_line(str(error.detail)))
    log.error("explorer.failed", error=f"{type(error).__name__}: {error}", where=_place(error))
    return ApiError(500, "this is a fault of the server, which has logged it; try again later")


def _place(error: Exception) -> str:
    """The innermost places of an error, without the values there: strangers chose them."""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    return " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))


def _of_validation(error: RequestValidationError) -> ApiError:
    first = error.errors()[0]
    place = first.get("loc", ())
    parameter = str(place[1]) if len(place) > 1 else "request"
    expected = first.get("ctx", {}).get("expected")
    if first.get("type") == "missing":
        return ApiError(
            400,
            f"{parameter}: missing; {DOCS} says what it is",
            parameter=parameter,
            expected=expected,
        )
    return wrong(parameter, str(first.get("input")), str(expected or first.get("msg")))
