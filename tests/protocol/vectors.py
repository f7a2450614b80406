"""Access to `tests/vectors`, and the keys and leaves that its files are made of."""

import json
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak

FOLDER = Path(__file__).parent.parent / "vectors"


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def validator_account(position: int) -> LocalAccount:
    return Account.from_key(keccak(f"hyperlane-reference-validator-{position}".encode()))


def numbered_leaves(count: int) -> list[bytes]:
    return [keccak(f"leaf-{i}".encode()) for i in range(count)]
