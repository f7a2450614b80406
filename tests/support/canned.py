"""Contracts that answer as a test wants, function by function."""

from collections.abc import Mapping

from tests.support.devnet import Devnet

from hyperlane.chain.abi import Function

_HEADER = bytes.fromhex("60003560e01c")  # the selector of the call
_FAILS = bytes.fromhex("60006000fd")


def deploy_canned(chain: Devnet, answers: Mapping[Function, bytes | int]) -> str:
    """Deploy a contract with these answers, or zeros of a size; its address. It reverts for all
    other functions."""
    code = _code(answers)
    create = bytes.fromhex(f"61{len(code):04x}80600c6000396000f3") + code
    receipt = chain.wait(chain.w3.eth.send_transaction({"data": create, "gas": 10_000_000}))
    return str(receipt["contractAddress"])


def _code(answers: Mapping[Function, bytes | int]) -> bytes:
    """Compares the selector with each, jumps to the part that copies its answer out of the code."""
    entry, part = 11, 18
    parts = len(_HEADER) + entry * len(answers) + len(_FAILS)
    data_at = parts + part * len(answers)
    table, copies, data = b"", b"", b""
    for number, (function, answer) in enumerate(answers.items()):
        table += b"\x80\x63" + function.selector + b"\x14\x61"
        table += (parts + part * number).to_bytes(2) + b"\x57"
        content = answer if isinstance(answer, bytes) else b""
        size = (answer if isinstance(answer, int) else len(answer)).to_bytes(3)
        # Behind the end of the code there are zeros.
        place = (data_at + len(data) if content else 0xFFFF).to_bytes(2)
        copies += b"\x5b\x62" + size + b"\x61" + place + b"\x60\x00\x39"
        copies += b"\x62" + size + b"\x60\x00\xf3"
        data += content
    assert len(copies) == part * len(answers)
    return _HEADER + table + _FAILS + copies + data
