"""Registry folders: what other people's files look like, and what ours do."""

import pytest
import yaml

from hyperlane.errors import ConfigError
from hyperlane.registry import ChainAddresses, ChainMetadata

METADATA = """
# yaml-language-server: $schema=../schema.json
blocks:
  confirmations: 1
  estimateBlockTime: 13
  reorgPeriod: 15
chainId: 1
displayName: Ethereum
domainId: 1
gasCurrencyCoinGeckoId: ethereum
name: ethereum
nativeToken: {decimals: 18, name: Ether, symbol: ETH}
protocol: ethereum
rpcUrls:
  - http: https://rpc.example/1
    pagination: {maxBlockRange: 1000}
technicalStack: other
"""
MAILBOX = "0xc005dc82818d67AF737725bD4bf75435d065D239"
ADDRESSES = f'mailbox: "{MAILBOX}"\nsomethingElse: "0x01"\n'


@pytest.fixture
def ethereum(registry, write):
    write("chains/ethereum/metadata.yaml", METADATA)
    write("chains/ethereum/addresses.yaml", ADDRESSES)
    return registry


def test_metadata_reads_the_reference_format(ethereum):
    metadata = ethereum.metadata("ethereum")
    assert (metadata.chain_id, metadata.domain_id) == (1, 1)
    assert metadata.blocks.reorg_period == 15
    assert metadata.rpc_urls[0].http == "https://rpc.example/1"


def test_metadata_survives_a_round_trip_with_keys_that_we_do_not_know(ethereum, tmp_path):
    ethereum.write_metadata(ethereum.metadata("ethereum"))
    written = yaml.safe_load((tmp_path / "chains/ethereum/metadata.yaml").read_text())
    assert written == yaml.safe_load(METADATA)


def test_addresses_survive_a_round_trip_with_keys_that_we_do_not_know(ethereum, tmp_path):
    ethereum.write_addresses("ethereum", ethereum.addresses("ethereum"))
    written = yaml.safe_load((tmp_path / "chains/ethereum/addresses.yaml").read_text())
    assert written == {"mailbox": MAILBOX, "somethingElse": "0x01"}


def test_addresses_are_written_with_their_checksum(registry, tmp_path):
    registry.write_addresses("a", ChainAddresses(mailbox=MAILBOX.lower()))
    assert (tmp_path / "chains/a/addresses.yaml").read_text() == f"mailbox: '{MAILBOX}'\n"


def test_require_names_chain_and_key_when_an_address_is_missing(ethereum):
    addresses = ethereum.addresses("ethereum")
    assert addresses.require("ethereum", "mailbox") == MAILBOX
    with pytest.raises(ConfigError, match=r"chains/ethereum/addresses.yaml: validatorAnnounce"):
        addresses.require("ethereum", "validatorAnnounce")


def test_chains_lists_what_has_metadata(ethereum, write):
    write("chains/other/addresses.yaml", ADDRESSES)
    assert ethereum.chains() == ["ethereum"]


def test_agent_config_merges_metadata_and_addresses(ethereum):
    chain = ethereum.agent_config(["ethereum"])["chains"]["ethereum"]
    assert chain["mailbox"] == MAILBOX
    assert chain["domainId"] == 1
    assert chain["rpcUrls"][0] == {
        "http": "https://rpc.example/1",
        "pagination": {"maxBlockRange": 1000},
    }


def test_reorg_period_may_be_a_tag():
    metadata = ChainMetadata.model_validate(
        {**yaml.safe_load(METADATA), "blocks": {"reorgPeriod": "finalized"}}
    )
    assert metadata.blocks.reorg_period == "finalized"


@pytest.mark.parametrize(
    ("line", "replacement", "complaint"),
    [
        ("chainId: 1", "chainId: '1'", "chainId: '1', expected a positive number"),
        ("chainId: 1", "chainId: -1", "chainId: -1, expected a positive number"),
        ("domainId: 1", "domainId: 4294967296", "domainId: 4294967296: input should be less"),
        ("domainId: 1", "domainId: '1'", "domainId: '1': input should be a valid integer"),
        ("domainId: 1", "", "domainId: required, but missing"),
        ("name: ethereum", "name: optimism", "name: 'optimism', expected the folder's name"),
        ("name: ethereum", "name: My Chain", "name: 'My Chain': string should match"),
        ("reorgPeriod: 15", "reorgPeriod: soon", "blocks.reorgPeriod: 'soon' is neither a number"),
        ("reorgPeriod: 15", "reorgPeriod: -1", "blocks.reorgPeriod: -1 is neither a number"),
        ("https://rpc.example/1", "localhost:8545", "rpcUrls.0.http: 'localhost:8545': string"),
        ("blocks:", "blocks: [", "not YAML: line 5, column 20"),
    ],
)
def test_metadata_is_refused_with_file_key_and_value(registry, write, line, replacement, complaint):
    file = write("chains/ethereum/metadata.yaml", METADATA.replace(line, replacement, 1))
    with pytest.raises(ConfigError) as raised:
        registry.metadata("ethereum")
    assert str(raised.value).startswith(f"{file}: {complaint}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("mailbox: '0x12'", "mailbox: '0x12' is not an address of 20 bytes"),
        ("mailbox: 0x" + 40 * "1", "mailbox: a number; put the address into quotes"),
        (f"mailbox: '{MAILBOX.replace('AF', 'af')}'", "mailbox: '0xc005dc82818d67af737725bD4bf"),
        ("merkleTreeHook: '0x" + 40 * "1" + "'", "mailbox: required, but missing"),
        ("- a", "a list of 1 is not a mapping of keys to values"),
        ("", "mailbox: required, but missing"),
    ],
)
def test_addresses_are_refused_with_file_key_and_value(registry, write, text, complaint):
    file = write("chains/a/addresses.yaml", text)
    with pytest.raises(ConfigError) as raised:
        registry.addresses("a")
    assert str(raised.value).startswith(f"{file}: {complaint}")


def test_addresses_of_a_chain_without_deployment_are_refused(registry, write):
    with pytest.raises(ConfigError, match=r"no chain 'a'"):
        registry.addresses("a")
    write("chains/a/metadata.yaml", "name: a")
    with pytest.raises(ConfigError, match=r"chains/a: no addresses.yaml; deploy a core first"):
        registry.addresses("a")


def test_binary_files_are_refused(registry, tmp_path):
    file = tmp_path / "chains/a/addresses.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a text file"):
        registry.addresses("a")


def test_a_chain_that_is_not_there_is_refused_with_the_nearest_name(ethereum):
    with pytest.raises(ConfigError, match=r"no chain 'etherum'; did you mean 'ethereum'\?"):
        ethereum.metadata("etherum")


@pytest.mark.parametrize("name", ["", "../ethereum", "Ethereum", "my-chain", "1chain", "a\n"])
def test_names_that_no_chain_can_have_are_refused(ethereum, name):
    with pytest.raises(ConfigError, match="expected lower-case letters and digits"):
        ethereum.metadata(name)
