"""What a user gets from `ape run deploy`, and what a second run does."""

import json

import pytest
from eth_account import Account

PASSPHRASE = "APE_ACCOUNTS_me_PASSPHRASE"


def test_a_core_is_deployed_wired_owned_and_written_down(deploy, node, registry):
    result = deploy()
    assert result.exit_code == 0, result.stderr

    addresses = registry.addresses("alpha")
    mailbox, tree = addresses.mailbox, addresses.merkle_tree_hook
    paymaster = addresses.interchain_gas_paymaster
    assert node.view(mailbox, "localDomain()", "uint32") == 31337
    assert node.view(mailbox, "owner()", "address") == node.deployer
    assert node.view(mailbox, "requiredHook()", "address") == tree
    assert node.view(mailbox, "defaultHook()", "address") == paymaster
    module = addresses.interchain_security_module
    assert node.view(mailbox, "defaultIsm()", "address") == module
    assert node.view(module, "trustedRelayer()", "address") == node.deployer
    assert node.view(tree, "mailbox()", "address") == mailbox
    assert node.view(addresses.validator_announce, "mailbox()", "address") == mailbox
    assert node.view(paymaster, "owner()", "address") == node.deployer
    assert node.view(paymaster, "beneficiary()", "address") == node.deployer
    for address in addresses.as_file().values():
        assert node.web3.eth.get_code(address)

    metadata = registry.metadata("alpha")
    assert (metadata.chain_id, metadata.domain_id) == (31337, 31337)
    assert metadata.rpc_urls[0].http == node.url
    assert metadata.index.from_block == node.view(mailbox, "deployedBlock()", "uint256")
    assert str(mailbox) in result.stdout
    assert "verifies only messages that" in result.stdout


def test_a_second_run_sends_nothing_and_changes_no_file(deploy, node, registry):
    deploy()
    sent = node.nonce()
    files = {path: path.read_bytes() for path in registry.folder.rglob("*.*")}

    again = deploy()

    assert again.exit_code == 0, again.stderr
    assert "0 transactions sent" in again.stdout
    assert node.nonce() == sent
    assert {path: path.read_bytes() for path in registry.folder.rglob("*.*")} == files


@pytest.mark.parametrize("known_by", ["its receipt", "its code"])
def test_the_first_block_to_index_does_not_come_from_the_contract(known_by, deploy, node, registry):
    """On Arbitrum and its kin `deployedBlock()` is a block of Ethereum."""
    node.rpc("anvil_mine", hex(20))
    deploy()
    mailbox = registry.addresses("alpha").mailbox
    deployed = node.view(mailbox, "deployedBlock()", "uint256")
    push, of_ethereum = b"\x7f", 20_000_000
    code = bytes(node.web3.eth.get_code(mailbox))
    assert push + deployed.to_bytes(32) in code
    code = code.replace(push + deployed.to_bytes(32), push + of_ethereum.to_bytes(32))
    node.rpc("anvil_setCode", mailbox, "0x" + code.hex())
    assert node.view(mailbox, "deployedBlock()", "uint256") == of_ethereum

    folder = registry.chain_folder("alpha")
    metadata = registry.metadata("alpha")
    registry.write_metadata(metadata.model_copy(update={"index": None}))
    if known_by == "its code":
        journal = json.loads((folder / "deployment.json").read_text())
        journal["steps"]["mailbox"]["transaction"] = None
        (folder / "deployment.json").write_text(json.dumps(journal))
    again = deploy()

    assert again.exit_code == 0, again.stderr
    assert "0 transactions sent" in again.stdout
    assert registry.metadata("alpha").index.from_block == deployed


def test_on_a_development_chain_that_was_reset_the_deployment_starts_anew(deploy, node, registry):
    deploy()
    sent = node.nonce()
    node.rpc("anvil_reset")
    assert node.nonce() == 0

    result = deploy()

    assert result.exit_code == 0, result.stderr
    assert node.nonce() == sent
    assert node.web3.eth.get_code(registry.addresses("alpha").mailbox)


