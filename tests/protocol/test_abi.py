"""Strict ABI coding beside a library that loosens it."""

import subprocess
import sys

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
