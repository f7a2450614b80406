"""Contracts that answer whatever a test wants, view by view."""

from eth_abi.abi import encode
from eth_utils.crypto import keccak


def lying(answers: dict[str, tuple[list[str], list[object]]]) -> str:
    """Runtime code, hex after 0x, that answers each view by `{signature: (types, values)}`,
    whatever the arguments, and reverts for all others."""
    encoded = {view: encode(*answer) for view, answer in answers.items()}
    head = bytes.fromhex("5f3560e01c")  # the selector
    table, bodies, data = b"", b"", b""
    start = len(head) + 11 * len(encoded) + 3
    end = start + 16 * len(encoded)
    for view, answer in encoded.items():
        place = start + len(bodies)
        table += b"\x80\x63" + keccak(text=view)[:4] + b"\x14\x61" + place.to_bytes(2) + b"\x57"
        size = b"\x61" + len(answer).to_bytes(2)
        offset = b"\x61" + (end + len(data)).to_bytes(2)
        bodies += b"\x5b" + size + offset + b"\x5f\x39" + size + b"\x5f\xf3" + b"\0\0"
        data += answer
    assert len(bodies) == 16 * len(encoded)
    return "0x" + (head + table + b"\x5f\x5f\xfd" + bodies + data).hex()
