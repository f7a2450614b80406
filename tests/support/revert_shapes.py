"""How nodes pass on that a contract reverted. Add a row for each one that does it in another way.

Each row makes the `error` of an answer from the revert data and, for `Error(string)`, its text;
other errors have the text "". The last tables are of nodes that keep the data to themselves.
"""

from collections.abc import Callable
from typing import Any

Shape = Callable[[bytes, str], Any]

TX_HASH = "0x" + "ab" * 32


def colon(text: str) -> str:
    return f": {text}" if text else ""


def space(text: str) -> str:
    return f" {text}" if text else ""


def hardhat_words(text: str) -> str:
    how = f"reverted with reason string '{text}'" if text else "reverted with an unrecognized error"
    return f"Error: VM Exception while processing transaction: {how}"


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


WITH_DATA: dict[str, Shape] = {
    "geth": lambda data, text: {
        "code": 3,
        "message": f"execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "geth for custom errors, before 1.13": lambda data, _: {
        "code": -32000,
        "message": "execution reverted",
        "data": hexed(data),
    },
    "erigon": lambda data, text: {
        "code": 3,
        "message": f"execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "reth": lambda data, text: {
        "code": 3,
        "message": "execution reverted" + (f': revert: "{text}"' if text else ": custom error"),
        "data": hexed(data),
    },
    "nethermind": lambda data, text: {
        "code": 3,
        "message": f"execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "nethermind before 1.27": lambda data, _: {
        "code": -32015,
        "message": "VM execution error.",
        "data": f"Reverted {hexed(data)}",
    },
    "besu": lambda data, text: {
        "code": -32000,
        "message": f"Execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "openethereum": lambda data, _: {
        "code": -32015,
        "message": "VM execution error.",
        "data": f"Reverted {hexed(data)}",
    },
    "openethereum's estimates": lambda data, _: {
        "code": -32016,
        "message": "The execution failed due to an exception.",
        "data": f"Reverted {hexed(data)}",
    },
    "anvil": lambda data, text: {
        "code": 3,
        "message": f"execution reverted: {text or 'custom error ' + hexed(data[:4])}",
        "data": hexed(data),
    },
    "anvil, in words alone": lambda data, _: {
        "code": -32000,
        "message": f"execution reverted: custom error {hexed(data[:4])}: {data[4:].hex()}",
    },
    "hardhat": lambda data, text: {
        "code": -32603,
        "message": hardhat_words(text),
        "data": {"message": hardhat_words(text), "data": hexed(data)},
    },
    "hardhat's transactions": lambda data, text: {
        "code": -32603,
        "message": hardhat_words(text),
        "data": {"message": hardhat_words(text), "txHash": TX_HASH, "data": hexed(data)},
    },
    "hardhat behind another node": lambda data, text: {
        "code": -32603,
        "message": "Internal JSON-RPC error.",
        "data": {
            "code": -32603,
            "message": hardhat_words(text),
            "data": {"message": hardhat_words(text), "txHash": TX_HASH, "data": hexed(data)},
        },
    },
    "ganache 7": lambda data, text: {
        "code": -32000,
        "message": f"VM Exception while processing transaction: revert{space(text)}",
        "data": hexed(data),
    },
    "ganache 7's transactions": lambda data, text: {
        "code": -32000,
        "message": f"VM Exception while processing transaction: revert{space(text)}",
        "data": {
            "hash": TX_HASH,
            "programCounter": 4,
            "result": hexed(data),
            "reason": text or None,
            "message": "revert",
        },
    },
    "ganache 6": lambda data, text: {
        "code": -32000,
        "message": f"VM Exception while processing transaction: revert{space(text)}",
        "data": {
            TX_HASH: {
                "error": "revert",
                "program_counter": 4,
                "return": hexed(data),
                "reason": text or None,
            },
            "stack": "RuntimeError: VM Exception while processing transaction: revert\n    at 0x12",
            "name": "RuntimeError",
        },
    },
    "arbitrum": lambda data, text: {
        "code": 3,
        "message": f"execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "arbitrum classic": lambda data, text: {
        "code": -32000,
        "message": f"execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "zksync": lambda data, text: {
        "code": 3,
        "message": f"execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "zksync's estimates": lambda data, _: {
        "code": 3,
        "message": "execution reverted: Error function_selector = "
        f"{hexed(data[:4])}, data = {hexed(data)}",
        "data": "0x",
    },
    "zksync, in words alone": lambda data, _: {
        "code": -32000,
        "message": f"Cannot estimate transaction: Error function_selector = {hexed(data[:4])},"
        f" data = {hexed(data)}.",
    },
    "alchemy": lambda data, text: {
        "code": 3,
        "message": f"execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "infura": lambda data, text: {
        "code": -32000,
        "message": f"execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "infura, of an older client": lambda data, _: {
        "code": -32015,
        "message": "VM execution error.",
        "data": f"Reverted {hexed(data)}",
    },
    "a wallet between": lambda data, text: {
        "code": -32603,
        "message": f"execution reverted{colon(text)}",
        "data": {
            "originalError": {
                "code": 3,
                "data": hexed(data),
                "message": f"execution reverted{colon(text)}",
            }
        },
    },
    "a proxy that nests errors": lambda data, text: {
        "code": -32603,
        "message": "upstream error",
        "data": [{"error": {"code": 3, "message": "execution reverted", "data": hexed(data)}}],
    },
    "frontier": lambda data, text: {
        "code": -32603,
        "message": f"VM Exception while processing transaction: revert{space(text)}",
        "data": hexed(data),
    },
    "hedera": lambda data, text: {
        "code": 3,
        "message": f"[Request ID: 6e11] execution reverted{colon(text)}",
        "data": hexed(data),
    },
    "hedera before": lambda data, _: {
        "code": -32008,
        "message": f"execution reverted: {hexed(data)}",
        "data": hexed(data),
    },
    "filecoin": lambda data, _: {
        "code": 3,
        "message": f"message execution failed (exit=[33], revert reason=[{hexed(data)}])",
    },
    "tron": lambda data, _: {
        "code": -32000,
        "message": "REVERT opcode executed",
        "data": hexed(data),
    },
    "in capitals": lambda data, _: {
        "code": -32000,
        "message": "execution reverted",
        "data": "0X" + data.hex().upper(),
    },
}
"""Nodes from which the revert data can be had."""

