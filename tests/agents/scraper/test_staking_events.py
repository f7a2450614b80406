"""Events of staking contracts as the contracts declare them."""

import json

import pytest
from tests.support.devnet import BUILD

from hyperlane.agents.scraper.staking import TOPICS, staking_event
from hyperlane.chain.abi import StakingManager
from hyperlane.chain.ledger import Entry
from hyperlane.errors import ChainError
from hyperlane.protocol.hashing import keccak

CONTRACTS = ("StakingManager", "CheckpointSlasher", "CensorshipChallenges")
OF_OWNERS = {
    "AdminChanged", "BeneficiarySet", "Initialized", "OwnershipTransferStarted", "TreasurySet",
    "OwnershipTransferred", "EIP712DomainChanged", "HookSet", "IsmSet", "Upgraded", "Paused",
    "Unpaused",
}  # fmt: skip
"""Events that say nothing about stake."""


def signature(item):
    def kind(value):
        if not value["type"].startswith("tuple"):
            return value["type"]
        return f"({','.join(map(kind, value['components']))})"

    return f"{item['name']}({','.join(map(kind, item['inputs']))})"


def test_all_events_of_the_contracts_are_known():
    artifacts = json.loads(BUILD.read_text())["contractTypes"]
    declared = {
        signature(item)
        for name in CONTRACTS
        for item in artifacts[name]["abi"]
        if item["type"] == "event" and item["name"] not in OF_OWNERS
    }
    assert {keccak(item.encode()) for item in declared} == set(TOPICS), declared


def test_values_are_read_by_name():
    operator, key = b"\1" * 20, b"\2" * 20
    topics = (StakingManager.REGISTERED.topic, bytes(12) + operator, bytes(12) + key)
    row = staking_event(Entry(b"\3" * 20, topics, (500).to_bytes(32), 7))
    assert (row.kind, row.operator, row.validator) == ("OperatorRegistered", operator, key)
    assert row.amount is None
    assert row.fields == {
        "operator": f"0x{operator.hex()}", "key": f"0x{key.hex()}", "commission": "500",
    }  # fmt: skip


def test_all_that_is_slashed_is_the_amount():
    """Of what is staked, and of what is being unstaked."""
    topic = keccak(b"Slashed(address,address,uint256,uint256,uint256)")
    data = b"".join(each.to_bytes(32) for each in (20, 5, 3))
    row = staking_event(Entry(b"\3" * 20, (topic, bytes(32), bytes(32)), data, 7))
    assert row.amount == 25
    topic = keccak(b"Unstaked(address,address,uint256,uint256,uint256)")
    data = b"".join(each.to_bytes(32) for each in (30, 9**9))
    numbered = (9).to_bytes(32)
    row = staking_event(Entry(b"\3" * 20, (topic, bytes(32), bytes(32), numbered), data, 7))
    assert row.amount == 30, "and not with the number of the withdrawal"


def test_a_log_of_another_layout_is_refused():
    topics = (StakingManager.REGISTERED.topic, bytes(32))
    with pytest.raises(ChainError, match="OperatorRegistered"):
        staking_event(Entry(b"\3" * 20, topics, (500).to_bytes(32), 7))
