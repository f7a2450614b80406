"""From a config to steps, without a chain."""

import pytest

from ape_hyperlane.core.plan import CLONE_FACTORIES, FACTORIES, plan_core
from ape_hyperlane.core.static_sets import ANNOUNCED, TODAY, break_even, set_lines
from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import Call, Create, CreateSet, Creator, Ref, Use, final_readings
from hyperlane.errors import ConfigError
from hyperlane.registry import CoreConfig

DEPLOYER, OWNER, OTHER = (f"0x{digit * 40}" for digit in "123")
DOMAINS = {"beta": 31338}


def plan(**config):
    wanted = CoreConfig.model_validate(config)
    return plan_core(wanted, domain=31337, deployer=DEPLOYER, registry=RegistryView(DOMAINS))


def named(steps, name):
    (step,) = (step for step in steps if step.name == name)
    return step


def final(steps, target, view):
    (reading,) = (
        reading
        for reading in final_readings(steps)
        if (reading.target, reading.method) == (Ref(target), view)
    )
    return reading.expected


def test_every_contract_is_made_before_it_is_referred_to():
    made = set()
    for step in plan():
        if isinstance(step, Use):  # of what another contract makes
            assert step.address.maker.step in made
            made.add(step.name)
            continue
        arguments = step.members if isinstance(step, CreateSet) else step.arguments
        targets = (step.target,) if isinstance(step, Call) else ()
        for value in (*arguments, *targets):
            assert not isinstance(value, Ref) or value.step in made
        made.add(step.name)


def test_step_names_are_unique():
    names = [step.name for step in plan(owner=OWNER)]
    assert len(set(names)) == len(names)


def test_all_factories_are_there_whatever_the_config_uses():
    created = {step.contract for step in plan() if isinstance(step, Create)}
    assert set(FACTORIES.values()) <= created


@pytest.mark.parametrize(("sets", "form"), [("code", "Static"), ("clones", "Cloned")])
def test_multisigs_are_of_the_form_that_the_config_says(sets, form):
    weighted = {"signingAddress": OWNER, "weight": 1}
    parts = [
        {"type": "messageIdMultisigIsm", "validators": [OWNER], "threshold": 1},
        {"type": "merkleRootMultisigIsm", "validators": [OWNER], "threshold": 1},
        {
            "type": "weightedMessageIdMultisigIsm",
            "validators": [weighted],
            "thresholdWeight": 1,
        },
    ]
    module = {"type": "staticAggregationIsm", "modules": parts, "threshold": 2}
    steps = plan(staticSets=sets, defaultIsm=module)
    made = {step.contract for step in steps if isinstance(step, CreateSet)}
    multisigs = {f"{form}MessageIdMultisigIsm", f"{form}MerkleRootMultisigIsm"}
    assert made == {*multisigs, "StaticMessageIdWeightedMultisigIsm", "StaticAggregationIsm"}
    created = {step.contract for step in steps if isinstance(step, Create)}
    assert (set(CLONE_FACTORIES.values()) <= created) == (sets == "clones")
    assert [line.partition(":")[0] for line in set_lines(steps)] == [
        f"{form}MessageIdMultisigIsm",
        f"{form}MerkleRootMultisigIsm",
    ]


def test_code_pays_after_what_it_costs_more_is_saved():
    assert break_even(45 + 3_100, TODAY) == 203
    assert break_even(45 + 3_101, TODAY) == 204
    assert break_even(1_596, TODAY) == 102
    assert break_even(1_596, ANNOUNCED) == 683


def test_a_file_says_nothing_of_sets_that_are_code():
    assert "staticSets" not in CoreConfig().as_file()
    assert CoreConfig(static_sets="clones").as_file()["staticSets"] == "clones"


def test_the_mailbox_is_initialised_with_its_final_owner():
    step = named(plan(owner=OWNER), "initialize of mailbox")
    assert step.arguments == (
        OWNER,
        Ref("interchainSecurityModule"),
        Ref("interchainGasPaymaster"),
        Ref("merkleTreeHook"),
    )


