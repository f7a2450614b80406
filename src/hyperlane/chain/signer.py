"""Opening keys. Their values never reach a log line, an error or a `repr`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Address

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount
    from eth_account.signers.local import LocalAccount

    from hyperlane.settings.chain import SignerSettings


def open_account(field: str, signer: "SignerSettings") -> "BaseAccount":
    """The account of a configured key; ConfigError naming `field`, its path in the settings.

    A key in a KMS is first asked for when it is used, over the network: in agents, sign in a
    thread.
    """
    if signer.type == "aws":
        from hyperlane.chain.kms import KmsAccount

        assert signer.id is not None
        assert signer.region is not None
        return KmsAccount(field, signer.id, signer.region)
    if signer.type == "gcp":
        from hyperlane.chain.google_kms import GoogleKmsAccount

        assert signer.key_version_name is not None
        return GoogleKmsAccount(field, signer.key_version_name)
    if signer.type == "keystore":
        assert signer.path is not None
        assert signer.password_file is not None
        return account_from_keystore(field, signer.path, signer.password_file)
    assert signer.key is not None
    return account_from_key(f"{field}.key", signer.key.get_secret_value())


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
    return Address(bytes.fromhex(account.address[2:]))
