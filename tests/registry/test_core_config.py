"""Core configs: what they mean, and what is wrong with wrong ones."""

import pytest
import yaml

from ape_hyperlane.core.defaults import spelled_out
from hyperlane.errors import ConfigError
from hyperlane.registry import CoreConfig
from hyperlane.registry.account_router import InterchainAccountRouter
from hyperlane.registry.hooks import (
    AggregationHook,
    InterchainGasPaymaster,
    MerkleTreeHook,
    ProtocolFee,
)
from hyperlane.registry.isms import AggregationIsm, MultisigIsm, TestIsm, TrustedRelayerIsm
from hyperlane.registry.models import read

ZERO = "0x" + 40 * "0"
ONE, TWO = "0x" + 40 * "1", "0x" + 40 * "2"
MULTISIG = f"type: messageIdMultisigIsm, validators: ['{ONE}', '{TWO}']"


@pytest.fixture
def load(write):
    return lambda text: read(CoreConfig, write("core.yaml", text))


@pytest.mark.parametrize("text", ["", "{}", "# nothing"])
def test_an_empty_config_trusts_the_deployer_and_requires_the_tree(load, text):
    config = load(text)
    assert config.owner is None
    assert config.default_ism == TrustedRelayerIsm(relayer=None)
    assert config.default_hook == InterchainGasPaymaster()
    assert config.required_hook == MerkleTreeHook()


def test_a_whole_config_is_read(load):
    config = load(f"""
owner: '{ONE}'
defaultIsm:
  type: staticAggregationIsm
  threshold: 2
  modules:
    - {{{MULTISIG}, threshold: 2}}
    - {{type: merkleRootMultisigIsm, validators: ['{ONE}'], threshold: 1}}
    - {{type: trustedRelayerIsm, relayer: '{TWO}'}}
    - {{type: testIsm}}
    - '{TWO}'
defaultHook:
  type: interchainGasPaymaster
  owner: '{ONE}'
  beneficiary: '{TWO}'
  oracleKey: '{TWO}'
  overhead: {{beta: 100000, 31339: 90000}}
  oracleConfig:
    beta: {{gasPrice: '1000000000', tokenExchangeRate: '10000000000', tokenDecimals: 18}}
    31339: {{gasPrice: 1, tokenExchangeRate: 2}}
requiredHook:
  type: aggregationHook
  hooks:
    - {{type: merkleTreeHook}}
    - {{type: protocolFee, maxProtocolFee: '1000', protocolFee: '10', owner: '{ONE}'}}
""")
    modules = config.default_ism.modules
    assert [type(module) for module in modules] == [
        MultisigIsm,
        MultisigIsm,
        TrustedRelayerIsm,
        TestIsm,
        str,
    ]
    assert config.default_hook.oracle_config["beta"].token_exchange_rate == 10**10
    assert config.default_hook.overhead == {"beta": 100_000, "31339": 90_000}
    assert isinstance(config.required_hook, AggregationHook)
    assert config.required_hook.hooks[1] == ProtocolFee(
        type="protocolFee", max_protocol_fee=1000, protocol_fee=10, owner=ONE
    )
    assert isinstance(config.default_ism, AggregationIsm)


def test_the_references_example_and_what_it_reads_back_are_taken(load):
    fee = f"""
      type: protocolFee
      maxProtocolFee: '1000000000000000000'
      protocolFee: '200000000000000'
      beneficiary: '{ONE}'
      owner: '{ONE}'"""
    example = load(f"""
owner: '{ONE}'
defaultIsm:
  type: 'testIsm'
  threshold: 1
  validators: ['{ONE.lower()}']
defaultHook: {fee}
requiredHook: {fee}
""")
    assert isinstance(example.default_ism, TestIsm)
    assert isinstance(example.required_hook, AggregationHook)
    read_back = load(f"""
owner: '{ONE}'
defaultIsm: {{address: '{ONE}', type: trustedRelayerIsm, relayer: '{ONE}'}}
defaultHook: {{address: '{ONE}', type: merkleTreeHook}}
requiredHook: {{address: '{ONE}', type: pausableHook, paused: false, owner: '{ONE}'}}
interchainAccountRouter:
  owner: '{ONE}'
  mailbox: '{ONE}'
  proxyAdmin: {{address: '{ONE}', owner: '{ONE}'}}
  remoteRouters: {{'5': {{address: '{ONE}'}}}}
proxyAdmin: {{address: '{ONE}', owner: '{ONE}', ownerOverrides: {{_safe: '{ONE}'}}}}
ownerOverrides: {{proxyAdmin: '{ONE}'}}
contractVersion: 12.1.0
deployQuotedCalls: false
""")
    assert read_back.proxy_admin.address == ONE
    assert read_back.default_ism.relayer == ONE
    assert read_back.interchain_account_router.remote_routers["5"].address == ONE


