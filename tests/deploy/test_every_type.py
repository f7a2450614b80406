"""Every type of hook and module that a config can name: deployed, read back, repaired."""

import json

import pytest
import yaml
from benchmarks.anvil import Chain
from web3.exceptions import ContractCustomError

from hyperlane.registry import ChainMetadata
from hyperlane.registry.hooks import HOOKS
from hyperlane.registry.hybrids import HYBRIDS

PLACED_BY_EVERYTHING = {"merkleTreeHook", "fallbackRoutingHook", "domainRoutingHook"}
"""Hooks that the config of `everything` has beside those of `hooks`."""
FOR_ROUTES = {"defaultHook"}
"""Hooks that only a route can have: a core's default hook would call itself."""
ONE, TWO = "0x" + 40 * "1", "0x" + 40 * "2"
GUARDED = {"paused": True, "guardians": [ONE, TWO], "guardianPause": 7200}
ID, RECIPIENT = "0x" + 64 * "a", "0x" + 64 * "b"
BETA, GAMMA, SELECTOR = 31338, 77, 2**64 - 1


@pytest.fixture
def chain(node):
    return Chain(node.web3)


@pytest.fixture
def beta(node, registry):
    """A remote chain that the config can name."""
    registry.write_metadata(
        ChainMetadata(name="beta", chain_id=BETA, domain_id=BETA, rpc_urls=[{"http": node.url}])
    )


@pytest.fixture
def isms(chain, node):
    """By type, one of each module that is no routing module."""
    trusting = {"type": "trustedRelayerIsm", "relayer": ONE}
    validators = {"validators": [ONE, TWO], "threshold": 2}
    weighted = {
        "validators": [
            {"signingAddress": ONE, "weight": 6 * 10**9},
            {"signingAddress": TWO, "weight": 4 * 10**9},
        ],
        "thresholdWeight": 7 * 10**9,
    }
    modules = {"modules": [trusting, {"type": "testIsm"}], "threshold": 1}
    owned = {"owner": node.other}
    keys = {
        "messageIdMultisigIsm": validators,
        "merkleRootMultisigIsm": validators,
        "storageMessageIdMultisigIsm": validators,
        "storageMerkleRootMultisigIsm": validators,
        "weightedMessageIdMultisigIsm": weighted,
        "weightedMerkleRootMultisigIsm": weighted,
        "staticAggregationIsm": modules,
        "storageAggregationIsm": modules,
        "amountRoutingIsm": {
            "lowerIsm": trusting,
            "upperIsm": {"type": "messageIdMultisigIsm", **validators},
            "threshold": 10**18,
        },
        "testIsm": {},
        "pausableIsm": {**owned, "paused": True},
        "blacklistIsm": {**owned, "blacklistedIds": [ID]},
        "rateLimitedIsm": {"maxCapacity": "1000000", "recipient": TWO, **owned},
        "opStackIsm": {
            "origin": "beta",
            "nativeBridge": chain.deploy("TestRecipient").address,
            "hook": ONE,
        },
        "arbL2ToL1Ism": {"bridge": chain.deploy("TestArbBridge").address},
        "ccipIsm": {
            "originChain": "beta",
            "router": chain.deploy("TestCcipRouter", 1, SELECTOR).address,
            "chainSelector": SELECTOR,
            "hook": ONE,
        },
        "erc5164Ism": {
            "origin": "beta",
            "executor": chain.deploy("TestMessageExecutor").address,
            "hook": ONE,
        },
        "offchainLookupIsm": {"urls": ["https://example.org/{data}"], "attester": ONE, **owned},
        "guardedPausableIsm": {**owned, **GUARDED},
        **_hybrids(chain, owned),
    }
    return {type_: {"type": type_, **more} for type_, more in keys.items()}


def _hybrids(chain, owned):
    """What is hook and module at once."""
    mailbox = chain.deploy("Mailbox", 31337).address
    router = chain.deploy("HypNative", 1, 1, mailbox).address
    flow = {"warpRouter": router, "thresholdBps": 5000, "duration": 3600, **owned}
    remote = {"remoteIsms": {"beta": ONE}, **owned}
    return {
        "netFlowRateLimitedHookIsm": flow,
        "timelockRouterHookIsm": {"timelockWindow": 60, "hook": router, **remote},
        "delayedFlowRouterHookIsm": {"maxDelay": 600, **flow, **remote},
    }


