"""What other people's clients ask contracts to learn what they are, and what ours answer.

A client asks in an order of its own, and takes the first answer. What a contract does not have must
revert without data: a reason would stop the client.
"""

import pytest
from eth_abi import encode
from eth_utils import keccak
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN, at
from tests.support.signing import VALIDATORS, message
from tests.support.words import b32
from web3.exceptions import ContractLogicError

from hyperlane.protocol.ism_metadata import ModuleType

ZERO = "0x" + "00" * 20
ISM = b32("0x" + "77" * 20)
SELECTORS = {
    "BPS_DENOMINATOR()": "e1a45218",
    "CCIP_READ_ISM()": "7f18ee9a",
    "MAX_PROTOCOL_FEE()": "b8ca3b83",
    "PACKAGE_VERSION()": "93c44847",
    "VERIFIED_MASK_INDEX()": "273dca2f",
    "beneficiary()": "38af3eed",
    "blacklistedIds(bytes32)": "c9df1aaf",
    "bytecodeHash()": "420c6a2c",
    "ccipOrigin()": "af47a7f9",
    "defaultHook()": "3d1250b7",
    "defaultIsm()": "6e5f516e",
    "delivered(bytes32)": "e495f1d4",
    "destinationGasConfigs(uint32)": "43c467c0",
    "destinationGasLimit(uint32,uint256)": "26d5b1a6",
    "dispatch(uint32,bytes32,bytes,bytes,address)": "10b83dc0",
    "domains()": "440df4f4",
    "fallbackHook()": "08ec12b7",
    "getExchangeRateAndGasPrice(uint32)": "60fcef7c",
    "getOffchainVerifyInfo(bytes)": "bbac9bc8",
    "handle(uint32,bytes32,bytes)": "56d5d475",
    "hook()": "7f5a7c7b",
    "hookType()": "e445e7dd",
    "hooks(bytes)": "37b02c28",
    "hooks(uint32)": "b646f64c",
    "mailbox()": "d5438eae",
    "module(uint32)": "fbc69aab",
    "moduleType()": "6465e69f",
    "modulesAndThreshold(bytes)": "6f72df75",
    "owner()": "8da5cb5b",
    "paused()": "5c975abb",
    "process(bytes,bytes)": "7c39d130",
    "processedAt(bytes32)": "07a2fda1",
    "protocolFee()": "b0e21e8a",
    "quoteDispatch(uint32,bytes32,bytes,bytes,address)": "81d2ea95",
    "quoteSigners()": "d680a726",
    "recipient()": "66d003ac",
    "recipientIsm(address)": "e70f48ac",
    "requiredHook()": "d6d08a09",
    "route(bytes)": "15ce45a2",
    "trustedRelayer()": "8596c226",
    "urls()": "2c73dc4a",
    "validatorsAndThreshold(bytes)": "2e0ed234",
    "warpRouter()": "1ca75392",
}
EXAMPLES = {
    "uint32": REMOTE_DOMAIN,
    "uint256": 1,
    "bytes32": bytes(32),
    "bytes": b"",
    "address": ZERO,
}


@pytest.mark.parametrize(("signature", "selector"), SELECTORS.items(), ids=SELECTORS)
def test_selectors_are_those_that_clients_call(signature, selector):
    assert keccak(text=signature)[:4].hex() == selector


@pytest.fixture(scope="module")
def answers(chain):
    """Whether a contract answers a call of this signature. It may not refuse with a reason."""

    def answers(contract, signature: str) -> bool:
        types = [each for each in signature[signature.index("(") + 1 : -1].split(",") if each]
        arguments = encode(types, [EXAMPLES[each] for each in types])
        data = "0x" + (keccak(text=signature)[:4] + arguments).hex()
        try:
            answer = chain.provider.web3.eth.call({"to": contract.address, "data": data})
        except ContractLogicError as error:
            reason = str(error.data or "0x")
        else:
            return len(answer) >= 32
        assert reason == "0x", signature
        return False

    return answers


# --- the Mailbox


