"""Every contract that bears a reference contract's name answers everything the reference answers.

`abi-surface.json` holds, per reference contract, what its functions and events look like. Ours may
have more; what the reference has must be there with the same selector, mutability, results and
indexed flags. Revert strings are custom errors here, so there may be errors that the reference has
not; but one that bears the name of an error of the reference has its parameters too.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from eth_utils import keccak

SURFACE = json.loads((Path(__file__).parent / "abi-surface.json").read_text())

# Contracts of ours that answer whatever another kind of reference contract answers.
SURFACE["StaticLegacyMultisigIsm"] = SURFACE["StaticMessageIdMultisigIsm"]
SURFACE["StaticLegacyMultisigIsmFactory"] = SURFACE["StaticMessageIdMultisigIsmFactory"]
for kind in ("MessageId", "MerkleRoot"):
    for part in ("", "Factory"):
        SURFACE[f"Cloned{kind}MultisigIsm{part}"] = SURFACE[f"Static{kind}MultisigIsm{part}"]
GUARDED = {"constructor": "constructor(address owner, address[] guardians, uint256 duration)"}
SURFACE["GuardedPausableIsm"] = SURFACE["PausableIsm"] | GUARDED
SURFACE["GuardedPausableHook"] = SURFACE["PausableHook"] | GUARDED

# What the reference's client base contract brings to contracts that dispatch and receive nothing.
UNUSED_CLIENT = dict.fromkeys(
    [
        "hook() view -> (address)",
        "interchainSecurityModule() view -> (address)",
        "setHook(address _hook) nonpayable",
        "setInterchainSecurityModule(address _module) nonpayable",
        "HookSet(address _hook)",
        "Initialized(uint8 version)",
        "IsmSet(address _ism)",
    ],
    "inherited by the reference, without effect here",
)
FALLBACK_CLIENT = {
    text: reason for text, reason in UNUSED_CLIENT.items() if "Initialized" not in text
} | {"localDomain() view -> (uint32)": "inherited by the reference, without effect here"}
NO_CREDIT = {"Credited(uint256 amount, uint256 newLevel)": "nothing flows back into this bucket"}
FIXED_FRACTION = {
    "RateLimitSet(uint256 _oldCapacity, uint256 _newCapacity)": "nobody sets its size"
}
NO_INITIALIZER = {"Initialized(uint8 version)": "the constructor does it all"}
REMEMBERS = {"verify(bytes _metadata, bytes _message) view -> (bool)": "remembers what it verified"}

# The same where there is nothing else that an owner could do.
UNUSED_OWNED_CLIENT = UNUSED_CLIENT | dict.fromkeys(
    [
        "owner() view -> (address)",
        "renounceOwnership() nonpayable",
        "transferOwnership(address newOwner) nonpayable",
        "OwnershipTransferred(address indexed previousOwner, address indexed newOwner)",
    ],
    "an owner would own nothing",
)


# contract -> {signature: why we differ}
EXCEPTIONS: dict[str, dict[str, str]] = {
    "AtomicInitDefaultFallbackRoutingIsm": FALLBACK_CLIENT,
    "DefaultFallbackRoutingIsm": FALLBACK_CLIENT,
    "ArbL2ToL1Hook": UNUSED_OWNED_CLIENT,
    "CCIPHook": UNUSED_OWNED_CLIENT,
    "CommitmentReadIsm": NO_INITIALIZER,
    "DefaultHook": UNUSED_OWNED_CLIENT,
    "DestinationRecipientRoutingHook": UNUSED_CLIENT,
    "DomainRoutingHook": UNUSED_CLIENT,
    "ERC5164Hook": UNUSED_OWNED_CLIENT,
    "FallbackDomainRoutingHook": UNUSED_CLIENT,
    "DelayedFlowRouterHookIsm": FIXED_FRACTION,
    "MerkleTreeHook": UNUSED_OWNED_CLIENT,
    "NetFlowRateLimitedHookIsm": UNUSED_CLIENT | FIXED_FRACTION,
    "OPL2ToL1Hook": UNUSED_OWNED_CLIENT,
    "OPStackHook": UNUSED_OWNED_CLIENT,
    "RateLimitedHook": UNUSED_CLIENT | NO_CREDIT,
    "RateLimitedIsm": UNUSED_CLIENT | NO_CREDIT,
    "ClonedMerkleRootMultisigIsm": REMEMBERS,
    "StaticMerkleRootMultisigIsm": REMEMBERS,
    "StaticMerkleRootWeightedMultisigIsm": REMEMBERS,
    "StorageMerkleRootMultisigIsm": REMEMBERS,
    "ValidatorAnnounce": UNUSED_OWNED_CLIENT,
}

# Contracts that can be deployed; several may stand in one file.
CONTRACTS = sorted(
    name
    for path in (Path(__file__).parents[2] / "contracts").rglob("*.sol")
    if not {".cache", "interfaces", "libs"} & set(path.parts)
    for name in re.findall(r"^contract (\w+)", path.read_text(), re.MULTILINE)
    if name in SURFACE
)

# What the reference's contracts inherit that we have too, under another name or none.
BASES = ["AbstractOffchainQuoter", "RateLimited", "TokenBridgeCctpBase", "TvlRateLimited"]


def canonical(parameter: dict) -> str:
    """The ABI type of a parameter, with tuples spelled out."""
    kind = parameter["type"]
    if kind.startswith("tuple"):
        return f"({','.join(map(canonical, parameter['components']))}){kind[5:]}"
    return kind


def without_names(types: str) -> str:
    """`(address token, uint256 amount)[] quotes` as `(address,uint256)[]`."""
    bare = re.sub(r"([\w\]\)]) \w+(?=[,)\s]|$)", r"\1", types.replace(" indexed", "!indexed"))
    return bare.replace("!indexed", " indexed").replace(", ", ",")


def results(text: str) -> str:
    return without_names(text.partition(" -> ")[2] or "()")


def mutability(text: str) -> str:
    """`pure` and `view` are one to a caller: reading."""
    word = text.partition(" -> ")[0].rpartition(" ")[2]
    return {"pure": "view"}.get(word, word)


def our_abi(project, name: str) -> list[dict]:
    return [item.model_dump(by_alias=True) for item in project.contracts[name].abi]


def our_functions(abi: list[dict]) -> dict[str, tuple[str, str]]:
    found = {}
    for item in abi:
        if item["type"] == "function":
            signature = f"{item['name']}({','.join(map(canonical, item['inputs']))})"
            outputs = f"({','.join(map(canonical, item['outputs'] or []))})"
            reading = {"pure": "view"}.get(item["stateMutability"], item["stateMutability"])
            found["0x" + keccak(text=signature)[:4].hex()] = (reading, outputs)
    return found


def our_events(abi: list[dict]) -> dict[str, list[bool]]:
    found = {}
    for item in abi:
        if item["type"] == "event":
            signature = f"{item['name']}({','.join(map(canonical, item['inputs']))})"
            found["0x" + keccak(text=signature).hex()] = [
                bool(i["indexed"]) for i in item["inputs"]
            ]
    return found


def indexed_flags(text: str) -> list[bool]:
    inside = text[text.index("(") + 1 : -1]
    return [" indexed" in each for each in inside.split(",")] if inside else []


def excepted(name: str, text: str) -> bool:
    return text in EXCEPTIONS.get(name, {})


@pytest.mark.parametrize("name", CONTRACTS)
def test_functions_equal_the_reference(project, name):
    ours = our_functions(our_abi(project, name))
    expected = {
        selector: (mutability(text), results(text))
        for selector, text in SURFACE[name].get("functions", {}).items()
        if not excepted(name, text)
    }
    differing = {
        SURFACE[name]["functions"][selector]: ours.get(selector, "missing")
        for selector, wanted in expected.items()
        if ours.get(selector) != wanted
    }
    assert differing == {}


@pytest.mark.parametrize("name", CONTRACTS)
def test_events_equal_the_reference(project, name):
    ours = our_events(our_abi(project, name))
    differing = {
        text: ours.get(topic, "missing")
        for topic, text in SURFACE[name].get("events", {}).items()
        if not excepted(name, text) and ours.get(topic) != indexed_flags(text)
    }
    assert differing == {}


def our_errors(abi: list[dict]) -> set[str]:
    return {
        f"{item['name']}({','.join(map(canonical, item['inputs'] or []))})"
        for item in abi
        if item["type"] == "error"
    }


def reference_errors(names: Iterable[str]) -> dict[str, set[str]]:
    """By name, in which shapes these contracts of the reference have an error."""
    shapes: dict[str, set[str]] = {}
    for name in names:
        for text in SURFACE[name].get("errors", {}).values():
            shapes.setdefault(text.partition("(")[0], set()).add(without_names(text))
    return shapes


def misshapen(errors: set[str], shapes: dict[str, set[str]]) -> dict[str, set[str]]:
    by_name = {error: shapes.get(error.partition("(")[0]) for error in errors}
    return {error: wanted for error, wanted in by_name.items() if wanted and error not in wanted}


@pytest.mark.parametrize("name", CONTRACTS)
def test_errors_with_a_name_of_the_reference_have_its_parameters(project, name):
    assert misshapen(our_errors(our_abi(project, name)), reference_errors([name])) == {}


def test_no_other_contract_gives_such_a_name_other_parameters(project):
    """Libraries, base contracts and those that only we have: what clients of the reference decode
    somewhere, they decode there."""
    shapes = reference_errors([*CONTRACTS, *BASES])
    names = [container.contract_type.name for container in project.contracts.values()]
    wrong = {name: misshapen(our_errors(our_abi(project, name)), shapes) for name in names}
    assert {name: errors for name, errors in wrong.items() if errors} == {}


def test_errors_of_the_reference_are_compared_at_all():
    shapes = reference_errors([*CONTRACTS, *BASES])
    assert shapes["InvalidRouter"] == {"InvalidRouter()", "InvalidRouter(address)"}
    assert shapes["RateLimitExceeded"] == {"RateLimitExceeded(uint256,uint256)"}
    wrong = misshapen({"InvalidRouter(uint256)", "StaleQuote()", "Ours()"}, shapes)
    assert wrong.keys() == {"InvalidRouter(uint256)"}


@pytest.mark.parametrize("name", CONTRACTS)
def test_constructor_equals_the_reference(project, name):
    text = SURFACE[name].get("constructor", "constructor()")
    if excepted(name, text):
        return
    items = [item for item in our_abi(project, name) if item["type"] == "constructor"]
    ours = ",".join(canonical(i) for item in items for i in item["inputs"])
    assert ours == without_names(text)[len("constructor(") : -1]


def test_exceptions_name_things_that_the_reference_has():
    stale = [
        (name, text)
        for name, texts in EXCEPTIONS.items()
        for text in texts
        if text
        not in [
            *SURFACE[name].get("functions", {}).values(),
            *SURFACE[name].get("events", {}).values(),
            SURFACE[name].get("constructor"),
        ]
    ]
    assert stale == []
