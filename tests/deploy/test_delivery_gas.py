"""What paymasters of other chains charge for deliveries is compared with simulated ones."""

import json
import re

import pytest
import yaml

from ape_hyperlane.core.delivery_gas import charge_findings, least_signatures
from hyperlane.registry import ChainMetadata, CoreConfig

BETA = 31338
KEYS = [f"0x{digit * 40}" for digit in "123"]


@pytest.fixture
def charge(node, registry):
    """Has a paymaster of chain beta charge this much for deliveries to alpha."""

    def charge(overhead: int) -> None:
        registry.write_metadata(
            ChainMetadata(name="beta", chain_id=BETA, domain_id=BETA, rpc_urls=[{"http": node.url}])
        )
        price = {"gasPrice": "1", "tokenExchangeRate": "10000000000"}
        hook = {"overhead": {"alpha": overhead}, "oracleConfig": {"alpha": price}}
        content = {"defaultHook": {"type": "interchainGasPaymaster", **hook}}
        file = registry.chain_folder("beta") / "core-config.yaml"
        file.write_text(yaml.safe_dump(content))

    return charge


def risks(check) -> list[str]:
    found = json.loads(check("--json").stdout)["risks"]
    return [line for line in found if "overhead" in line]


def test_charges_below_what_a_delivery_takes_are_told(deploy, check, charge, node, config):
    module = {"type": "messageIdMultisigIsm", "validators": KEYS, "threshold": 3}
    assert deploy("--config", config(yaml.safe_dump({"defaultIsm": module}))).exit_code == 0
    assert risks(check) == []
    charge(60_000)
    (found,) = risks(check)
    assert re.fullmatch(
        r"beta\.interchainGasPaymaster\.overhead\.alpha: 60,000 gas is paid for deliveries that"
        r" take [67]\d,\d{3}: set [78]\d,\d{3} or more",
        found,
    )
    charge(100_000)
    (found,) = risks(check)
    assert "once new storage is repriced" in found
    charge(200_000)
    assert risks(check) == []


def test_a_file_of_another_chain_that_cannot_be_read_is_for_its_own_check(
    deploy, check, charge, registry
):
    deploy()
    charge(1)
    (registry.chain_folder("beta") / "core-config.yaml").write_text("defaultIsm: [")
    result = check()
    assert result.exit_code == 0, result.stderr


def test_a_charge_is_compared_with_today_and_with_what_is_announced():
    (short,) = charge_findings("here", "alpha", 99_999, 100_000)
    assert "110,000 or more" in str(short)
    (later,) = charge_findings("here", "alpha", 187_919, 100_000)
    assert "187,920 once" in str(later)
    assert [*charge_findings("here", "alpha", 187_920, 100_000)] == []


def test_the_fewest_signatures_are_counted_through_modules():
    one, two = (
        {"type": f"{kind}MultisigIsm", "validators": KEYS, "threshold": threshold}
        for kind, threshold in (("messageId", 1), ("merkleRoot", 2))
    )
    weights = zip(KEYS, (5, 3, 2), strict=True)
    weighted = {
        "type": "weightedMessageIdMultisigIsm",
        "validators": [{"signingAddress": key, "weight": weight} for key, weight in weights],
        "thresholdWeight": 9,
    }
    either = {"type": "staticAggregationIsm", "modules": [two, one, weighted], "threshold": 2}
    routing = {"type": "domainRoutingIsm", "owner": KEYS[0], "domains": {"beta": either}}
    for module, count in ((one, 1), (two, 2), (weighted, 3), (either, 3), (routing, 3)):
        config = CoreConfig.model_validate({"defaultIsm": module})
        assert least_signatures(config.default_ism, "beta") == count
    assert least_signatures(config.default_ism, "gamma") == 0
    assert least_signatures(CoreConfig().default_ism, "beta") == 0
