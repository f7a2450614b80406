"""Every type of hook and module that a config can name: deployed, read back, repaired."""

import pytest
import yaml
from benchmarks.anvil import Chain

from hyperlane.registry import ChainMetadata

ONE, TWO = "0x" + 40 * "1", "0x" + 40 * "2"
ID = "0x" + 64 * "a"
BETA, GAMMA = 31338, 77


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
        "offchainLookupIsm": {"urls": ["https://example.org/{data}"], "attester": ONE, **owned},
    }
    return {type_: {"type": type_, **more} for type_, more in keys.items()}


@pytest.fixture
def hooks(chain, node):
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


def test_a_config_with_every_type_is_deployed_and_stays_as_it_is(
    deployed, deploy, check, node, registry, everything
):
    deployed(everything)
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
        for domain in range(100, 116)
    ]
    assert kinds == [5, 4, 5, 4, 10, 9, 2, 2, 1, 6, 6, 6, 6, 6, 8, 7]
    hook = node.view(mailbox, "defaultHook()", "address")
    kinds = [
        node.view(node.view(hook, "hooks(uint32)", "address", domain), "hookType()", "uint8")
        for domain in (BETA, *range(100, 108))
    ]
    assert kinds == [1, 8, 7, 14, 2, 10, 6, 11, 4]
    paymaster = registry.addresses("alpha").interchain_gas_paymaster
    quote = "quoteGasPayment(address,uint32,uint256)"
    assert node.view(paymaster, quote, "uint256", int(TWO, 16), BETA, 1000) == 12_000
