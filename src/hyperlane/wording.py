"""Showing people what strangers sent: on one line, short, and without what must stay secret.

Texts from nodes, contracts, servers and files end up in logs and databases. A megabyte, a line
feed, half a character or a terminal's escape sequence must not come along.
"""

from urllib.parse import urlsplit

LONGEST_TEXT = 200
LONGEST_VALUE = 80
_MOST_BITS = 512
"""Larger integers are shown by their size: their decimals take long to find."""


def one_line(text: str, limit: int = LONGEST_TEXT) -> str:
    """The first `limit` characters, each as such or as an escape."""
    cut = text[:limit]
    plain = cut if cut.isprintable() else cut.encode("unicode_escape").decode()
    return plain[:limit] + ("…" if len(text) > limit or len(plain) > limit else "")


def shown(value: object, limit: int = LONGEST_VALUE) -> str:
    """A value of JSON, YAML or a setting; lists and objects only by their kind and size.

    It takes no longer for a large value than for a small one.
    """
    if isinstance(value, str):
        return f"'{one_line(value, limit)}'"
    if isinstance(value, bytes | bytearray):
        return repr(bytes(value[:limit])) + ("…" if len(value) > limit else "")
    if isinstance(value, dict):
        return f"an object of {len(value)}" if value else "{}"
    if isinstance(value, list | tuple | set | frozenset):
        return f"a list of {len(value)}" if value else "[]"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return f"a number of {value.bit_length()} bits"
    return one_line(repr(value), limit)


def masked_url(url: str) -> str:
    """Scheme, host and port of a URL: user, path, query and fragment often hold a key."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "…"
    if not parts.scheme or not host:
        return "…"
    name = f"[{host}]" if ":" in host else host
    place = one_line(f"{parts.scheme}://{name}" + ("" if port is None else f":{port}"))
    return place if url in (place, f"{place}/") else f"{place}/…"
