"""Files with the calls that only a Safe or a timelock may make, for its people to send.

A Safe gets what its Transaction Builder imports; a timelock gets the data of two transactions, the
one that schedules the calls and the one that executes them.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from ethpm_types.abi import MethodABI

from ape_hyperlane.plans.owners import Owner, Safe, Stranger, Timelock, owner_at
from ape_hyperlane.plans.views import ask
from hyperlane.errors import ChainError, ConfigError
from hyperlane.files import write_atomic
from hyperlane.wording import shown

BUILDER_VERSION = "1.18.0"
"""Version of the Transaction Builder whose file format this is."""
PREDECESSOR = bytes(32)
"""Predecessor of every timelock operation: none, so it waits for no other."""
_BATCH = ["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"]


@dataclass(frozen=True, slots=True)
class OwnedCall:
    """A call that only `owner` may make."""

    owner: str
    step: str
    to: str
    method: MethodABI
    arguments: tuple[Any, ...]
    data: bytes

    def describe(self) -> str:
        shown = ", ".join(map(_spelled, self.arguments))
        return f"{self.step}: call {self.to}.{self.method.name}({shown})"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The calls of one owner on one chain, and the file that they are in."""

    owner: Safe | Timelock
    calls: tuple[OwnedCall, ...]
    path: Path
    then: str
    """Instruction for the owner: what to do with the file."""

    def describe(self) -> str:
        return f"{self.owner}: {len(self.calls)} calls in {self.path}; {self.then}"


def by_owner(calls: Iterable[OwnedCall]) -> dict[str, list[OwnedCall]]:
    """Calls by the owner's address."""
    found: dict[str, list[OwnedCall]] = {}
    for call in calls:
        found.setdefault(call.owner, []).append(call)
    return found


def require_proposable(owned: Mapping[str, Sequence[str]]) -> None:
    """ConfigError if one of the owners is neither Safe nor timelock. `owned` has what each must do,
    a line each."""
    for address, lines in owned.items():
        owner = owner_at(address)
        if isinstance(owner, Stranger):
            raise ConfigError(
                f"nothing was sent: {len(lines)} of the changes are for {owner}, to make:"
                f" {'; '.join(lines)}. Run the same command with that account first, or make that"
                " account's calls by hand"
            )


def write_proposals(
    folder: Path, chain: str, chain_id: int | str, calls: Iterable[OwnedCall]
) -> list[Proposal]:
    """Writes a file for each owner of calls, on the connected chain."""
    found = []
    for address, owned in by_owner(calls).items():
        owner: Owner = owner_at(address)
        match owner:
            case Safe():
                content, then = safe_file(owner, chain, chain_id, owned), _for_safe()
            case Timelock():
                content, then = _timelock_file(owner, chain, chain_id, owned)
            case Stranger():
                continue
        kind = type(owner).__name__.lower()
        path = folder / f"{chain}-{kind}-{address}.json"
        if _changes(path, content):
            write_atomic(path, json.dumps(content, indent=2) + "\n")
        found.append(Proposal(owner, tuple(owned), path, then))
    return found


def _changes(path: Path, content: dict[str, Any]) -> bool:
    """True if the file has other calls, or is not there. The time of writing does not count."""
    try:
        before = json.loads(path.read_text())
    except (OSError, ValueError):
        return True
    return not isinstance(before, dict) or {**before, "createdAt": 0} != {**content, "createdAt": 0}


def _for_safe() -> str:
    return "import it in the Safe's Transaction Builder, then have its owners sign"


