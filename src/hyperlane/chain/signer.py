"""Keys: where they come from. Their values never reach a log line, an error or a `repr`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Address

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount
    from eth_account.signers.local import LocalAccount


def account_from_key(field: str, key: str) -> "LocalAccount":
    """The account of a private key in hex; ConfigError names `field`, never the key."""
    from eth_account import Account

    try:
        secret = bytes.fromhex(key.removeprefix("0x"))
        if len(secret) != 32:
            raise ValueError
        account: LocalAccount = Account.from_key(secret)
    except Exception:
        # Not chained: the message of the cause may quote the key.
        raise ConfigError(f"{field}: not a private key (32 bytes of hex)") from None
    return account


def account_from_keystore(field: str, path: Path, password_file: Path) -> "LocalAccount":
    """The account of an encrypted key file (Web3 Secret Storage), as ape and geth write them."""
    from eth_account import Account

    try:
        password = password_file.read_text().removesuffix("\n")
        content = json.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"{field}: cannot read {error.filename}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"{field}: {path} is not a keystore file (JSON)") from None
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(content, password))
    except Exception:
        raise ConfigError(f"{field}: {password_file} does not open {path}") from None
    return account


def address_of(account: "BaseAccount") -> Address:
    """The 20 bytes of an account's address."""
    return bytes.fromhex(account.address[2:])