def test_a_dry_run_shows_the_plan_and_leaves_no_trace(deploy, node, registry):
    result = deploy("--dry-run")
    assert result.exit_code == 0, result.stderr
    assert "create Mailbox(31337)" in result.stdout
    assert "gas in all" in result.stdout
    assert node.nonce(block="pending") == 0
    assert not registry.folder.exists()


def test_the_gas_estimate_is_a_little_more_than_what_is_used(deploy, node):
    estimate = next(
        line for line in deploy("--dry-run").stdout.splitlines() if "gas in all" in line
    )
    estimated = int(estimate.split()[0].replace(",", ""))
    deploy()
    used = sum(
        node.web3.eth.get_transaction_receipt(hash_)["gasUsed"]
        for number in range(1, node.web3.eth.block_number + 1)
        for hash_ in node.web3.eth.get_block(number)["transactions"]
    )
    assert used < estimated < 1.2 * used
    assert used < 20_000_000  # all factories and the account router included


def test_json_output_is_the_addresses_and_nothing_else(deploy, registry):
    result = deploy("--json")
    assert json.loads(result.stdout) == registry.addresses("alpha").as_file()


def test_everything_is_owned_by_the_configured_owner_in_the_end(deploy, node, registry, config):
    result = deploy("--config", config(f"owner: '{node.other}'"))
    assert result.exit_code == 0, result.stderr
    addresses = registry.addresses("alpha")
    for contract in (
        addresses.mailbox,
        addresses.interchain_gas_paymaster,
        addresses.test_recipient,
    ):
        assert node.view(contract, "owner()", "address") == node.other


def test_with_a_protocol_fee_the_required_hook_aggregates_tree_and_fee(
    deploy, node, registry, config
):
    result = deploy(
        "--config",
        config(
            f"""
            requiredHook:
              type: aggregationHook
              hooks:
                - type: merkleTreeHook
                - {{type: protocolFee, maxProtocolFee: '1000', protocolFee: '7',
                   beneficiary: '{node.other}', owner: '{node.third}'}}
            """
        ),
    )
    assert result.exit_code == 0, result.stderr
    addresses = registry.addresses("alpha")
    required = node.view(addresses.mailbox, "requiredHook()", "address")
    assert required == addresses.aggregation_hook
    assert node.view(required, "hooks(bytes)", "address[]", 32, 0) == (
        addresses.merkle_tree_hook.lower(),
        addresses.protocol_fee.lower(),
    )
    assert node.view(addresses.protocol_fee, "protocolFee()", "uint256") == 7
    assert node.view(addresses.protocol_fee, "MAX_PROTOCOL_FEE()", "uint256") == 1000
    assert node.view(addresses.protocol_fee, "owner()", "address") == node.third
    assert node.view(addresses.protocol_fee, "beneficiary()", "address") == node.other


def test_a_multisig_module_holds_the_validators_and_prices_are_set(deploy, node, registry, config):
    text = f"""
        defaultIsm:
          type: messageIdMultisigIsm
          validators: ['{node.other}', '{node.third}']
          threshold: 2
        defaultHook:
          type: interchainGasPaymaster
          overhead: {{31338: 100000}}
          oracleConfig: {{31338: {{gasPrice: '5', tokenExchangeRate: '10000000000'}}}}
    """
    assert deploy("--config", config(text)).exit_code == 0
    addresses = registry.addresses("alpha")
    module = node.view(addresses.mailbox, "defaultIsm()", "address")
    assert module == addresses.interchain_security_module
    assert node.view(module, "moduleType()", "uint8") == 5
    paymaster = addresses.interchain_gas_paymaster
    quote = "quoteGasPayment(uint32,uint256)"
    assert node.view(paymaster, quote, "uint256", 31338, 1000) == 5000
    assert node.view(paymaster, "destinationGasOverhead(uint32)", "uint256", 31338) == 100_000


