"""What is wrong is said in one line, before anything is sent or written."""

import json

import pytest

from hyperlane.registry import ChainMetadata

ONE = "0x" + 40 * "1"


@pytest.fixture
def refused(deploy, node, registry):
    """The one line in which a run is refused that leaves no trace."""

    def refused(*options, sent=0, **choices):
        before = {path: path.read_bytes() for path in registry.folder.rglob("*.*")}
        result = deploy(*options, **choices)
        assert result.exit_code == 1, result.output
        assert node.nonce(block="pending") == sent
        assert {path: path.read_bytes() for path in registry.folder.rglob("*.*")} == before
        (line,) = result.stderr.splitlines()
        return line

    return refused


@pytest.mark.parametrize(
    ("choices", "complaint"),
    [
        ({"network": "ethereum:nowhere"}, "nowhere"),
        ({"network": "ethereum:sepolia:nobody"}, "nobody"),
        ({"network": "http://127.0.0.1:1"}, "127.0.0.1:1"),
        ({"account": "nobody"}, "--account 'nobody' does not exist"),
        ({"account": "test:99999"}, "--account 'test:99999'"),
    ],
)
def test_networks_and_accounts_that_do_not_exist_are_refused(refused, choices, complaint):
    assert complaint in refused(**choices)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ownr: x", "unknown key 'ownr'; did you mean 'owner'?"),
        ("owner: '0x12'", "owner: '0x12' is not an address"),
        (
            f"defaultIsm: {{type: messageIdMultisigIsm, validators: ['{ONE}', '{ONE}'],"
            " threshold: 1}",
            "appears twice",
        ),
        (
            f"defaultIsm: {{type: messageIdMultisigIsm, validators: ['{ONE}'], threshold: 0}}",
            "threshold: 0, expected 1 to 1",
        ),
        (
            f"defaultIsm: {{type: messageIdMultisigIsm, validators: ['{ONE}'], threshold: 2}}",
            "threshold: 2, expected 1 to 1",
        ),
        (f"defaultHook: '{ONE}'", f"{ONE}: no contract on alpha"),
        (
            "defaultHook: {type: interchainGasPaymaster, overhead: {beta: 1},"
            " oracleConfig: {beta: {gasPrice: 1, tokenExchangeRate: 1}}}",
            "oracleConfig.beta: not in the registry",
        ),
        ("a: [", "not YAML"),
    ],
)
def test_configs_are_refused(refused, config, text, complaint):
    assert complaint in refused("--config", config(text))


def test_a_config_that_is_not_there_is_refused(refused, tmp_path):
    assert "nothing.yaml: cannot be read" in refused("--config", tmp_path / "nothing.yaml")


def test_a_node_with_another_chain_id_is_refused(refused, registry, node):
    registry.write_metadata(
        ChainMetadata(name="alpha", chain_id=5, domain_id=5, rpc_urls=[{"http": node.url}])
    )
    assert "chainId is 5, but the node answers 31337" in refused()


def test_another_domain_than_the_registry_has_is_refused(refused, registry, node):
    registry.write_metadata(
        ChainMetadata(name="alpha", chain_id=31337, domain_id=5, rpc_urls=[{"http": node.url}])
    )
    assert "domainId is 5, but --domain is 6" in refused("--domain", "6")


@pytest.mark.parametrize("domain", ["0", "-1", "4294967296"])
def test_domains_that_do_not_fit_are_refused(refused, domain):
    assert f"--domain: {domain}, expected 1 to 4294967295" in refused("--domain", domain)


def test_too_little_money_is_noticed_before_the_first_transaction(refused, node):
    node.rpc("anvil_setBalance", node.deployer, hex(10**15))
    line = refused()
    assert f"account {node.deployer} has 0.001000 ether; about" in line
    assert "are needed for" in line


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("metadata.yaml", "name: [", "metadata.yaml: not YAML"),
        ("metadata.yaml", "name: alpha", "metadata.yaml: chainId: required, but missing"),
        ("addresses.yaml", f"mailbox: '{ONE}'", "this core was not deployed from here"),
        ("deployment.json", "{", "deployment.json: not a deployment journal"),
        ("core-config.yaml", "ownr: 1", "core-config.yaml: unknown key 'ownr'"),
    ],
)
def test_unusable_registry_files_are_named(refused, registry, name, content, complaint):
    folder = registry.chain_folder("alpha")
    folder.mkdir(parents=True)
    (folder / name).write_text(content)
    assert complaint in refused()


def test_a_journal_of_another_chain_is_refused(refused, deploy, registry, node):
    deploy()
    path = registry.chain_folder("alpha") / "deployment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "chainId": 5}))
    assert "chainId is 5, but the node answers 31337" in refused(sent=17)


def test_another_domain_for_a_deployed_mailbox_is_refused(refused, deploy, registry):
    deploy()
    metadata = registry.metadata("alpha")
    registry.write_metadata(metadata.model_copy(update={"domain_id": 77}))
    assert "'mailbox' was planned as create Mailbox(31337)" in refused(sent=17)


@pytest.mark.parametrize("name", ["../alpha", "Alpha", "my-chain"])
def test_chain_names_that_no_registry_takes_are_refused(refused, name):
    assert "expected lower-case letters and digits" in refused("--chain", name)
