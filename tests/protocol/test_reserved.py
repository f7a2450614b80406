"""Reserved addresses, computed without a chain, and the transaction that brings their deployer."""

import re
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils import keccak
from web3.utils.address import get_create_address

from ape_hyperlane.plans.salt import parse_salt
from hyperlane.errors import ConfigError, DecodeError
from hyperlane.protocol.create2 import first_created
from hyperlane.protocol.reserved import DEPLOYER, DEPLOYER_CODE, reserved_address
from hyperlane.protocol.typecasts import to_checksum

pytestmark = pytest.mark.quick

GUIDE = Path(__file__).parents[2] / "docs/deploy.md"
ACCOUNT = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
WORD = "0x" + 64 * "7"


def test_the_first_contract_of_a_creator_is_where_the_yellow_paper_puts_it():
    expected = get_create_address(to_checksum(ACCOUNT), 1)
    assert to_checksum(first_created(ACCOUNT)) == expected


def test_the_transaction_in_the_guide_makes_the_deterministic_deployer():
    """Its sender has no key: the signature was made up, and the account follows from it."""
    transaction = re.search(r"0xf8a5[0-9a-f]+", GUIDE.read_text()).group()
    sender = Account.recover_transaction(transaction)
    assert sender in GUIDE.read_text()
    assert get_create_address(sender, 0) == to_checksum(DEPLOYER)
    assert DEPLOYER_CODE.hex() in transaction


@pytest.mark.parametrize("changed", ["account", "salt", "name"])
def test_account_salt_and_name_each_change_the_address(changed):
    def address(different):
        account = ACCOUNT[::-1] if different == "account" else ACCOUNT
        salt = keccak(text="b" if different == "salt" else "a")
        return reserved_address(account, salt, "router" if different == "name" else "mailbox")

    assert address(changed) != address(None)


def test_a_salt_is_32_bytes_of_hex_or_the_hash_of_a_text():
    assert parse_salt(None) is None
    assert parse_salt(WORD) == bytes.fromhex(64 * "7")
    assert parse_salt("acme 2026") == keccak(text="acme 2026")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0x12", "0x and 64 hex digits"),
        (WORD + "7", "0x and 64 hex digits"),
        (WORD[:-1] + "g", "0x and 64 hex digits"),
        (WORD[2:], "0x and 64 hex digits"),
        ("0X" + WORD[2:], "0x and 64 hex digits"),
        ("", "1 to 256 printable characters"),
        (" acme", "without a blank at either end"),
        ("acme\n", "without a blank at either end"),
        ("ac\x1bme", "1 to 256 printable characters"),
        ("a" * 257, "1 to 256 printable characters"),
    ],
)
def test_what_is_not_clearly_a_salt_is_refused(text, expected):
    with pytest.raises(ConfigError, match=r"^--salt: ") as error:
        parse_salt(text)
    assert expected in str(error.value)
    assert repr(text[:80]) in str(error.value)


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33)])
def test_other_sizes_have_no_address(salt):
    with pytest.raises(DecodeError, match="salt"):
        reserved_address(ACCOUNT, salt, "mailbox")


def test_the_lines_of_python_in_the_guide_make_addresses():
    block = re.search(
        r"```python\n(from hyperlane[^`]*reserved_address[^`]*)```", GUIDE.read_text()
    )
    *_, last = block.group(1).strip().splitlines()
    names = {}
    exec(block.group(1), names)
    made = eval(last, names)
    assert made == reserved_address(ACCOUNT, keccak(text="acme"), "router of ETH/acme")