def test_mailbox_is_read(mailbox, answers, hook, noop_ism, owner):
    for signature in (
        "owner()",
        "defaultIsm()",
        "defaultHook()",
        "requiredHook()",
        "PACKAGE_VERSION()",
        "quoteDispatch(uint32,bytes32,bytes,bytes,address)",
        "delivered(bytes32)",
        "processedAt(bytes32)",
        "recipientIsm(address)",
    ):
        assert answers(mailbox, signature)
    assert not answers(mailbox, "paused()")


def test_proxy_slots_of_a_mailbox_are_empty(mailbox, chain):
    for name in ("admin", "implementation"):
        slot = int.from_bytes(keccak(text=f"eip1967.proxy.{name}")) - 1
        assert not int.from_bytes(chain.provider.web3.eth.get_storage_at(mailbox.address, slot))


def test_events_of_a_message_are_found_by_their_topics(project, owner, mailbox):
    tree = owner.deploy(project.MerkleTreeHook, mailbox)
    mailbox.setRequiredHook(tree, sender=owner)
    recipient = owner.deploy(project.TestRecipient)
    sent = mailbox.dispatch(REMOTE_DOMAIN, b32(recipient), b"", sender=owner)
    received = mailbox.process(b"", message(recipient=recipient.address).encode(), sender=owner)
    topics = [log["topics"][0].hex().removeprefix("0x") for log in [*sent.logs, *received.logs]]
    for start, end in (
        ("769f711d", "c814"),
        ("788dbc1b", "353a"),
        ("253a3a04", "ed33"),
        ("1cae38cd", "73a9"),
    ):
        assert len([t for t in topics if t.startswith(start) and t.endswith(end)]) == 1
    assert len([log for log in sent.logs if log["address"] == tree.address]) == 1


def test_recipient_is_asked_for_gas_as_by_the_mailbox(project, owner, mailbox, chain):
    recipient = owner.deploy(project.TestRecipient)
    data = recipient.handle.encode_input(REMOTE_DOMAIN, bytes(32), b"hello")
    call = {"from": mailbox.address, "to": recipient.address, "data": data}
    assert chain.provider.web3.eth.estimate_gas(call) > 21_000


# --- hooks


HOOK_QUESTIONS = {
    "owner()",
    "hooks(uint32)",
    "maxDelay()",
    "hooks(bytes)",
    "beneficiary()",
    "quoteSigners()",
    "destinationGasLimit(uint32,uint256)",
    "destinationGasConfigs(uint32)",
    "fallbackHook()",
    "ccipDestination()",
    "l1Messenger()",
    "paused()",
    "MAX_PROTOCOL_FEE()",
    "protocolFee()",
    "maxCapacity()",
    "DURATION()",
    "thresholdBps()",
    "threshold()",
    "lower()",
    "upper()",
}
BUCKET = {"maxCapacity()", "DURATION()", "owner()"}
HOOKS = {
    "DomainRoutingHook": (1, {"owner()", "hooks(uint32)"}),
    "DestinationRecipientRoutingHook": (1, {"owner()", "hooks(uint32)"}),
    "TimelockRouter": (1, {"owner()", "hooks(uint32)"}),
    "DelayedFlowRouterHookIsm": (
        1,
        {"owner()", "hooks(uint32)", "maxDelay()", "thresholdBps()"} | BUCKET,
    ),
    "StaticAggregationHook": (2, {"hooks(bytes)"}),
    "MerkleTreeHook": (3, set()),
    "InterchainGasPaymaster": (
        4,
        {
            "owner()",
            "beneficiary()",
            "quoteSigners()",
            "destinationGasLimit(uint32,uint256)",
            "destinationGasConfigs(uint32)",
        },
    ),
    "FallbackDomainRoutingHook": (5, {"owner()", "fallbackHook()", "hooks(uint32)"}),
    "OPStackHook": (6, {"l1Messenger()"}),
    "CCIPHook": (6, {"ccipDestination()"}),
    "ERC5164Hook": (6, set()),
    "PausableHook": (7, {"owner()", "paused()"}),
    "GuardedPausableHook": (7, {"owner()", "paused()"}),
    "ProtocolFee": (8, {"owner()", "MAX_PROTOCOL_FEE()", "protocolFee()", "beneficiary()"}),
    "RateLimitedHook": (10, BUCKET),
    "NetFlowRateLimitedHookIsm": (10, BUCKET | {"thresholdBps()"}),
    "ArbL2ToL1Hook": (11, set()),
    "OPL2ToL1Hook": (12, set()),
    "DefaultHook": (13, set()),
    "AmountRoutingHook": (14, {"threshold()", "lower()", "upper()"}),
}