def test_multisigs_are_clones_where_the_config_says_so(deploy, check, node, registry, config):
    members = f"validators: ['{node.other}', '{node.third}'], threshold: 2"
    path = config(f"""
        staticSets: clones
        defaultIsm: {{type: merkleRootMultisigIsm, {members}}}
    """)
    result = deploy("--config", path)
    assert result.exit_code == 0, result.stderr
    assert "ClonedMerkleRootMultisigIsm: cheaper than a copy of the code up to" in result.stdout
    module = node.view(registry.addresses("alpha").mailbox, "defaultIsm()", "address")
    assert len(node.web3.eth.get_code(node.web3.to_checksum_address(module))) == 45 + 3 * 32
    assert node.view(module, "moduleType()", "uint8") == 4
    sent = node.nonce()
    assert deploy().exit_code == 0
    assert node.nonce() == sent
    assert check().exit_code == 0


def test_a_changed_config_changes_only_what_differs(deploy, node, registry, config):
    deploy()
    before = registry.addresses("alpha")
    sent = node.nonce()
    text = f"""
        defaultIsm: {{type: merkleRootMultisigIsm, validators: ['{node.other}'], threshold: 1}}
        defaultHook:
          type: interchainGasPaymaster
          overhead: {{31338: 1}}
          oracleConfig: {{31338: {{gasPrice: '5', tokenExchangeRate: '10000000000'}}}}
    """

    result = deploy("--config", config(text))

    assert result.exit_code == 0, result.stderr
    after = registry.addresses("alpha")
    assert (after.mailbox, after.interchain_gas_paymaster) == (
        before.mailbox,
        before.interchain_gas_paymaster,
    )
    assert after.interchain_security_module != before.interchain_security_module
    module = node.view(after.mailbox, "defaultIsm()", "address")
    assert module == after.interchain_security_module
    assert node.view(module, "moduleType()", "uint8") == 4
    # The module, setDefaultIsm, gas data, gas configuration.
    assert node.nonce() == sent + 4

    assert deploy().exit_code == 0  # without --config: as it was deployed
    assert node.nonce() == sent + 4


def test_a_stranger_can_run_the_command_but_not_change_the_core(deploy, node, config):
    deploy()
    assert deploy(account="test:1").exit_code == 0
    result = deploy("--config", config("defaultIsm: {type: testIsm}"), account="test:1")
    assert result.exit_code == 1
    assert "only the owner may change that" in result.stderr
    assert node.nonce(node.other) == 0


@pytest.fixture
def keystore(tmp_path, node):
    """An account of ape's keystore with some ether: alias, and the environment that has it."""
    account = Account.create()
    folder = tmp_path / "home" / ".ape" / "accounts"
    folder.mkdir(parents=True)
    keyfile = Account.encrypt(account.key, "secret", kdf="scrypt", iterations=2)
    (folder / "me.json").write_text(json.dumps({**keyfile, "address": account.address}))
    node.rpc("anvil_setBalance", account.address, hex(10**18))
    return account.address, {"HOME": str(tmp_path / "home"), PASSPHRASE: "secret"}


def test_a_keystore_account_deploys_with_its_passphrase_from_the_environment(
    start, node, registry, keystore
):
    address, environment = keystore
    wrong = start(account="me", environment={**environment, PASSPHRASE: "wrong"})
    _, complaint = wrong.communicate(timeout=120)
    assert wrong.returncode == 1
    assert complaint.splitlines() == ["Error: Invalid password"]
    assert not registry.folder.exists()

    right = start(account="me", environment=environment)
    _, complaint = right.communicate(timeout=120)
    assert right.returncode == 0, complaint
    assert node.view(registry.addresses("alpha").mailbox, "owner()", "address") == address
    assert node.nonce() == 0