@pytest.mark.parametrize(
    ("line", "complaint", "instead"),
    [
        ("contractVersion: 13.0.0", "contractVersion: '13.0.0', expected '12.1.0', or an", ""),
        (
            "deployQuotedCalls: true",
            "remove this key, or set it to false",
            "deployQuotedCalls: false",
        ),
        (f"permit2: '{ONE}'", "permit2: is for QuotedCalls, which is deployed by hand", ""),
        (
            f"ownerOverrides: {{mailbox: '{ONE}'}}",
            "ownerOverrides.mailbox: the Mailbox's owner is owner; name that account there",
            f"owner: '{ONE}'\nownerOverrides: {{mailbox: '{ONE}'}}",
        ),
    ],
)
def test_what_a_core_does_not_do_is_refused_with_advice_that_works(load, line, complaint, instead):
    with pytest.raises(ConfigError) as refused:
        load(line)
    assert complaint in str(refused.value)
    load(instead)


def test_a_config_is_written_as_the_reference_reads_it_back(load):
    config = load(f"""
owner: '{ONE}'
upgradeable: true
defaultIsm: {{type: testIsm, threshold: 1, validators: ['{ONE}']}}
defaultHook:
  type: interchainGasPaymaster
  overhead: {{beta: 1}}
  oracleConfig: {{beta: {{gasPrice: '1', tokenExchangeRate: '2'}}}}
interchainAccountRouter:
contractVersion: 12.1.0
""")

    class Eighteen:
        def of(self, chain):
            return {"beta": 18}[chain]

    whole = spelled_out(config, TWO, Eighteen())
    assert whole.as_file() == {
        "owner": ONE,
        "proxyAdmin": {"owner": ONE},
        "defaultIsm": {"type": "testIsm"},
        "defaultHook": {
            "type": "interchainGasPaymaster",
            "owner": ONE,
            "beneficiary": ONE,
            "oracleKey": ONE,
            "overhead": {"beta": 1},
            "oracleConfig": {
                "beta": {"gasPrice": "1", "tokenExchangeRate": "2", "tokenDecimals": 18}
            },
        },
        "requiredHook": {"type": "merkleTreeHook"},
    }
    assert spelled_out(CoreConfig(), TWO, Eighteen()).default_ism.relayer == TWO


def test_what_was_written_means_the_same_when_it_is_read(load):
    config = load("{upgradeable: true, defaultHook: {type: interchainGasPaymaster}}")
    whole = spelled_out(config, ONE, None)
    assert spelled_out(load(yaml.safe_dump(whole.as_file())), TWO, None) == whole


FEE = "type: protocolFee, maxProtocolFee: 2, protocolFee: 1"


def test_a_fee_as_required_hook_is_taken_beside_the_tree(load):
    required = load(f"requiredHook: {{{FEE}}}").required_hook
    assert isinstance(required, AggregationHook)
    assert [type(hook) for hook in required.hooks] == [MerkleTreeHook, ProtocolFee]


