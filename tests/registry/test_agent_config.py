"""The agents' JSON from a registry in the public form: accepted by our agents, in theirs' keys."""

import json

import pytest
import yaml
from tests.registry.test_public_files import FOLDER, FOREIGN, PUBLIC, ROUTES

from hyperlane.errors import ConfigError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.registry import Registry
from hyperlane.registry.agent_config import relayer_config, shared_config, validator_config
from hyperlane.registry.deployed_routes import WarpRoute
from hyperlane.registry.models import read
from hyperlane.settings import RelayerSettings, ValidatorSettings, load_settings
from hyperlane.settings.matching import matches

EVM = ("mainland", "rollup")
ONE = "0x" + 40 * "1"


def route(name):
    return read(WarpRoute, ROUTES / f"{name}-config.yaml")


@pytest.fixture
def load(tmp_path):
    """Our agent's settings from a configuration, with keys from the environment."""

    def load(model, made):
        path = tmp_path / "agent.json"
        path.write_text(json.dumps(made.content))
        key = "0x" + 32 * "ab"
        return load_settings(
            model, [path], {"HYP_DEFAULTSIGNER_KEY": key, "HYP_VALIDATOR_KEY": key}
        )

    return load


def test_chains_have_the_keys_of_the_reference():
    theirs = json.loads((FOLDER / "agent-config.json").read_text())
    ours = shared_config(PUBLIC, EVM).content
    assert ours.keys() == theirs.keys()
    for chain in EVM:
        # The public registry has `index.from` in metadata of some chains; the block time, too.
        assert ours["chains"][chain].keys() == theirs["chains"][chain].keys()
        assert ours["chains"][chain]["blocks"] == theirs["chains"][chain]["blocks"]


def test_a_relayer_of_two_chains_loads(load):
    settings = load(RelayerSettings, relayer_config(PUBLIC, EVM))
    assert settings.relay_chains == EVM
    assert settings.whitelist == ()
    (rule,) = settings.gas_payment_enforcement
    assert (rule.type, rule.numerator, rule.denominator) == ("onChainFeeQuoting", 1, 2)
    assert settings.chains["mainland"].blocks.reorg_period == 15
    assert settings.ineffective == (), "addresses that only other tools use are known"


def test_a_validator_loads(load):
    settings = load(ValidatorSettings, validator_config(PUBLIC, "rollup", "s3://b/eu-west-1/a/c"))
    assert settings.origin_chain_name == "rollup"
    syncer = settings.checkpoint_syncer
    assert (syncer.type, syncer.bucket, syncer.region, syncer.folder) == (
        "s3",
        "b",
        "eu-west-1",
        "a/c",
    )
    assert load(ValidatorSettings, validator_config(PUBLIC, "rollup", "gs://b")).checkpoint_syncer


@pytest.mark.parametrize("name", ["USDX/svmland", "LAND/all", "WBTX/mainland-rollup"])
def test_a_mixed_route_is_served_between_its_evm_ends_and_nothing_else(load, name):
    found = route(name)
    settings = load(RelayerSettings, relayer_config(PUBLIC, (), route=found))
    assert settings.relay_chains == EVM
    routers = {chain: found.on(chain).address_or_denom for chain in EVM}

    def message(sender, recipient, body=b""):
        word = {
            chain: Bytes32(bytes.fromhex(router[2:]).rjust(32, b"\0"))
            for chain, router in routers.items()
        }
        other = Bytes32(bytes(12) + b"\x99" * 20)
        domains = {chain: PUBLIC.metadata(chain).domain_id for chain in EVM}
        return Message(
            3,
            0,
            domains[sender],
            word[sender] if body != b"stranger" else other,
            domains[recipient],
            word[recipient],
            body,
        )

    assert matches(settings.whitelist, message("mainland", "rollup"))
    assert matches(settings.whitelist, message("rollup", "mainland"))
    assert not matches(settings.whitelist, message("mainland", "rollup", b"stranger"))
    assert len(settings.whitelist) == 2


def test_routers_of_several_tokens_are_paired_as_they_know_each_other():
    entries = relayer_config(PUBLIC, (), route=route("CROSS/all")).content["whitelist"]
    pairs = {(entry["senderAddress"], entry["recipientAddress"]) for entry in entries}
    ends = [token for token in route("CROSS/all").tokens if token.is_evm]
    expected = {
        (sender.address_or_denom.lower(), recipient.address_or_denom.lower())
        for sender in ends
        for recipient in ends
        if sender.chain_name != recipient.chain_name
    }
    assert {("0x" + one[-40:], "0x" + other[-40:]) for one, other in pairs} <= expected
    assert pairs


@pytest.fixture
def bare(tmp_path):
    """A registry of two chains whose files have the least."""
    for number, chain in enumerate(("alpha", "beta"), 5):
        folder = tmp_path / "bare" / "chains" / chain
        folder.mkdir(parents=True)
        metadata = {
            **{"name": chain, "chainId": number, "domainId": number, "protocol": "ethereum"},
            "rpcUrls": [{"http": "http://127.0.0.1:1"}],
        }
        (folder / "metadata.yaml").write_text(yaml.safe_dump(metadata))
        contracts = dict.fromkeys(("mailbox", "merkleTreeHook", "validatorAnnounce"), ONE)
        (folder / "addresses.yaml").write_text(yaml.safe_dump(contracts))
    return Registry(tmp_path / "bare")


def test_what_a_registry_lacks_is_safe_and_said(load, bare):
    made = relayer_config(bare, ["alpha", "beta"])
    settings = load(RelayerSettings, made)
    assert settings.chains["alpha"].blocks.reorg_period == "finalized"
    assert settings.chains["alpha"].interchain_gas_paymaster is None
    assert made.chains["alpha"]["interchainGasPaymaster"] == "0x" + 40 * "0"
    assert [rule.type for rule in settings.gas_payment_enforcement] == ["none", "onChainFeeQuoting"]
    notes = "\n".join(made.notes)
    assert "chains.alpha.blocks.reorgPeriod: the registry names none" in notes
    assert "messages of domains 5, 6 are delivered unpaid" in notes


@pytest.mark.parametrize(
    ("chains", "options", "complaint"),
    [
        (["mainland"], {}, "--chains: mainland; a relayer needs two chains or more"),
        (["mainland", "mainlnd"], {}, "no chain 'mainlnd'; did you mean 'mainland'?"),
        *(
            ((chain, "mainland"), {}, f"protocol: '{protocol}'; this needs a chain of protocol")
            for chain, protocol in FOREIGN.items()
        ),
        ((), {"route": WarpRoute(tokens=[])}, "the route's ends on EVM chains: none; a relayer"),
    ],
)
def test_what_cannot_be_relayed_is_refused(chains, options, complaint):
    with pytest.raises(ConfigError) as refused:
        relayer_config(PUBLIC, chains, **options)
    assert complaint in str(refused.value)


def test_a_chain_without_a_contract_that_agents_need_is_refused(bare):
    path = bare.chain_folder("alpha") / "addresses.yaml"
    path.write_text(yaml.safe_dump({"mailbox": ONE}))
    with pytest.raises(ConfigError, match=r"alpha/addresses.yaml: merkleTreeHook: required"):
        relayer_config(bare, ["alpha", "beta"])


@pytest.mark.parametrize("storage", ["s3://", "s3://bucket", "ftp://bucket/x", "gs:///folder"])
def test_a_storage_that_cannot_be_is_refused(storage):
    with pytest.raises(ConfigError, match=r"--storage .*: expected a folder, s3://bucket/region"):
        validator_config(PUBLIC, "rollup", storage)