WORDS_ALONE: dict[str, Callable[[str], Any]] = {
    "erigon before 2.0": lambda text: {
        "code": -32000,
        "message": f"execution reverted{colon(text)}",
    },
    "geth's estimates before 1.9.15": lambda text: {
        "code": -32000,
        "message": f"gas required exceeds allowance (8000000) or always failing transaction"
        f"{space(text)}",
    },
    "nethermind, decoded": lambda text: {
        "code": -32015,
        "message": "VM execution error.",
        "data": f"Reverted{space(text)}",
    },
    "hardhat without data": lambda text: {"code": -32603, "message": hardhat_words(text)},
    "ganache without return data": lambda text: {
        "code": -32000,
        "message": f"VM Exception while processing transaction: revert{space(text)}",
        "data": {TX_HASH: {"error": "revert", "return": "0x", "reason": text}},
    },
    "ethermint": lambda text: {
        "code": -32000,
        "message": f"rpc error: code = Internal desc = execution reverted{colon(text)}",
    },
    "kaia": lambda text: {"code": -32000, "message": f"evm: execution reverted{colon(text)}"},
    "rootstock": lambda text: {"code": -32015, "message": f"transaction reverted, {text}"},
    "an error that is a text": lambda text: f"execution reverted{colon(text)}",
}
"""Nodes that say the reason, and nothing else."""

NOTHING: dict[str, Any] = {
    "geth": {"code": -32000, "message": "execution reverted"},
    "geth with data": {"code": 3, "message": "execution reverted", "data": "0x"},
    "openethereum": {"code": -32015, "message": "VM execution error.", "data": "Reverted 0x"},
    "besu": {"code": -32000, "message": "Execution reverted", "data": None},
    "hardhat": {
        "code": -32603,
        "message": "Error: VM Exception while processing transaction: reverted",
        "data": {"message": "reverted", "txHash": TX_HASH, "data": "0x"},
    },
    "ganache": {
        "code": -32000,
        "message": "VM Exception while processing transaction: revert",
        "data": {TX_HASH: {"error": "revert", "program_counter": 1, "return": "0x"}},
    },
    "tron": {"code": -32000, "message": "REVERT opcode executed", "data": "0x"},
    "a flag": {"code": 3, "message": "", "data": {}},
}
"""A contract that gives no reason."""

NO_REVERT: dict[str, Any] = {
    "unknown method": {"code": -32601, "message": "the method is not available", "data": "0x"},
    "a hash": {"code": -32000, "message": "already known", "data": TX_HASH},
    "a quota": {
        "code": -32005,
        "message": "daily request count exceeded",
        "data": {"see": "https://example.com", "rate": {"allowed_rps": 1}, "hash": TX_HASH},
    },
    "a trace": {"code": -32000, "message": "internal error", "data": {"trace_id": "0x12ab"}},
    "nothing": {},
    "null": None,
    "a number": 7,
    "a list": ["execution"],
}
"""Errors of another kind, some of which hold hex."""
