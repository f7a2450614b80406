"""Encoding of addresses on chains of other protocols as the 32 bytes of messages."""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def as_word(address: str) -> str | None:
    """An address in base58 (Sealevel) or hex as 0x-prefixed hex. None for other formats, which do
    not determine the 32 bytes."""
    if address.startswith("0x"):
        digits = address[2:].lower()
        fits = 0 < len(digits) <= 64 and set(digits) <= set("0123456789abcdef")
        return f"0x{digits.zfill(40 if len(digits) <= 40 else 64)}" if fits else None
    number = 0
    for letter in address:
        if letter not in _BASE58:
            return None
        number = number * 58 + _BASE58.index(letter)
    # 32 bytes take 43 or 44 letters, or fewer if they begin with zero bytes, encoded as "1".
    return f"0x{number:064x}" if 32 <= len(address) <= 44 and number < 2**256 else None
