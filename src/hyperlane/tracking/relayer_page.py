"""Asking a relayer what it does with a message."""

import json

import aiohttp

from hyperlane.bounded_json import parse_json
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Bytes32, to_hex
from hyperlane.settings.fields import check_url
from hyperlane.tracking.report import RelayerView
from hyperlane.wording import masked_url, one_line, shown

_TIMEOUT = 5.0
_LONGEST = 64 * 1024
_LATEST = 10**9
"""Seconds that a next try may be away; longer ones, and NaN, are left out."""


def check_relayer(url: str) -> str:
    """A relayer's URL without a slash at the end; ConfigError if it is none."""
    try:
        return check_url(url).rstrip("/")
    except ValueError as error:
        raise ConfigError(
            f"--relayer: {error}; expected the address of its pages, such as http://127.0.0.1:9090"
        ) from None


async def ask_relayer(url: str, message_id: Bytes32) -> RelayerView:
    """The relayer's view; one with a `problem` when it does not answer or does not know it."""
    place = masked_url(url)
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{url}/messages/{to_hex(message_id)}", allow_redirects=False) as response,
        ):
            content, status = await response.content.read(_LONGEST), response.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        why = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
        return RelayerView(place, f"does not answer ({why}): is it running?")
    try:
        page = parse_json(content)
    except ValueError:
        page = None
    if status == 404 and isinstance(page, dict):
        return RelayerView(place, "does not know the message (yet)")
    if status != 200 or not isinstance(page, dict) or not isinstance(page.get("state"), str):
        return RelayerView(place, f"HTTP {status}: {shown(_text(page))}: is this a relayer?")
    retries, wait = page.get("retries"), page.get("next_try_in")
    return RelayerView(
        place,
        state=one_line(page["state"]),
        status=one_line(_text(page.get("status")), 1000),
        reason=one_line(_text(page["reason"])) if page.get("reason") else None,
        retries=retries if type(retries) is int else None,
        next_try_in=float(wait) if isinstance(wait, int | float) and 0 <= wait < _LATEST else None,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