@pytest.fixture(scope="module")
def route(project, owner, mailbox):
    route = owner.deploy(project.HypNative, 1, 1, mailbox)
    route.initialize(ZERO, ZERO, owner, sender=owner)
    return route


@pytest.fixture(scope="module")
def build(project, owner, mailbox, hook, noop_ism, route, static_ism):
    """`build(name)`: the contract, working."""

    def deploy(name, *arguments):
        return owner.deploy(project.contracts[name], *arguments)

    def bridge(name, other, *rest):
        return deploy(name, mailbox, REMOTE_DOMAIN, ISM, deploy(other), *rest)

    def paymaster():
        igp = deploy("InterchainGasPaymaster")
        igp.initialize(owner, owner, sender=owner)
        return igp

    def aggregation():
        factory = deploy("StaticAggregationHookFactory")
        factory.deploy([hook], sender=owner)
        return at(project.StaticAggregationHook, factory.getAddress([hook]))

    def routed(name, *rest):
        return deploy(f"AtomicInit{name}", *rest, owner, [REMOTE_DOMAIN], [noop_ism])

    validators = [each.address for each in VALIDATORS[:2]]
    ccip = deploy("TestCcipRouter", 1, 2)
    builders = {
        "AmountRoutingHook": lambda: deploy("AmountRoutingHook", hook, hook, 1),
        "ArbL2ToL1Hook": lambda: bridge("ArbL2ToL1Hook", "TestArbSys", hook),
        "CCIPHook": lambda: deploy("CCIPHook", ccip, 2, mailbox, REMOTE_DOMAIN, ISM),
        "DefaultHook": lambda: deploy("DefaultHook", mailbox),
        "DelayedFlowRouterHookIsm": lambda: deploy("DelayedFlowRouterHookIsm", route, 1, 1, 1),
        "DestinationRecipientRoutingHook": lambda: deploy(
            "DestinationRecipientRoutingHook", mailbox, owner
        ),
        "DomainRoutingHook": lambda: deploy("DomainRoutingHook", mailbox, owner),
        "ERC5164Hook": lambda: bridge("ERC5164Hook", "TestDispatcher"),
        "FallbackDomainRoutingHook": lambda: deploy(
            "FallbackDomainRoutingHook", mailbox, owner, hook
        ),
        "InterchainGasPaymaster": paymaster,
        "MerkleTreeHook": lambda: deploy("MerkleTreeHook", mailbox),
        "NetFlowRateLimitedHookIsm": lambda: deploy(
            "NetFlowRateLimitedHookIsm", mailbox, route, 1, 1
        ),
        "OPL2ToL1Hook": lambda: bridge("OPL2ToL1Hook", "TestMessenger", hook),
        "OPStackHook": lambda: bridge("OPStackHook", "TestMessenger"),
        "PausableHook": lambda: deploy("PausableHook"),
        "GuardedPausableHook": lambda: deploy("GuardedPausableHook", owner, [owner], 1),
        "ProtocolFee": lambda: deploy("ProtocolFee", 0, 0, owner, owner),
        "RateLimitedHook": lambda: deploy("RateLimitedHook", mailbox, 10, 1, owner),
        "StaticAggregationHook": aggregation,
        "TimelockRouter": lambda: deploy("TimelockRouter", mailbox, 1),
        "AmountRoutingIsm": lambda: deploy("AmountRoutingIsm", noop_ism, noop_ism, 1),
        "AttestationIsm": lambda: deploy("AttestationIsm", owner, owner, ["https://a.example"]),
        "BlacklistIsm": lambda: deploy("BlacklistIsm", owner),
        "CCIPIsm": lambda: deploy("CCIPIsm", ccip, 1),
        "DefaultFallbackRoutingIsm": lambda: routed("DefaultFallbackRoutingIsm", mailbox),
        "DefaultIsm": lambda: deploy("DefaultIsm", mailbox),
        "DomainRoutingIsm": lambda: routed("DomainRoutingIsm"),
        "ERC5164Ism": lambda: deploy("ERC5164Ism", noop_ism),
        "IncrementalDomainRoutingIsm": lambda: routed("IncrementalDomainRoutingIsm"),
        "NoopIsm": lambda: noop_ism,
        "OPStackIsm": lambda: deploy("OPStackIsm", noop_ism),
        "PausableIsm": lambda: deploy("PausableIsm", owner),
        "GuardedPausableIsm": lambda: deploy("GuardedPausableIsm", owner, [owner], 1),
        "RateLimitedIsm": lambda: deploy("RateLimitedIsm", mailbox, 10, 1, owner),
        "StaticAggregationIsm": lambda: static_ism("StaticAggregationIsm", [noop_ism.address], 1),
        "StorageAggregationIsm": lambda: deploy("StorageAggregationIsm", [noop_ism], 1),
        "TrustedRelayerIsm": lambda: deploy("TrustedRelayerIsm", mailbox, owner),
        **{
            f"{kind}MultisigIsm": lambda kind=kind: static_ism(f"{kind}MultisigIsm", validators, 1)
            for kind in (
                "StaticMessageId",
                "StaticMerkleRoot",
                "StaticLegacy",
                "ClonedMessageId",
                "ClonedMerkleRoot",
            )
        },
        **{
            f"Storage{kind}MultisigIsm": lambda kind=kind: deploy(
                f"Storage{kind}MultisigIsm", validators, 1
            )
            for kind in ("MessageId", "MerkleRoot")
        },
    }
    return lambda name: builders[name]()


