"""Ways to name a message: its id, its transaction's hash, or an explorer's link with one."""

import re

from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.wording import shown

_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]*)")
_IN_LINK = re.compile(r"(?<![0-9a-zA-Z])0x([0-9a-fA-F]{64})(?![0-9a-zA-Z])")
_EXPECTED = (
    "expected a message id or transaction hash, 0x and 64 hex digits, or an explorer's link with"
    " one"
)


def parse_subject(text: str) -> Bytes32:
    """The id or hash in a text; ConfigError if there is none, or are several."""
    text = text.strip()
    if "://" in text:
        found = {digits.lower() for digits in _IN_LINK.findall(text)}
        if len(found) != 1:
            how_many = f"{len(found)} different ids" if found else "no id"
            raise ConfigError(f"MESSAGE: the link {shown(text)} has {how_many}; {_EXPECTED}")
        return Bytes32(bytes.fromhex(found.pop()))
    match = _HEX.fullmatch(text)
    if match is None or not match[1]:
        raise ConfigError(f"MESSAGE: {shown(text)} is not hex; {_EXPECTED}")
    if len(match[1]) != 64:
        raise ConfigError(
            f"MESSAGE: {shown(text)} has {len(match[1])} hex digits after 0x; {_EXPECTED}"
        )
    return Bytes32(bytes.fromhex(match[1]))
