"""Where contracts take tokens out of somebody's hands: the list is closed, and all but one take
from whoever calls."""

import re
from pathlib import Path

CONTRACTS = Path(__file__).parents[3] / "contracts"

PULL = re.compile(
    r"(?:\w+(?:\([^()]*\))?\.)?\b(?:safeTransferFrom2?|transferFrom|permit2?TransferFrom|permit2?|burn(?:From)?)"
    r"\s*\(\s*([^)]*?)\)",
    re.DOTALL | re.IGNORECASE,
)

# file -> arguments of each pull in it
FROM_THE_CALLER = {
    "libs/MeasuredPull.sol": ["msg.sender, address(this"],
    "middleware/AbstractInterchainAccountRouter.sol": ["msg.sender, address(this"],
    "staking/StakeToken.sol": ["msg.sender, address(this"],
    "token/HypERC721Collateral.sol": ["msg.sender, address(this", "address(this"],
    "token/QuotedCalls.sol": [
        "msg.sender, permitSingle, signature",
        "msg.sender, address(this",
        "msg.sender, address(this",
    ],
    "token/extensions/HypFiatToken.sol": ["amount"],
    "token/extensions/HypXERC20.sol": ["msg.sender, amount"],
    "token/extensions/HypXERC20Lockbox.sol": ["address(this"],
    "token/extensions/WHypERC4626.sol": ["msg.sender, address(this"],
}

# The payer is the caller of `payForGas`, or the sender of a message in a dispatch of its own: what
# test_spend_a_strangers_approval.py attacks.
FROM_OTHERS = {"hooks/igp/InterchainGasPaymaster.sol": ["feeToken, payer, address(this"]}


def pulls() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(CONTRACTS.rglob("*.sol")):
        name = path.relative_to(CONTRACTS).as_posix()
        if name.startswith((".cache/", "interfaces/", "test/")):
            continue
        code = re.sub(r"//[^\n]*", "", path.read_text())
        for match in PULL.finditer(code):
            declared = re.search(r"\bfunction\s+$", code[: match.start()])
            if not declared:
                found.setdefault(name, []).append(" ".join(match[1].split()))
    return found


def test_tokens_are_taken_from_the_caller():
    assert pulls() == FROM_THE_CALLER | FROM_OTHERS


def test_the_only_other_payer_dispatches_by_itself():
    """By text: one way to the pull is the caller's own, one is behind asking who dispatches."""
    code = (CONTRACTS / "hooks/igp/InterchainGasPaymaster.sol").read_text()
    calls = re.findall(r"(?<!function )_takeToken\((.*)\);", code)
    assert [call.rsplit(", ", 1)[1] for call in calls] == ["msg.sender", "sender"]
    asked, taken = code.index("_requireDispatchBy(sender);"), code.index("gasLimit, sender);")
    assert 0 < taken - asked < 120


def test_approvals_are_exact_or_to_contracts_that_are_fixed():
    """What contracts of ours allow others to take: for ever only what a constructor names, or the
    owner of a router of accounts, out of a balance that is empty between calls."""
    forever = {
        path.relative_to(CONTRACTS).as_posix()
        for path in CONTRACTS.rglob("*.sol")
        if not {".cache", "test", "interfaces"} & set(path.parts)
        and re.search(r"[aA]pprove\([^;]*type\(uint256\)\.max", path.read_text())
    }
    assert forever == {
        "middleware/AbstractInterchainAccountRouter.sol",
        "token/bridges/TokenBridgeCctpBase.sol",
        "token/bridges/TokenBridgeOft.sol",
        "token/extensions/HypERC4626Collateral.sol",
        "token/extensions/HypXERC20Lockbox.sol",
    }