@pytest.mark.parametrize("name", HOOKS)
def test_hook_answers_what_its_type_promises_and_nothing_else(build, answers, name):
    hook_type, answered = HOOKS[name]
    hook = build(name)
    assert hook.hookType() == hook_type
    assert {each for each in HOOK_QUESTIONS if answers(hook, each)} == answered
    assert hook.PACKAGE_VERSION() == "12.1.0"


def test_paymaster_says_by_a_text_which_domains_it_does_not_know(build, revert_of):
    refusal = revert_of(build("InterchainGasPaymaster").getExchangeRateAndGasPrice, 77)
    assert refusal == ("Error", "Configured IGP doesn't support domain 77")


def test_oracle_of_a_domain_has_an_owner(project, owner, build, answers):
    igp, oracle = build("InterchainGasPaymaster"), owner.deploy(project.StorageGasOracle)
    igp.setDestinationGasConfigs([(REMOTE_DOMAIN, (oracle, 5))], sender=owner)
    gas_oracle, overhead = igp.destinationGasConfigs(REMOTE_DOMAIN)
    assert (gas_oracle, overhead) == (oracle, 5)
    assert answers(oracle, "owner()")


# --- security modules

NULL_QUESTIONS = [
    "trustedRelayer()",
    "paused()",
    "ccipOrigin()",
    "VERIFIED_MASK_INDEX()",
    "recipient()",
    "blacklistedIds(bytes32)",
    "warpRouter()",
]
NULL_MODULES = {
    "TrustedRelayerIsm": "trustedRelayer()",
    "PausableIsm": "paused()",
    "GuardedPausableIsm": "paused()",
    "CCIPIsm": "ccipOrigin()",
    "OPStackIsm": "VERIFIED_MASK_INDEX()",
    "ERC5164Ism": "VERIFIED_MASK_INDEX()",
    "RateLimitedIsm": "recipient()",
    "BlacklistIsm": "blacklistedIds(bytes32)",
    "NetFlowRateLimitedHookIsm": "warpRouter()",
    "DelayedFlowRouterHookIsm": "warpRouter()",
    "TimelockRouter": None,
    "NoopIsm": None,
}


@pytest.mark.parametrize(("name", "expected"), NULL_MODULES.items(), ids=NULL_MODULES)
def test_module_without_metadata_is_known_by_its_first_answer(build, answers, name, expected):
    ism = build(name)
    assert ism.moduleType() == ModuleType.NULL
    assert next((each for each in NULL_QUESTIONS if answers(ism, each)), None) == expected
    if expected == "paused()":
        assert answers(ism, "owner()")
    if expected == "warpRouter()":
        assert answers(ism, "maxDelay()") is (name == "DelayedFlowRouterHookIsm")


