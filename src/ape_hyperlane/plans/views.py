"""Views of contracts that may be anybody's: asked by signature, without an ABI, and any may be
missing.

The presence of a view is what tells many kinds of contracts apart.
"""

from collections.abc import Sequence
from typing import Any

from ape import networks
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import is_hex_address, to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from requests import RequestException
from web3.exceptions import ContractLogicError, Web3RPCError
from web3.types import FilterParams

from hyperlane.registry.fields import ZERO_ADDRESS

_FAILED_EXECUTIONS = ("revert", "invalid opcode", "invalidfeopcode", "stack", "out of gas")
"""Words of nodes for a call that failed in the contract, not in the node."""

_LONGEST = 2**21
"""Bytes of an answer that is decoded: a table of fifty thousand domains."""
_LONGEST_TEXTS = 2**15
"""Bytes of a list of texts that is decoded: fewer, since its entries may all point to one text."""

NOBODY = ZERO_ADDRESS
"""Sender of calls for which it does not matter."""


def ask(address: str, view: str, kind: str, *arguments: Any) -> Any:
    """Result of a view, `ask(mailbox, "owner()", "address")`; None if the contract has no such
    view, or one with an endless answer. Several `kind`s, separated by spaces, make a tuple."""
    kinds = kind.split()
    answer = call(address, view, *arguments)
    if answer is None or len(answer) < 32 * len(kinds):
        return None  # of an account without code, or a fallback function
    if len(answer) > (_LONGEST_TEXTS if "string[]" in kinds else _LONGEST):
        return None
    try:
        values = [_plain(value) for value in decode(kinds, answer)]
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return None
    return values[0] if len(kinds) == 1 else tuple(values)


def has(address: str, view: str, kind: str, *arguments: Any) -> bool:
    """True if the contract has the view."""
    return ask(address, view, kind, *arguments) is not None


def call(address: str, method: str, *arguments: Any) -> bytes | None:
    """Encoded result of a method; None if it reverts."""
    try:
        return _call(address, method, arguments, NOBODY)
    except (ContractLogicError, Web3RPCError) as error:
        if _in_contract(error):
            return None
        raise


def refuses_with(address: str, method: str, *arguments: Any, sender: str) -> str:
    """Reason with which a call of `sender` reverts; empty if it does not."""
    try:
        _call(address, method, arguments, sender)
    except (ContractLogicError, Web3RPCError) as error:
        if _in_contract(error):
            return str(error)
        raise
    return ""


def _call(address: str, method: str, arguments: Sequence[Any], sender: str) -> bytes:
    types = method[method.index("(") + 1 : -1]
    data = keccak(text=method)[:4] + encode(types.split(",") if types else [], arguments)
    web3 = networks.provider.web3
    return bytes(
        web3.eth.call(
            {"from": to_checksum_address(sender), "to": to_checksum_address(address), "data": data}
        )
    )


def _in_contract(error: Exception) -> bool:
    said = str(error).lower()
    return isinstance(error, ContractLogicError) or any(word in said for word in _FAILED_EXECUTIONS)


def _plain(value: Any) -> Any:
    """Addresses with their checksum; lists for sequences."""
    if isinstance(value, str) and is_hex_address(value):
        return to_checksum_address(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def events(address: str, event: str) -> list[list[bytes]] | None:
    """The parameters, a word each, of all events of one kind, `events(hook, "Set(address)")`, of
    which indexed ones come first. Events with other parameters are left out. None if the node
    refuses to search all blocks."""
    wanted: FilterParams = {
        "address": to_checksum_address(address),
        "fromBlock": "earliest",
        "toBlock": "latest",
        "topics": [HexBytes(keccak(text=event))],
    }
    try:
        logs = networks.provider.web3.eth.get_logs(wanted)
    except (Web3RPCError, RequestException):
        return None
    kinds = event[event.index("(") + 1 : -1].split(",")
    found = [b"".join(map(bytes, [*log["topics"][1:], log["data"]])) for log in logs]
    words = [[data[at : at + 32] for at in range(0, len(data), 32)] for data in found]
    return [each for each in words if _are(each, kinds)]


def _are(words: Sequence[bytes], kinds: Sequence[str]) -> bool:
    """True if the words can be values of these kinds, none of which is longer than a word."""
    return [len(word) for word in words] == [32] * len(kinds) and all(
        int.from_bytes(word) < 2**32
        for word, kind in zip(words, kinds, strict=True)
        if kind == "uint32"
    )


def word_in_slot(address: str, slot: int) -> bytes:
    """The 32 bytes of a storage slot."""
    word = networks.provider.web3.eth.get_storage_at(to_checksum_address(address), HexBytes(slot))
    return bytes(word).rjust(32, b"\0")