def test_a_fee_stays_alone_when_the_default_hook_has_the_tree(load):
    tree = "{type: aggregationHook, hooks: [{type: merkleTreeHook}]}"
    config = load(f"{{defaultHook: {tree}, requiredHook: {{{FEE}}}}}")
    assert isinstance(config.required_hook, ProtocolFee)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"owner: '{ZERO}'", "owner"),
        (f"defaultIsm: {{type: trustedRelayerIsm, relayer: '{ZERO}'}}", "defaultIsm.relayer"),
        (f"requiredHook: {{{FEE}, owner: '{ZERO}'}}", "requiredHook.owner"),
        (f"requiredHook: {{{FEE}, beneficiary: '{ZERO}'}}", "requiredHook.beneficiary"),
        *(
            (
                f"defaultHook: {{type: interchainGasPaymaster, {key}: '{ZERO}'}}",
                f"defaultHook.{key}",
            )
            for key in ("owner", "beneficiary", "oracleKey")
        ),
    ],
)
def test_nobody_holds_the_zero_address(load, text, key):
    with pytest.raises(ConfigError, match=rf"core.yaml: {key}: the zero address"):
        load(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ownr: x", "unknown key 'ownr'; did you mean 'owner'?"),
        ("owner: '0x12'", "owner: '0x12' is not an address of 20 bytes; expected an address"),
        (f"owner: {ONE}", "owner: a number; put the address into quotes"),
        ("owner: me", "owner: 'me' is not a 0x hex string of whole bytes; expected an address"),
        (f"defaultIsm: {{{MULTISIG}, threshold: 0}}", "defaultIsm: threshold: 0, expected 1 to 2"),
        (f"defaultIsm: {{{MULTISIG}, threshold: 3}}", "defaultIsm: threshold: 3, expected 1 to 2"),
        (
            f"defaultIsm: {{type: messageIdMultisigIsm, validators: ['{ONE}', '{ONE}']"
            ", threshold: 1}",
            f"defaultIsm: validators: {ONE} appears twice",
        ),
        (
            "defaultIsm: {type: messageIdMultisigIsm, validators: [], threshold: 1}",
            "defaultIsm: validators: 0 given, expected 1 to 255",
        ),
        (
            f"defaultIsm: {{type: messageIdMultisigIsm, validators: ['0x{40 * '0'}']"
            ", threshold: 1}",
            "defaultIsm.validators.0: the zero address; expected the address of an account",
        ),
        (
            f"defaultIsm: {{{MULTISIG}, treshold: 1}}",
            "defaultIsm: unknown key 'treshold'; did you mean 'threshold'?",
        ),
        ("defaultIsm: {type: multisigIsm}", "defaultIsm: type: unknown 'multisigIsm'; did you"),
        ("defaultIsm: {type: [1]}", "defaultIsm: type: unknown [1]; "),
        ("defaultIsm: {}", "defaultIsm: type: required, but missing; expected one of"),
        ("defaultIsm: [1]", "defaultIsm: expected an address"),
        (
            "defaultIsm: {type: staticAggregationIsm, threshold: 1, modules: [{type: testIsm},"
            " {type: testIsm}]}",
            "defaultIsm: modules: number 1 appears twice",
        ),
        (
            "defaultIsm: {type: staticAggregationIsm, threshold: 1, modules: [{type: tstIsm}]}",
            "defaultIsm.modules.0: type: unknown 'tstIsm'; did you mean 'testIsm'?",
        ),
        (
            "defaultHook: {type: merkleTreeHook}",
            "merkleTreeHook: a message would get two leaves; expected one",
        ),
        (
            "defaultHook: {type: protocolFee, maxProtocolFee: '1', protocolFee: '2'}",
            "defaultHook: protocolFee: 2 is more than maxProtocolFee, 1",
        ),
        (
            "defaultHook: {type: protocolFee, maxProtocolFee: 0.1 ether, protocolFee: 0}",
            "defaultHook.maxProtocolFee: '0.1 ether': input should be a valid integer",
        ),
        (
            "defaultHook: {type: interchainGasPaymaster, overhead: {beta: 1}}",
            "defaultHook: oracleConfig.beta: required, but missing",
        ),
        ("{upgradeable: false, proxyAdmin: {}}", "proxyAdmin: there are no proxies unless"),
        ("{defaultIsm: {type: defaultIsm}}", "defaultIsm: defaultIsm asks the default module"),
        ("{defaultHook: {type: defaultHook}}", "defaultHook: defaultHook calls the default hook"),
        (
            "defaultIsm: {type: domainRoutingIsm, domains: {beta: {type: amountRoutingIsm,"
            " lowerIsm: {type: testIsm}, threshold: 1}}}",
            "defaultIsm.domains.beta.upperIsm: required, but missing",
        ),
        (
            "defaultIsm: {type: weightedMessageIdMultisigIsm, thresholdWeight: 3,"
            f" validators: [{{signingAddress: '{ONE}', weight: 2}}]}}",
            "defaultIsm: thresholdWeight: 3 is more than all weights together, 2",
        ),
        (
            "defaultIsm: {type: rateLimitedIsm, maxCapacity: 86400}",
            "defaultIsm: rateLimitedIsm: recipient: required, but missing",
        ),
        (
            f"defaultHook: {{type: rateLimitedHook, maxCapacity: 7, sender: '{ONE}'}}",
            "defaultHook: maxCapacity: 7, expected at least duration, 86400",
        ),
        (
            "defaultHook: {type: rateLimitedHook, maxCapacity: 86400}",
            "rateLimitedHook: sender: required, but missing",
        ),
        (
            f"defaultIsm: {{type: blacklistIsm, blacklistedIds: ['{ONE}']}}",
            f"defaultIsm.blacklistedIds.0: '{ONE}': string should match pattern",
        ),
        ("- 1", "a list of 1 is not a mapping of keys to values"),
        ("a: [", "not YAML: line "),
    ],
)
def test_a_config_is_refused_with_file_key_and_value(load, tmp_path, text, complaint):
    with pytest.raises(ConfigError) as raised:
        load(text)
    assert str(raised.value).startswith(f"{tmp_path / 'core.yaml'}: {complaint}")
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"core.yaml: cannot be read: No such file"):
        read(CoreConfig, tmp_path / "core.yaml")