@pytest.fixture
def hooks(chain, node, isms):
    """By type, one of each hook that is no routing hook and no tree."""
    paying = {"type": "protocolFee", "maxProtocolFee": "10", "protocolFee": "3", "owner": ONE}
    bridge = chain.deploy("TestRecipient").address
    keys = {
        "protocolFee": paying,
        "pausableHook": {"owner": node.other, "paused": True},
        "amountRoutingHook": {"lowerHook": paying, "upperHook": node_hook(), "threshold": 7},
        "aggregationHook": {"hooks": [node_hook(), paying]},
        "rateLimitedHook": {"maxCapacity": "1000000", "duration": 3600, "sender": ONE},
        "opStackHook": {"nativeBridge": bridge, "destinationChain": "beta", "ism": TWO},
        "arbL2ToL1Hook": {
            "arbSys": bridge,
            "destinationChain": "beta",
            "childHook": paying,
            "ism": TWO,
        },
        "ccipHook": {
            "router": chain.deploy("TestCcipRouter", 1, SELECTOR).address,
            "destinationChain": "beta",
            "chainSelector": SELECTOR,
            "ism": TWO,
        },
        "erc5164Hook": {"dispatcher": bridge, "destinationChain": "beta", "ism": TWO},
        "destinationRecipientRoutingHook": {
            "owner": node.other,
            "domains": {"beta": paying},
            "customHooks": {"beta": {ONE: node_hook(), RECIPIENT: paying}},
        },
        "interchainGasPaymaster": {
            "owner": node.other,
            "beneficiary": TWO,
            "oracleKey": ONE,
            "overhead": {"beta": 100},
            "oracleConfig": {"beta": {"gasPrice": "5", "tokenExchangeRate": "10000000000"}},
            "tokenOracleConfig": {
                TWO: {"beta": {"gasPrice": "6", "tokenExchangeRate": "20000000000"}}
            },
            "quoteSigners": [ONE],
        },
        "guardedPausableHook": {"owner": node.other, **GUARDED},
        **{type_: isms[type_] for type_ in HYBRIDS},
    }
    return {type_: {"type": type_, **more} for type_, more in keys.items()}


def node_hook():
    return {"type": "pausableHook"}


@pytest.fixture
def everything(isms, hooks, node):
    """A config with each type in it, routing modules in routing modules."""
    by_domain = dict(enumerate(isms.values(), start=100))
    owned = {"owner": node.other}
    return {
        "defaultIsm": {
            "type": "domainRoutingIsm",
            **owned,
            "domains": {
                "beta": {
                    "type": "incrementalDomainRoutingIsm",
                    **owned,
                    "domains": {GAMMA: isms["pausableIsm"], "beta": isms["testIsm"]},
                },
                GAMMA: {"type": "defaultFallbackRoutingIsm", **owned, "domains": by_domain},
            },
        },
        "defaultHook": {
            "type": "fallbackRoutingHook",
            **owned,
            "domains": {
                "beta": {"type": "domainRoutingHook", "domains": {GAMMA: hooks["pausableHook"]}},
                **dict(enumerate(hooks.values(), start=100)),
            },
            "fallback": hooks["interchainGasPaymaster"],
        },
        "requiredHook": {"type": "merkleTreeHook"},
    }


@pytest.fixture
def deployed(deploy, config, beta):
    def deployed(content):
        result = deploy("--config", config(yaml.safe_dump(content)))
        assert result.exit_code == 0, result.stderr
        return result

    return deployed


def test_every_type_of_hook_has_an_example(hooks):
    assert set(hooks) == set(HOOKS) - PLACED_BY_EVERYTHING - FOR_ROUTES


UNREADABLE = {"opStackIsm", "ccipIsm", "erc5164Ism"}
"""Modules whose contracts do not tell the whole config: they are read as addresses."""


