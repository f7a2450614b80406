"""Owners of contracts: keys that can be stolen, and nobody."""

import pytest
from eth_utils.address import to_checksum_address

from ape_hyperlane.safety.owners import owner_findings
from hyperlane.registry import CoreConfig
from hyperlane.registry.models import read

pytestmark = pytest.mark.quick

KEY, SAFE = "0x" + "11" * 20, "0x" + "22" * 20
VANITY, ALONE = "0x" + "11" * 18 + "dead", "0x" + "33" * 20
KINDS = {KEY: "a plain key", VANITY: "a plain key", ALONE: "a Safe for which one owner signs alone"}
DEAD = "0x000000000000000000000000000000000000dEaD"


@pytest.fixture
def findings(tmp_path):
    def findings(text):
        path = tmp_path / "core.yaml"
        path.write_text(text)
        found = owner_findings(read(CoreConfig, path), lambda address: KINDS.get(address.lower()))
        return list(map(str, found))

    return findings


def test_owners_that_are_contracts_are_fine(findings):
    assert findings(f"{{owner: '{SAFE}', proxyAdmin: {{owner: '{SAFE}'}}}}") == []


def test_each_plain_key_is_named_once_with_what_it_owns(findings):
    text = f"""
owner: '{KEY}'
proxyAdmin: {{owner: '{KEY}'}}
defaultIsm:
  type: domainRoutingIsm
  owner: '{SAFE}'
  domains:
    beta: {{type: pausableIsm, owner: '{KEY}'}}
defaultHook: {{type: interchainGasPaymaster, owner: '{KEY}'}}
requiredHook: {{type: aggregationHook, hooks: [{{type: pausableHook, owner: '{KEY}'}}]}}
"""
    assert findings(text) == [
        "owner, defaultIsm.domains.beta.owner, defaultHook.owner, requiredHook.hooks.0.owner and 1"
        f" more: {KEY} is a plain key: whoever steals the key owns all of this: take a Safe of"
        " several keys, or a timelock"
    ]


@pytest.mark.parametrize("nobody", [DEAD, "0x" + "00" * 19 + "01"])
@pytest.mark.parametrize(
    "config",
    [
        "defaultIsm: {type: pausableIsm, owner: '%s'}",
        "defaultHook: {type: aggregationHook, hooks: [{type: pausableHook, owner: '%s'}]}",
    ],
)
def test_a_pausable_that_nobody_can_pause(findings, config, nobody):
    (line,) = findings(f"owner: '{SAFE}'\n{config % nobody}")
    assert f"nobody can pause: {nobody} has no key: name an account that can" in line
    assert "owner:" in line


def test_a_safe_for_which_one_key_suffices_is_no_better_than_the_key(findings):
    (line,) = findings(f"owner: '{ALONE}'")
    assert f"owner: {ALONE} is a Safe for which one owner signs alone: whoever" in line


def test_a_key_whose_address_ends_like_that_of_nobody_is_a_key(findings):
    (line,) = findings(f"owner: '{to_checksum_address(VANITY)}'")
    assert "is a plain key" in line


def test_a_contract_given_away_for_good_is_no_plain_key(findings):
    assert findings(f"owner: '{DEAD}'") == []