def safe_file(
    owner: Safe, chain: str, chain_id: int | str, calls: Sequence[OwnedCall]
) -> dict[str, Any]:
    """Content of a file for the Transaction Builder of a Safe."""
    return {
        "version": "1.0",
        "chainId": str(chain_id),
        "createdAt": int(time.time() * 1000),
        "meta": {
            "name": f"Hyperlane on {chain}",
            "description": "; ".join(call.step for call in calls),
            "txBuilderVersion": BUILDER_VERSION,
            "createdFromSafeAddress": owner.address,
            "createdFromOwnerAddress": "",
        },
        "transactions": [
            {
                "to": call.to,
                "value": "0",
                "data": f"0x{call.data.hex()}",
                "contractMethod": {
                    "inputs": [_input(each) for each in call.method.inputs],
                    "name": call.method.name,
                    "payable": call.method.stateMutability == "payable",
                },
                "contractInputsValues": {
                    each.name or f"argument{index}": _spelled(value)
                    for index, (each, value) in enumerate(
                        zip(call.method.inputs, call.arguments, strict=True)
                    )
                },
            }
            for call in calls
        ],
    }


def _input(parameter: Any) -> dict[str, Any]:
    kind = str(parameter.type)
    described = {"internalType": kind, "name": parameter.name, "type": kind}
    parts = [_input(each) for each in parameter.components or ()]
    return {**described, "components": parts} if parts else described


def _spelled(value: Any) -> str:
    """An argument as text, lists as JSON with their members as text."""
    plain = _members(value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _members(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return [_members(item) for item in value]
    return str(value)


def _timelock_file(
    owner: Timelock, chain: str, chain_id: int | str, calls: Sequence[OwnedCall]
) -> tuple[dict[str, Any], str]:
    """Content of a timelock's file, and what is to do with it, which depends on what the timelock
    has scheduled."""
    batch = [call.to for call in calls], [0] * len(calls), [call.data for call in calls]
    salt, operation, ready = _operation(owner.address, batch)
    schedule = _transaction(
        owner.address,
        "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)",
        (*batch, PREDECESSOR, salt, owner.delay),
    )
    execute = _transaction(
        owner.address,
        "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)",
        (*batch, PREDECESSOR, salt),
    )
    content = {
        "timelock": owner.address,
        "chain": chain,
        "chainId": str(chain_id),
        "id": f"0x{operation.hex()}",
        "predecessor": f"0x{PREDECESSOR.hex()}",
        "salt": f"0x{salt.hex()}",
        "delay": str(owner.delay),
        "calls": [
            {"step": call.step, "to": call.to, "value": "0", "data": f"0x{call.data.hex()}"}
            for call in calls
        ],
        "schedule": schedule,
        "execute": execute,
    }
    if ready:
        when = _time(owner.address, ready)
        return content, f"is scheduled: an executor sends `execute` after {when}"
    then = f"a proposer sends `schedule`, and {owner.delay} s later an executor `execute`"
    return content, then


def _operation(
    timelock: str, batch: tuple[list[str], list[int], list[bytes]]
) -> tuple[bytes, bytes, int]:
    """Salt and id of a batch, and when it can be executed, or 0 before it is scheduled. The salt is
    the first with which the timelock has not executed the same calls before."""
    for number in range(_MOST_REPEATS):
        salt = keccak(text=f"ape-hyperlane apply {number}")
        operation = keccak(encode(_BATCH, [*batch, PREDECESSOR, salt]))
        at = int(ask(timelock, "getTimestamp(bytes32)", "uint256", operation) or 0)
        if at != _DONE:
            return salt, operation, at
    raise ChainError(
        f"timelock {timelock}: says that it executed the same calls {_MOST_REPEATS} times; make"
        " sure that it is a TimelockController"
    )


def _time(timelock: str, seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ", timespec="seconds")
    except (OverflowError, OSError, ValueError):
        raise ChainError(
            f"timelock {timelock}: says that the calls can be executed at {shown(seconds)},"
            " expected a time in seconds since 1970; make sure that it is a TimelockController"
        ) from None


_MOST_REPEATS = 1_000
"""Executions of the same calls that are believed: a contract could claim them for ever."""
_DONE = 1
"""`getTimestamp` of an executed operation."""


def _transaction(to: str, method: str, arguments: Sequence[Any]) -> dict[str, str]:
    types = method[method.index("(") + 1 : -1].split(",")
    data = keccak(text=method)[:4] + encode(types, arguments)
    return {"to": to, "value": "0", "data": f"0x{data.hex()}"}
