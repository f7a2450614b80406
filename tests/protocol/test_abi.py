"""Strict ABI coding beside a library that loosens it."""

import subprocess
import sys

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.chain import abi
from hyperlane.chain.abi import Event
from hyperlane.errors import ChainError

BESIDE_APE = """
import ape.utils.abi
from eth_abi.abi import decode as shared
from eth_abi.exceptions import InsufficientDataBytes
from hyperlane.chain.abi import SecurityModule
from hyperlane.errors import ChainError
from hyperlane.protocol.abi import decode

assert shared(["uint8"], b"\\1") == (1,)
for read, error in (
    (lambda: decode(["uint8"], b"\\1"), InsufficientDataBytes),
    (lambda: SecurityModule.module_type.decode(b"\\1"), ChainError),
):
    try:
        raise SystemExit(f"read {read()}")
    except error:
        pass
"""


def test_missing_bytes_are_not_made_up_for_where_ape_was_imported_first():
    subprocess.run([sys.executable, "-c", BESIDE_APE], check=True, timeout=120)


ENCODED = st.one_of(
    st.binary(max_size=100).map(lambda value: encode(["bytes"], [value])),
    st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1)).map(
        lambda values: encode(["bytes32", "uint32"], values)
    ),
)


@pytest.mark.parametrize("types", [("bytes",), ("bytes32", "uint32")])
@given(data=ENCODED, at=st.integers(0, 200), byte=st.integers(0, 255), cut=st.integers(0, 40))
def test_what_is_read_quickly_is_what_the_codec_reads(types, data, at, byte, cut):
    changed = bytearray(data)
    changed[at % len(changed)] = byte
    for each in (data, bytes(changed), data[: max(0, len(data) - cut)], data + bytes(cut)):
        assert _read(types, each) == _read(types, each, quickly=False)


def _read(types, data, quickly=True):
    with pytest.MonkeyPatch.context() as patch:
        if not quickly:
            patch.setattr(abi, "_PLAIN", {})
        try:
            return Event("E()", types).decode(data)
        except ChainError:
            return None
