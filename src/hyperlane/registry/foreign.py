"""Addresses of other protocols' chains, as the 32 bytes that messages name them by."""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def as_word(address: str) -> str | None:
    """Hex of a Sealevel program (base58), or of what is a number in hex; None for others, whose
    spelling does not say it."""
    if address.startswith("0x"):
        digits = address[2:].lower()
        fits = 0 < len(digits) <= 64 and set(digits) <= set("0123456789abcdef")
        return f"0x{digits.zfill(40 if len(digits) <= 40 else 64)}" if fits else None
    number = 0
    for letter in address:
        if letter not in _BASE58:
            return None
        number = number * 58 + _BASE58.index(letter)
    # 32 bytes are 43 or 44 letters, unless they begin with zeros, which stand as ones.
    return f"0x{number:064x}" if 32 <= len(address) <= 44 and number < 2**256 else None