def test_a_core_has_an_account_router_unless_its_config_says_otherwise(load):
    assert load("").interchain_account_router == InterchainAccountRouter()
    assert load("interchainAccountRouter: {}").interchain_account_router is not None
    without = load("interchainAccountRouter:")
    assert without.interchain_account_router is None
    assert "interchainAccountRouter" not in without.as_file()


@pytest.mark.parametrize(
    ("router", "complaint"),
    [
        ("{hok: x}", "interchainAccountRouter: unknown key 'hok'; did you mean 'hook'?"),
        ("{remoteRouters: {beta: {adress: x}}}", "unknown key 'adress'; did you mean 'address'?"),
        ("{remoteRouters: {beta: {address: '0x12'}}}", "remoteRouters.beta.address: '0x12'"),
        ("{routerType: tiny}", "routerType: 'tiny'"),
        (
            "{routerType: minimal, commitmentIsm: {urls: ['https://a']}}",
            "commitmentIsm: routerType minimal has none; remove this key",
        ),
        ("{commitmentIsm: {urls: []}}", "commitmentIsm.urls: []"),
        ("{commitmentIsm: {urls: ['ftp://a']}}", "commitmentIsm.urls.0"),
        (f"{{owner: '0x{40 * '0'}'}}", "interchainAccountRouter.owner: the zero address"),
    ],
)
def test_an_account_router_that_cannot_be_is_refused(load, router, complaint):
    with pytest.raises(ConfigError) as refused:
        load(f"interchainAccountRouter: {router}")
    assert complaint in str(refused.value)


def test_a_core_has_a_gateway_on_request_only(load, tmp_path):
    assert load("").erc7786_gateway is None
    assert "erc7786Gateway" not in load("").as_file()
    gateway = load("erc7786Gateway: {}").erc7786_gateway
    assert (gateway.hook, gateway.interchain_security_module) == (ZERO, ZERO)

    config = load(f"""
owner: '{ONE}'
erc7786Gateway:
  hook: {{type: merkleTreeHook}}
  interchainSecurityModule: {{{MULTISIG}, threshold: 1}}
  remoteGateways: {{'5': {{address: '{TWO}', chainId: 55, gasLimit: 7}}}}
""")
    content = config.as_file()["erc7786Gateway"]
    assert content["remoteGateways"] == {"5": {"address": TWO, "chainId": 55, "gasLimit": 7}}
    assert CoreConfig.model_validate(config.as_file()) == config


@pytest.mark.parametrize(
    ("gateway", "complaint"),
    [
        ("{hok: x}", "erc7786Gateway: unknown key 'hok'; did you mean 'hook'?"),
        (f"{{owner: '{ZERO}'}}", "erc7786Gateway.owner: the zero address"),
        (f"{{remoteGateways: {{beta: {{address: '{ZERO}'}}}}}}", "beta.address: the zero address"),
        ("{remoteGateways: {beta: {chainId: 0}}}", "remoteGateways.beta.chainId: 0"),
        (f"{{remoteGateways: {{beta: {{gasLimit: {2**56}}}}}}}", "remoteGateways.beta.gasLimit: 7"),
        (
            "{interchainSecurityModule: {type: rateLimitedIsm, maxCapacity: 86400}}",
            "interchainSecurityModule: rateLimitedIsm: recipient: required, but missing",
        ),
    ],
)
def test_a_gateway_that_cannot_be_is_refused(load, gateway, complaint):
    with pytest.raises(ConfigError) as refused:
        load(f"erc7786Gateway: {gateway}")
    assert complaint in str(refused.value)
