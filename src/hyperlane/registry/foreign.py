"""Encoding of addresses on chains of other protocols as the 32 bytes of messages."""

import hashlib
from collections.abc import Iterable, Iterator

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUMS = (1, 0x2BC830A3)
"""Results of a valid checksum: of bech32 (Cosmos) and bech32m (Radix, Aleo)."""
_CHECKSUM = 6
"""Letters."""
_TRON = 0x41
"""First byte of a Tron address, before the 20 that it shares with EVM chains."""


def as_word(address: str) -> str | None:
    """An address as 0x-prefixed hex: of 20 bytes if it has so many, else of 32.

    Formats: hex (EVM, Starknet, Cosmos modules), base58 (Sealevel; Tron, with a checksum), bech32
    and bech32m (Cosmos, Radix, Aleo; of `<program>/<address>` the latter counts). None for others,
    and where a checksum is wrong.
    """
    if address.startswith("0x"):
        digits = address[2:].lower()
        fits = 0 < len(digits) <= 64 and set(digits) <= set("0123456789abcdef")
        return f"0x{digits.zfill(40 if len(digits) <= 40 else 64)}" if fits else None
    address = address.rpartition("/")[2]
    data = _from_bech32(address) or _from_tron(address)
    if data is not None:
        return f"0x{data.hex().zfill(40 if len(data) == 20 else 64)}"
    number = _from_base58(address)
    if number is None:
        return None
    # Each zero byte at the beginning is a letter, "1".
    zeros = len(address) - len(address.lstrip("1"))
    return f"0x{number:064x}" if zeros + (number.bit_length() + 7) // 8 == 32 else None


def _from_base58(text: str) -> int | None:
    number = 0
    for letter in text:
        if letter not in _BASE58:
            return None
        number = number * 58 + _BASE58.index(letter)
    return number


def _from_tron(text: str) -> bytes | None:
    """The 20 bytes of a Tron address; None for other texts."""
    number = _from_base58(text) if len(text) == 34 else None
    if number is None or number >= 2**200:
        return None
    data = number.to_bytes(25)
    checksum = hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4]
    return data[1:21] if data[0] == _TRON and data[21:] == checksum else None


def _from_bech32(text: str) -> bytes | None:
    """At most 32 bytes of data; None unless the checksum is right."""
    prefix, separator, letters = text.rpartition("1")
    if not separator or not prefix or any(letter not in _BECH32 for letter in letters):
        return None
    values = [_BECH32.index(letter) for letter in letters]
    expanded = [ord(each) >> 5 for each in prefix] + [0] + [ord(each) & 31 for each in prefix]
    if len(values) <= _CHECKSUM or _polymod([*expanded, *values]) not in _CHECKSUMS:
        return None
    data = bytes(_regrouped(values[:-_CHECKSUM]))
    return data if 0 < len(data) <= 32 else None


def _polymod(values: Iterable[int]) -> int:
    """Remainder of the code of BIP 173."""
    rest = 1
    for value in values:
        top = rest >> 25
        rest = (rest & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            rest ^= generator if top >> bit & 1 else 0
    return rest


def _regrouped(fives: Iterable[int]) -> Iterator[int]:
    """Groups of five bits as bytes; what is left over is padding."""
    held, bits = 0, 0
    for five in fives:
        held, bits = held << 5 | five, bits + 5
        if bits >= 8:
            bits -= 8
            yield held >> bits
            held &= (1 << bits) - 1
