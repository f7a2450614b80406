"""Calls of JSON-RPC methods, made from what they ask for."""

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

from hyperlane.chain import answers
from hyperlane.chain.abi import Event, Function
from hyperlane.chain.endpoint import Call, RpcError
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex

BlockId: TypeAlias = int | str
"""A block number or a tag such as `latest`."""


def view(
    to: Address,
    function: Function,
    *arguments: object,
    block: BlockId = "latest",
    sender: Address | None = None,
    gas: int | None = None,
    most: int | None = None,
) -> Call:
    """Make the call of a contract's function."""
    fields = transaction(to, function.encode(*arguments), sender=sender)
    if gas is not None:
        fields["gas"] = hex(gas)
    return Call(answers.returned_by(function, most), (fields, block_id(block)))


def logs_in(
    address: Address, event: Event, first: int, last: int, indexed: Sequence[Bytes32] = ()
) -> Call:
    """Make the query for logs of one event of a contract in blocks `first` .. `last`."""
    query = {
        "address": to_hex(address),
        "topics": [to_hex(event.topic), *map(to_hex, indexed)],
        "fromBlock": hex(first),
        "toBlock": hex(last),
    }
    return Call(answers.logs_of(address, event, first, last), (query,))


def transaction(to: Address, data: bytes, sender: Address | None = None) -> dict[str, str]:
    """Make the first parameter of a call or an estimate."""
    fields = {"to": to_hex(to), "data": to_hex(data)}
    if sender is not None:
        fields["from"] = to_hex(sender)
    return fields


def block_id(block: BlockId) -> str:
    """Make the parameter that names a block."""
    return hex(block) if isinstance(block, int) else block


class ReadAhead:
    """Answers to calls that are about to be made; each is given once."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Any] = {}

    def keep(self, calls: Sequence[Call], found: Sequence[Any | RpcError]) -> None:
        """Replace all answers. Errors are left out: such a call is made by itself."""
        pairs = zip(calls, found, strict=True)
        self._answers = {_key(call): said for call, said in pairs if not isinstance(said, RpcError)}

    def take(self, call: Call) -> Any:
        """The answer to a call; None if there is none."""
        return self._answers.pop(_key(call), None) if self._answers else None


def _key(call: Call) -> tuple[str, str]:
    return call.method, json.dumps(call.params)
