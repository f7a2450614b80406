"""What contracts say when they refuse, in whichever shape a node passes it on.

Nodes agree on little here. The revert data may be the error's `data`, with or without a word before
it; a field of an object there, of an object by transaction hash in it, or of the error of another
node within; a part of the message; the result itself. `tests/support/revert_shapes.py` lists who
does what, and a test reads every known error in all of these shapes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hyperlane.chain import answers
from hyperlane.chain.abi import decode_values
from hyperlane.chain.answers import Malformed
from hyperlane.chain.custom_errors import custom_errors
from hyperlane.errors import ChainError
from hyperlane.protocol.layout import preview
from hyperlane.wording import one_line

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")
_PANICS = {
    0x00: "compiler's own check failed",
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x21: "no value of the enum",
    0x22: "storage is not encoded as bytes",
    0x31: "pop of an empty array",
    0x32: "index out of bounds",
    0x41: "too much memory",
    0x51: "call of a function that was never set",
}

LONGEST_REASON = 800
"""Characters."""
_LONGEST_SAID = 1000
"""Characters of a node's text in which its meaning is looked for."""
_MOST_PARTS = 100
"""Values that are looked at in one error."""
_CODES = (3, -32015)
"""Of geth and its kin, of OpenEthereum and Nethermind."""
_SIGNS = (
    "revert", "vm exception", "vm execution error", "always failing transaction",
    "function_selector", "invalid opcode", "bad instruction", "bad jump", "invalid jump",
    "execution failed due to an exception", "message execution failed",
)  # fmt: skip
"""In the message of an error that is about what the called contract did."""
_DATA_KEYS = ("data", "result", "return", "returnvalue", "returndata", "output", "revertdata")
_TEXT_KEYS = ("message", "reason", "error", "data")
_HEX = re.compile(r"(?:reverted\s+)?(0x\S*)", re.IGNORECASE)
_WITHIN = re.compile(r"0x([0-9a-fA-F]{8})(?:: )?((?:[0-9a-fA-F]{64})*)(?![0-9a-fA-F])")
"""Revert data in a text: a selector and whole words."""
_PREFIX = re.compile(
    r"^(?:error:|rpc error:.*?desc =|\[request id: [^\]]*\]|evm:|evm error:|"
    r"vm exception while processing transaction:|vm execution error\.?|"
    r"(?:execution |transaction )?revert(?:ed)?\b|with reason string|with custom error|"
    r"opcode executed|[\s:,'])+",
    re.IGNORECASE,
)
"""What nodes put before a reason."""


@dataclass(frozen=True, slots=True)
class Revert:
    """What a called contract refused with."""

    data: bytes
    """Empty if the node does not pass it on, or there was none."""
    said: str = ""
    """The reason in the node's words, if it gives one beside the data."""


def read_revert(error: object) -> Revert | None:
    """The revert that a JSON-RPC error tells of; None if it tells of something else.

    Malformed when `data` begins like hex and is none.
    """
    fields = error if isinstance(error, Mapping) else {"message": error}
    message = fields.get("message")
    parts = _Parts()
    parts.say("message", message)
    parts.collect(fields.get("data"))
    signs = fields.get("code") in _CODES or any(
        sign in text.lower() for text in parts.texts for sign in _SIGNS
    )
    if signs and not any(parts.found):
        parts.found += _within(message)
    data = parts.best
    if not signs and not _is_usual(data):
        return None
    return Revert(data, "" if data else parts.reason)


def is_revert(data: bytes) -> bool:
    """Whether the result of a call is what it reverted with: very old nodes do not say.

    No function of a contract returns such a length.
    """
    return _is_usual(data) and (data[:4] in (_ERROR_STRING, _PANIC) or data[:4] in custom_errors())


def revert_reason(data: bytes, said: str = "") -> str:
    """What a contract says, fit for one line.

    That is its text, what its panic code means, a known error in words and with its arguments, or
    an unknown one's bytes; without data, what the node `said`.
    """
    try:
        if data.startswith(_ERROR_STRING):
            text = decode_values("revert", ("string",), data[4:])[0]
            return one_line(text)
        if data.startswith(_PANIC):
            code = decode_values("revert", ("uint256",), data[4:])[0]
            return f"panic {code:#04x}: {_PANICS.get(code, 'of an unknown kind')}"
    except ChainError:
        pass
    if known := custom_errors().get(data[:4]):
        return one_line(known.describe(data[4:]), LONGEST_REASON)
    if data:
        return f"custom error {preview(data)}"
    return one_line(said) or "no reason given"


@dataclass(slots=True)
class _Parts:
    """What is found in an error, from the outside in."""

    found: list[bytes] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """Texts that are a reason and nothing else."""

    @property
    def best(self) -> bytes:
        """A selector and whole words, if there is such data; else the first there is."""
        return next(filter(_is_usual, self.found), next(filter(None, self.found), b""))

    @property
    def reason(self) -> str:
        """The first text that says more than that there was a revert."""
        bare = (_PREFIX.sub("", text, count=1).strip(" '\"") for text in self.texts)
        return next(filter(None, (*self.reasons, *bare)), "")

    def collect(self, data: object) -> None:
        """All of an error's `data`."""
        if isinstance(data, str) and (match := _HEX.fullmatch(data.strip())):
            self.found.append(answers.data(match[1], "error.data"))
            return
        for key, value in _leaves(data):
            match = _HEX.fullmatch(value.strip())
            if match is None:
                self.say(key, value)
            elif key in _DATA_KEYS:
                try:
                    self.found.append(answers.data(match[1]))
                except Malformed:
                    continue

    def say(self, key: str, value: object) -> None:
        """A text; numbers and objects in its place say nothing."""
        if not isinstance(value, str) or key not in _TEXT_KEYS:
            return
        text = value[:_LONGEST_SAID]
        self.texts.append(text)
        if key == "reason":
            self.reasons.append(text)
        elif key == "data" and text.lower().startswith("reverted "):
            self.reasons.append(text[len("reverted ") :])


def _leaves(value: object) -> Iterator[tuple[str, str]]:
    """Texts in an object or list with their keys in lower case, outer ones first."""
    waiting, looked = [("data", value)], 0
    while waiting and looked < _MOST_PARTS:
        looked += 1
        key, value = waiting.pop(0)
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, Mapping):
            waiting += [(str(each).lower(), value[each]) for each in list(value)[:_MOST_PARTS]]
        elif isinstance(value, list):
            waiting += [(key, item) for item in value[:_MOST_PARTS]]


def _within(message: object) -> list[bytes]:
    found = _WITHIN.findall(message) if isinstance(message, str) else []
    # Some name the selector first, and then everything.
    return sorted((bytes.fromhex("".join(each)) for each in found), key=len, reverse=True)


def _is_usual(data: bytes) -> bool:
    """Whether it is a selector and whole words."""
    return len(data) % 32 == 4