ROUTING_QUESTIONS = [
    "CCIP_READ_ISM()",
    "bytecodeHash()",
    "owner()",
    "domains()",
    "module(uint32)",
    "mailbox()",
    "lower()",
    "upper()",
    "threshold()",
]
BY_DOMAIN = {"owner()", "domains()", "module(uint32)"}
ROUTING_MODULES = {
    "DomainRoutingIsm": BY_DOMAIN,
    "IncrementalDomainRoutingIsm": BY_DOMAIN,
    "DefaultFallbackRoutingIsm": BY_DOMAIN | {"mailbox()"},
    "AmountRoutingIsm": {"lower()", "upper()", "threshold()"},
    "DefaultIsm": {"mailbox()"},
}
LITERAL = b"IncrementalDomainRoutingIsm: removal not supported".hex()


@pytest.mark.parametrize("name", ROUTING_MODULES)
def test_routing_module_is_known_by_what_it_answers(build, answers, chain, name):
    ism = build(name)
    assert ism.moduleType() == ModuleType.ROUTING
    assert {each for each in ROUTING_QUESTIONS if answers(ism, each)} == ROUTING_MODULES[name]
    code = bytes(chain.provider.get_code(ism.address)).hex()
    assert (LITERAL in code) is (name == "IncrementalDomainRoutingIsm")


def test_incremental_module_is_known_by_a_text_in_its_code(project, owner, chain):
    """In one piece; a module that the factory makes has it in the code that it runs."""
    factory = owner.deploy(project.IncrementalDomainRoutingIsmFactory)
    alone = owner.deploy(project.IncrementalDomainRoutingIsm)
    for address in (alone.address, factory.implementation()):
        assert LITERAL in bytes(chain.provider.get_code(address)).hex()


EMPTY_MESSAGE_QUESTIONS = {
    "StaticAggregationIsm": (ModuleType.AGGREGATION, "modulesAndThreshold(bytes)"),
    "StorageAggregationIsm": (ModuleType.AGGREGATION, "modulesAndThreshold(bytes)"),
    "StaticMessageIdMultisigIsm": (
        ModuleType.MESSAGE_ID_MULTISIG,
        "validatorsAndThreshold(bytes)",
    ),
    "StorageMessageIdMultisigIsm": (
        ModuleType.MESSAGE_ID_MULTISIG,
        "validatorsAndThreshold(bytes)",
    ),
    "StaticMerkleRootMultisigIsm": (
        ModuleType.MERKLE_ROOT_MULTISIG,
        "validatorsAndThreshold(bytes)",
    ),
    "StorageMerkleRootMultisigIsm": (
        ModuleType.MERKLE_ROOT_MULTISIG,
        "validatorsAndThreshold(bytes)",
    ),
    "ClonedMessageIdMultisigIsm": (
        ModuleType.MESSAGE_ID_MULTISIG,
        "validatorsAndThreshold(bytes)",
    ),
    "ClonedMerkleRootMultisigIsm": (
        ModuleType.MERKLE_ROOT_MULTISIG,
        "validatorsAndThreshold(bytes)",
    ),
    "StaticLegacyMultisigIsm": (ModuleType.LEGACY_MULTISIG, "validatorsAndThreshold(bytes)"),
    "AttestationIsm": (ModuleType.CCIP_READ, "urls()"),
}


@pytest.mark.parametrize("name", EMPTY_MESSAGE_QUESTIONS)
def test_configuration_is_read_without_a_message(build, answers, name):
    ism = build(name)
    module_type, question = EMPTY_MESSAGE_QUESTIONS[name]
    assert ism.moduleType() == module_type
    assert answers(ism, question)
    if question.endswith("(bytes)"):
        getter = getattr(ism, question.removesuffix("(bytes)"))
        assert getter(bytes(20)) == getter(b"")


def test_lookup_is_asked_for_by_its_error(build, chain):
    ism = build("AttestationIsm")
    call = {"to": ism.address, "data": ism.getOffchainVerifyInfo.encode_input(b"").to_0x_hex()}
    answer = chain.provider.web3.provider.make_request("eth_call", [call, "latest"])
    assert answer["error"]["data"].startswith("0x556f1830")


def test_client_of_a_mailbox_names_its_hook(route, answers):
    assert answers(route, "hook()")
    assert route.localDomain() == LOCAL_DOMAIN
