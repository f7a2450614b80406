"""Addresses of other protocols as 32 bytes, by published examples."""

import pytest

from hyperlane.registry.foreign import as_word

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("address", "word"),
    [
        # From Tron's documentation of addresses: base58 and hex of the same account.
        ("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "0x5cbdd86a2fa8dc4bddd8a8f69dba48572eec07fb"),
        # The program of Sealevel's system is 32 zero bytes; the next one differs in the last.
        ("11111111111111111111111111111112", "0x" + 63 * "0" + "1"),
        ("0x1", "0x" + 39 * "0" + "1"),
        ("0x" + 64 * "A", "0x" + 64 * "a"),
    ],
)
def test_an_address_is_encoded(address, word):
    assert as_word(address) == word


@pytest.mark.parametrize(
    "valid",
    [
        # Of BIP 173 and BIP 350: checksums are right, and wrong with another last letter.
        "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
        "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
        "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    ],
)
def test_bech32_is_believed_with_its_checksum_alone(valid):
    assert as_word(valid) is not None
    assert as_word(valid[:-1] + ("q" if valid[-1] != "q" else "p")) is None