def test_the_paymaster_stays_with_the_deployer_until_it_is_set_up():
    steps = plan(owner=OWNER)
    initialize = named(steps, "initialize of interchainGasPaymaster")
    assert initialize.arguments == (Creator("interchainGasPaymaster"), OWNER)
    assert final(steps, "interchainGasPaymaster", "owner") == OWNER
    assert steps.index(named(steps, "transferOwnership of interchainGasPaymaster")) > steps.index(
        named(steps, "initialize of mailbox")
    )


def test_remote_chains_are_named_as_in_the_registry_or_by_domain():
    price = {"gasPrice": 5, "tokenExchangeRate": 10**10}
    steps = plan(
        defaultHook={
            "type": "interchainGasPaymaster",
            "overhead": {"beta": 100, "77": 200},
            "oracleConfig": {"beta": price, "77": price},
        }
    )
    prices = named(steps, "setRemoteGasDataConfigs of interchainGasPaymaster").arguments
    assert prices == ([(31338, 10**10, 5), (77, 10**10, 5)],)


def test_an_oracle_key_gets_an_oracle_of_its_own():
    price = {"gasPrice": 5, "tokenExchangeRate": 10**10}
    steps = plan(
        defaultHook={
            "type": "interchainGasPaymaster",
            "oracleKey": OTHER,
            "overhead": {"beta": 100},
            "oracleConfig": {"beta": price},
        }
    )
    assert final(steps, "storageGasOracle", "owner") == OTHER
    configured = named(steps, "setDestinationGasConfigs of interchainGasPaymaster").arguments
    assert configured == ([(31338, (Ref("storageGasOracle"), 100))],)


def test_a_remote_chain_that_nobody_knows_is_refused_with_the_nearest():
    price = {"gasPrice": 5, "tokenExchangeRate": 10**10}
    with pytest.raises(ConfigError, match=r"oracleConfig.bta: not in the registry; did you mean"):
        plan(
            defaultHook={
                "type": "interchainGasPaymaster",
                "overhead": {"bta": 100},
                "oracleConfig": {"bta": price},
            }
        )


@pytest.mark.parametrize(
    ("chains", "complaint"),
    [
        (["0"], "oracleConfig.0: expected a domain, 1 to 4294967295"),
        (["4294967296"], "oracleConfig.4294967296: expected a domain"),
        (["beta", "31338"], "oracleConfig.31338: domain 31338 appears twice"),
    ],
)
def test_domains_that_cannot_be_or_that_are_named_twice_are_refused(chains, complaint):
    price = {"gasPrice": 5, "tokenExchangeRate": 10**10}
    with pytest.raises(ConfigError, match=complaint):
        plan(
            defaultHook={
                "type": "interchainGasPaymaster",
                "overhead": dict.fromkeys(chains, 100),
                "oracleConfig": dict.fromkeys(chains, price),
            }
        )


def test_a_fee_alone_as_required_hook_does_not_replace_the_tree():
    steps = plan(requiredHook={"type": "protocolFee", "maxProtocolFee": 2, "protocolFee": 1})
    assert final(steps, "mailbox", "requiredHook") == Ref("aggregationHook")
    assert named(steps, "aggregationHook").members == (Ref("merkleTreeHook"), Ref("protocolFee"))


def test_an_aggregation_of_modules_is_made_after_its_modules():
    steps = plan(
        defaultIsm={
            "type": "staticAggregationIsm",
            "threshold": 2,
            "modules": [
                {"type": "messageIdMultisigIsm", "validators": [OWNER, OTHER], "threshold": 2},
                {"type": "trustedRelayerIsm", "relayer": OTHER},
                OTHER,
            ],
        }
    )
    module = named(steps, "interchainSecurityModule")
    assert module.members == (
        Ref("interchainSecurityModule.0"),
        Ref("interchainSecurityModule.1"),
        OTHER,
    )
    assert module.threshold == 2
    assert named(steps, "interchainSecurityModule.0").members == (OWNER, OTHER)


def test_a_call_is_described_with_hex_for_bytes():
    call = Call("enrol", Ref("router"), "Router", "enroll", ([5], [b"\1\2"], b""))
    assert call.describe() == "call <router>.enroll([5], [0x0102], 0x)"