def read_back(content):
    """A config as `read` can know it."""
    if isinstance(content, dict):
        if content.get("type") in UNREADABLE:
            return "address"
        if "maxCapacity" in content:  # a bucket refills by whole units a second
            duration = content["duration"]
            content = {
                **content,
                "maxCapacity": str(int(content["maxCapacity"]) // duration * duration),
            }
        return {key: read_back(value) for key, value in content.items()}
    return [read_back(value) for value in content] if isinstance(content, list) else content


def test_a_config_with_every_type_is_deployed_and_stays_as_it_is(
    deployed, deploy, check, read, node, registry, everything
):
    deployed(everything)
    written = yaml.safe_load((registry.chain_folder("alpha") / "core-config.yaml").read_text())
    found = read(registry.addresses("alpha").mailbox)
    assert found.exit_code == 0, found.stderr
    content = yaml.safe_load(found.stdout)
    modules = content["defaultIsm"]["domains"][str(GAMMA)]["domains"]
    for domain, module in modules.items():
        if isinstance(module, str):
            modules[domain] = "address"
    assert content == read_back(written)
    assert check().stdout == "alpha is as it was deployed\n"
    sent = node.nonce()
    again = deploy()
    assert again.exit_code == 0, again.stderr
    assert node.nonce() == sent

    mailbox = registry.addresses("alpha").mailbox
    router = node.view(mailbox, "defaultIsm()", "address")
    assert node.view(router, "owner()", "address") == node.other
    nested = node.view(router, "module(uint32)", "address", GAMMA)
    kinds = [
        node.view(node.view(nested, "module(uint32)", "address", domain), "moduleType()", "uint8")
        for domain in range(100, 122)  # the modules of `isms`, in its order
    ]
    assert kinds == [5, 4, 5, 4, 10, 9, 2, 2, 1, 6, 6, 6, 6, 6, 8, 6, 6, 7, 6, 6, 6, 6]
    hook = node.view(mailbox, "defaultHook()", "address")
    kinds = [
        node.view(node.view(hook, "hooks(uint32)", "address", domain), "hookType()", "uint8")
        for domain in (BETA, *range(100, 115))  # those of `hooks`, in its order, from 100
    ]
    assert kinds == [1, 8, 7, 14, 2, 10, 6, 11, 6, 6, 1, 4, 7, 10, 1, 1]
    # The hybrids come last in both.
    for as_module, as_hook in zip(range(119, 122), range(112, 115), strict=True):
        module = node.view(nested, "module(uint32)", "address", as_module)
        assert module == node.view(hook, "hooks(uint32)", "address", as_hook)
    paymaster = registry.addresses("alpha").interchain_gas_paymaster
    quote = "quoteGasPayment(address,uint32,uint256)"
    assert node.view(paymaster, quote, "uint256", int(TWO, 16), BETA, 1000) == 12_000


def test_what_an_owner_changed_is_named_field_by_field_and_brought_into_line(
    deployed, deploy, check, chain, node, registry, everything
):
    for config in (everything["defaultIsm"], everything["defaultHook"]):
        _own(config, node.deployer)
    deployed(everything)
    journal = json.loads((registry.chain_folder("alpha") / "deployment.json").read_text())
    noop, hook = chain.deploy("NoopIsm").address, chain.deploy("PausableHook").address
    module = "interchainSecurityModule"
    changes = [
        ("pausableHook", "PausableHook", "unpause", ()),
        ("guardedPausableHook", "GuardedPausableHook", "setGuardians", ([node.third], True)),
        (f"{module}.77.118", "GuardedPausableIsm", "unpause", ()),
        ("fallbackRoutingHook", "FallbackDomainRoutingHook", "setHook", (BETA, hook)),
        ("domainRoutingHook", "DomainRoutingHook", "setHook", (5, hook)),
        (
            "destinationRecipientRoutingHook",
            "DestinationRecipientRoutingHook",
            "configCustomHook",
            (BETA, bytes.fromhex(RECIPIENT[2:]), hook),
        ),
        ("protocolFee", "ProtocolFee", "setProtocolFee", (4,)),
        ("timelockRouterHookIsm", "TimelockRouter", "enrollRemoteRouter", (5, b"\5" * 32)),
        ("delayedFlowRouterHookIsm", "DelayedFlowRouterHookIsm", "setHook", (hook,)),
        ("rateLimitedHook", "RateLimitedHook", "setRefillRate", (7200,)),
        ("interchainGasPaymaster", "InterchainGasPaymaster", "removeQuoteSigner", (ONE,)),
        (module, "DomainRoutingIsm", "set", (6, noop)),
        (f"{module}.77", "DomainRoutingIsm", "remove", (117,)),
        (
            f"{module}.77.102",
            "StorageMessageIdMultisigIsm",
            "setValidatorsAndThreshold",
            ([ONE, TWO], 1),
        ),
        (f"{module}.77.107", "StorageAggregationIsm", "setModulesAndThreshold", ([noop], 1)),
        (f"{module}.77.112", "RateLimitedIsm", "setRefillRate", (86400,)),
        (f"{module}.77.117", "AttestationIsm", "setUrls", (["https://example.com"],)),
    ]
    for step, contract, method, arguments in changes:
        target = chain.at(contract, journal["steps"][step]["address"])
        chain.send(getattr(target.functions, method)(*arguments))

    found = check()
    assert found.exit_code == 1
    assert sorted(line.partition("(")[0] for line in found.stdout.splitlines()) == [
        "delayedFlowRouterHookIsm.hook",
        "destinationRecipientRoutingHook.customHooks",
        "domainRoutingHook.domains",
        "fallbackRoutingHook.hooks",
        "guardedPausableHook.guardians",
        "interchainGasPaymaster.quoteSigners",
        "interchainSecurityModule.77.102.validatorsAndThreshold",
        "interchainSecurityModule.77.107.modulesAndThreshold",
        "interchainSecurityModule.77.112.maxCapacity",
        "interchainSecurityModule.77.117.urls",
        "interchainSecurityModule.77.118.pausedForGood",
        "interchainSecurityModule.77.module",
        "interchainSecurityModule.domains",
        "pausableHook.paused",
        "protocolFee.protocolFee",
        "rateLimitedHook.maxCapacity",
        "timelockRouterHookIsm.domains",
    ]

    result = deploy()
    assert result.exit_code == 0, result.stderr
    assert f"{len(changes)} transactions sent" in result.stdout
    assert check().exit_code == 0


def _own(config, owner):
    """Every owner in the config, however deep, becomes this one."""
    if isinstance(config, dict):
        if "owner" in config:
            config["owner"] = owner
        for value in config.values():
            _own(value, owner)
    for value in config if isinstance(config, list) else ():
        _own(value, owner)


def test_a_changed_routing_table_is_changed_in_place(deployed, check, node, registry):
    domains = {"beta": {"type": "testIsm"}, GAMMA: {"type": "pausableIsm"}}
    deployed({"defaultIsm": {"type": "domainRoutingIsm", "domains": domains}})
    mailbox = registry.addresses("alpha").mailbox
    router = node.view(mailbox, "defaultIsm()", "address")
    sent = node.nonce()

    domains = {"beta": {"type": "testIsm"}, 5: {"type": "trustedRelayerIsm", "relayer": ONE}}
    deployed({"defaultIsm": {"type": "domainRoutingIsm", "domains": domains}})

    assert node.view(mailbox, "defaultIsm()", "address") == router
    assert node.view(router, "domains()", "uint256[]") == (BETA, 5)
    # The new module, the domain that goes, the domain that comes.
    assert node.nonce() == sent + 3
    assert check().exit_code == 0


def test_contracts_that_exist_are_used_where_the_config_names_their_address(
    deployed, deploy, config, chain, node, registry
):
    ism, hook = chain.deploy("NoopIsm").address, chain.deploy("PausableHook").address
    deployed(
        {
            "defaultIsm": {"type": "testIsm", "address": ism},
            "defaultHook": {"type": "pausableHook", "address": hook},
        }
    )
    mailbox = registry.addresses("alpha").mailbox
    assert node.view(mailbox, "defaultIsm()", "address") == ism
    assert node.view(mailbox, "defaultHook()", "address") == hook
    assert registry.addresses("alpha").pausable_hook == hook

    missing = config(f"defaultHook: {{type: pausableHook, address: '{ONE}'}}")
    result = deploy("--config", missing)
    assert result.stderr == (
        f"Error: pausableHook.address: {ONE}: no contract on alpha; expected one\n"
    )


def test_behind_proxies_the_code_is_the_admins_to_change_and_nobody_elses(
    deployed, check, chain, node, registry
):
    deployed({"proxyAdmin": {"owner": node.other}, "owner": node.third})
    addresses = registry.addresses("alpha")
    mailbox, admin = addresses.mailbox, addresses.proxy_admin
    assert node.view(mailbox, "localDomain()", "uint32") == 31337
    assert node.view(mailbox, "owner()", "address") == node.third
    assert node.view(addresses.interchain_gas_paymaster, "owner()", "address") == node.third
    assert node.view(admin, "owner()", "address") == node.other
    assert check().exit_code == 0

    upgrade = chain.at("ProxyAdmin", admin).functions.upgradeAndCall(
        mailbox, chain.deploy("Mailbox", 5).address, b""
    )
    with pytest.raises(ContractCustomError):
        upgrade.call({"from": node.third})
    upgrade.transact({"from": node.other})
    assert node.view(mailbox, "localDomain()", "uint32") == 5
    assert node.view(mailbox, "owner()", "address") == node.third
    found = check().stdout.splitlines()
    assert [line.partition("(")[0] for line in found] == [
        "mailbox.implementation",
        "mailbox.localDomain",
    ]


def test_nobody_but_the_deployer_can_initialise_behind_a_proxy(chain, node):
    admin = chain.deploy("ProxyAdmin", node.other).address
    code = chain.deploy("InterchainGasPaymaster").address
    proxy = chain.deploy("TransparentUpgradeableProxy", code, admin, b"")
    initialize = chain.at("InterchainGasPaymaster", proxy.address).functions.initialize
    with pytest.raises(ContractCustomError):
        initialize(node.other, node.other).call({"from": node.other})
    chain.send(initialize(node.third, node.third))
    assert node.view(proxy.address, "owner()", "address") == node.third
