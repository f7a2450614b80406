"""Accounts that one key controls although they have code."""

import ape
import pytest
from tests.support.lying import lying

from ape_hyperlane.plans.owners import single_key

SOMEBODY = "0x" + "77" * 20
OWNERS = ["0x" + "88" * 20, "0x" + "99" * 20]


def safe(threshold: int) -> str:
    return lying(
        {
            "getThreshold()": (["uint256"], [threshold]),
            "getOwners()": (["address[]"], [OWNERS]),
            "VERSION()": (["string"], ["1.4.1"]),
        }
    )


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("0x", "a plain key"),
        # What EIP-7702 has a key point to, for example to batch its calls.
        ("0xef0100" + "12" * 20, "a plain key"),
        (safe(1), "a Safe for which one owner signs alone"),
        (safe(2), None),
        (lying({"owner()": (["address"], [SOMEBODY])}), None),
    ],
)
def test_which_accounts_one_key_controls(node, code, what):
    node.rpc("anvil_setCode", SOMEBODY, code)
    with ape.networks.parse_network_choice(node.url):
        assert single_key(SOMEBODY) == what
