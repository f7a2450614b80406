"""Times and amounts for people."""

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_ETHER = 10**18


def ago(seconds: float) -> str:
    """Spell the age of something in its two largest units: `2 min 5 s ago`."""
    left = max(0, int(seconds))
    parts: list[str] = []
    for size, unit in _UNITS:
        number, left = divmod(left, size)
        if number or parts:
            parts.append(f"{number} {unit}")
    return f"{' '.join(parts[:2]) or '0 s'} ago"


def coins(wei: int) -> str:
    """Wei as whole coins, with all digits."""
    return f"{wei // _ETHER}.{wei % _ETHER:018}".rstrip("0").rstrip(".")
