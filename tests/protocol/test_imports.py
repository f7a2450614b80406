import subprocess
import sys

import pytest

MODULES = [
    "accounts",
    "announcement",
    "ccip_read",
    "checkpoint",
    "gas_paymaster",
    "hashing",
    "hook_metadata",
    "ism_metadata",
    "merkle",
    "message",
    "multisig_metadata",
    "offchain_quote",
    "reserved",
    "static_addresses",
    "token_message",
    "typecasts",
]
LIGHT = {"hashing", "hook_metadata", "merkle", "message", "token_message", "typecasts"}


@pytest.mark.parametrize("module", MODULES)
def test_importing_a_codec_does_not_import_chain_libraries(module):
    script = f"import sys, hyperlane.protocol.{module}; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()

    heavy = {"web3", "ape", "eth_account"} | (
        {"eth_utils", "eth_abi"} if module in LIGHT else set()
    )
    assert not heavy & set(loaded)
