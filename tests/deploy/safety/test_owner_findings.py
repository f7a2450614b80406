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


GUARDS = "0x" + "44" * 20


def guarded(owner=SAFE, guardians=(GUARDS,), pause=21600):
    listed = ", ".join(f"'{each}'" for each in guardians)
    return (
        f"{{type: guardedPausableIsm, owner: '{owner}', guardians: [{listed}],"
        f" guardianPause: {pause}}}"
    )


@pytest.mark.parametrize("pause", [3600, 7 * 86400])
def test_guardians_beside_an_owner_of_several_keys_are_fine(findings, pause):
    assert findings(f"owner: '{SAFE}'\ndefaultIsm: {guarded(pause=pause)}") == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            guarded(guardians=()),
            "defaultIsm.guardians: nobody can pause but the owner: name the addresses of guardians'"
            " keys, or take a pausable type without guardians",
        ),
        (
            guarded(guardians=(GUARDS, SAFE)),
            f"defaultIsm.guardians.1: {SAFE} is the owner: whoever steals the key can unpause as"
            " well: name a key that can do nothing else",
        ),
        (
            guarded(guardians=(DEAD,)),
            f"defaultIsm.guardians.0: {DEAD} has no key: name an account that can act at once",
        ),
        (
            guarded(pause=3599),
            "defaultIsm.guardianPause: 3599 s: too short for an owner to act: take 3600 to 604800"
            " seconds",
        ),
        (
            guarded(pause=7 * 86400 + 1),
            "defaultIsm.guardianPause: 604801 s: a stolen key stops messages so long: take 3600 to"
            " 604800 seconds",
        ),
        (
            guarded(owner=DEAD),
            f"defaultIsm.owner: no pause lasts, and each guardian has one: {DEAD} has no key: name"
            " an account that can act within hours",
        ),
    ],
)
def test_guardians_of_no_use(findings, config, said):
    assert findings(f"owner: '{SAFE}'\ndefaultIsm: {config}") == [said]


def test_a_guardians_blacklist_is_for_a_hot_key_and_anybody_elses_is_not(findings):
    def of(owner):
        blacklist = f"{{type: blacklistIsm, owner: '{owner}'}}"
        return f"""
owner: '{SAFE}'
defaultIsm:
  type: staticAggregationIsm
  threshold: 2
  modules: [{guarded(guardians=(KEY,))}, {blacklist}]
"""

    assert findings(of(KEY)) == []
    (line,) = findings(of(ALONE))
    assert line.startswith(f"defaultIsm.modules.1.owner: {ALONE} is a Safe for which one owner")
