"""The salt of reserved addresses, as users write it."""

from hyperlane.errors import ConfigError
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.typecasts import Bytes32

_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_LONGEST = 256


def parse_salt(text: str | None) -> Bytes32 | None:
    """The salt that `--salt` stands for: 32 bytes in hex after 0x, or the hash of any other text;
    None if the option is not given. ConfigError for what looks like hex, but is not 32 bytes."""
    if text is None:
        return None
    digits = text[2:] if text[:2].lower() == "0x" else text
    is_hex = len(digits) == 64 and _HEX_DIGITS.issuperset(digits)
    if text.startswith("0x") and is_hex:
        return Bytes32(bytes.fromhex(digits))
    if text[:2].lower() == "0x" or is_hex:
        raise ConfigError(
            f"--salt: {text[:80]!r}, expected 0x and 64 hex digits, or a text that is not like hex"
        )
    if not text.strip() or text != text.strip() or len(text) > _LONGEST or not text.isprintable():
        raise ConfigError(
            f"--salt: {text[:80]!r}, expected 1 to {_LONGEST} printable characters without a blank"
            " at either end, or 0x and 64 hex digits"
        )
    return keccak(text.encode())
