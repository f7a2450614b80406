"""A node that replays a made-up history of messages, as fast as answers can be written.

`python -m benchmarks.replay messages` serves two chains, `/1` that sends so many messages, each
with its leaf and payment, and `/2` that delivers them; it prints its port. Hashes are random, as
on real chains, because they decide how databases spread their rows.
"""

import hashlib
import json
import sys
from functools import lru_cache
from typing import Any

from aiohttp import web

from hyperlane.chain.abi import GasPaymaster, Mailbox, MerkleTreeHook
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.typecasts import Bytes32, to_hex

PER_BLOCK = 20
"""Messages, each in a transaction of its own."""
SENDING, RECEIVING = 1, 2
MAILBOX, HOOK, PAYMASTER, ANNOUNCE = ("0x" + f"{number:02x}" * 20 for number in range(1, 5))
_SENDER, _RECIPIENT = (Bytes32(bytes(12) + bytes([number]) * 20) for number in (5, 6))
_BODY = b"a message of some length" * 4
_ZERO = "0x" + "00" * 256


def main() -> None:
    messages = int(sys.argv[1])
    application = web.Application(client_max_size=2**24)
    application.router.add_post("/{domain}", Node(messages).answer)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[2]), access_log=None, print=None)


@lru_cache(PER_BLOCK * 400)
def message(number: int) -> tuple[bytes, str]:
    """A message and its id in hex."""
    raw = Message(VERSION, number, SENDING, _SENDER, RECEIVING, _RECIPIENT, _BODY).encode()
    return raw, to_hex(keccak(raw))


def hash_of(*what: object) -> str:
    """A hash in hex."""
    return "0x" + hashlib.blake2b(repr(what).encode(), digest_size=32).hexdigest()


class Node:
    """Both chains."""

    def __init__(self, messages: int) -> None:
        self.messages = messages
        self.head = messages // PER_BLOCK

    async def answer(self, request: web.Request) -> web.Response:
        domain = int(request.match_info["domain"])
        asked = json.loads(await request.read())
        if isinstance(asked, list):
            body = "[" + ",".join(self._answered(domain, item) for item in asked) + "]"
        else:
            body = self._answered(domain, asked)
        return web.Response(text=body, content_type="application/json")

    def _answered(self, domain: int, asked: dict[str, Any]) -> str:
        result = self._result(domain, asked["method"], asked["params"])
        return f'{{"jsonrpc":"2.0","id":{asked["id"]},"result":{result}}}'

    def _result(self, domain: int, method: str, params: list[Any]) -> str:
        match method:
            case "eth_chainId":
                return f'"{hex(domain)}"'
            case "eth_blockNumber":
                return f'"{hex(self.head)}"'
            case "eth_getBlockByNumber":
                number = int(params[0], 16) if params[0].startswith("0x") else self.head
                return self._block(domain, number, params[1])
            case "eth_getLogs":
                first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
                return self._logs(domain, first, min(last, self.head))
            case "eth_getBlockReceipts":
                return self._receipts(domain, int(params[0], 16))
            case "eth_getCode":
                return '"0x01"'
            case "eth_call":
                counted = self.messages if domain == SENDING else 0
                asks = params[0]["data"][:10]
                deployed = asks == to_hex(Mailbox.deployed_block.selector)
                return f'"0x{0 if deployed else counted:064x}"'
        return "null"

    def _numbers(self, block: int) -> range:
        """The messages of a block; none in block 0."""
        return range((block - 1) * PER_BLOCK, block * PER_BLOCK) if block else range(0)

    def _block(self, domain: int, block: int, full: bool) -> str:
        sent = ",".join(
            self._transaction(domain, block, at) for at in range(len(self._numbers(block)))
        )
        return (
            f'{{"number":"{hex(block)}","hash":"{hash_of(domain, block)}","gasLimit":"0x1c9c380",'
            f'"timestamp":"{hex(1_700_000_000 + 2 * block)}","baseFeePerGas":"0x7",'
            f'"logsBloom":"{_ZERO}","transactions":[{sent if full else ""}]}}'
        )

    def _transaction(self, domain: int, block: int, at: int) -> str:
        raw, _ = message(self._numbers(block)[at])
        return (
            f'{{"hash":"{hash_of(domain, block, at)}","blockHash":"{hash_of(domain, block)}",'
            f'"blockNumber":"{hex(block)}","nonce":"0x1","from":"{MAILBOX}","to":"{MAILBOX}",'
            '"gas":"0x30d40","gasPrice":"0x77359400","maxFeePerGas":"0x77359400",'
            f'"maxPriorityFeePerGas":"0x1","input":"0x12345678{raw.hex()}","value":"0x0",'
            f'"r":"{_ZERO[:66]}","s":"{_ZERO[:66]}","v":"0x1","type":"0x2"}}'
        )

    def _receipts(self, domain: int, block: int) -> str:
        found = []
        for at in range(len(self._numbers(block))):
            logs = ",".join(self._logs_of(domain, block, at, everything=True))
            found.append(
                f'{{"transactionHash":"{hash_of(domain, block, at)}",'
                f'"blockHash":"{hash_of(domain, block)}","blockNumber":"{hex(block)}",'
                f'"status":"0x1","gasUsed":"0x1d4c0","cumulativeGasUsed":"{hex(120_000 * at)}",'
                f'"effectiveGasPrice":"0x77359400","logsBloom":"{_ZERO}","logs":[{logs}]}}'
            )
        return "[" + ",".join(found) + "]"

    def _logs(self, domain: int, first: int, last: int) -> str:
        return "[" + ",".join(
            log
            for block in range(first, last + 1)
            for at in range(len(self._numbers(block)))
            for log in self._logs_of(domain, block, at, everything=False)
        ) + "]"  # fmt: skip

    def _logs_of(self, domain: int, block: int, at: int, *, everything: bool) -> list[str]:
        number = self._numbers(block)[at]
        raw, id_ = message(number)
        remote = f"0x{RECEIVING:064x}"
        if domain == SENDING:
            word = f"{32:064x}{len(raw):064x}{raw.hex()}{'00' * (-len(raw) % 32)}"
            indexed = [to_hex(_SENDER), remote, to_hex(_RECIPIENT)]
            made = [
                (MAILBOX, [to_hex(Mailbox.DISPATCH.topic), *indexed], word),
                (MAILBOX, [to_hex(Mailbox.DISPATCH_ID.topic), id_], ""),
                (HOOK, [to_hex(MerkleTreeHook.INSERTED.topic)], f"{id_[2:]}{number:064x}"),
                (
                    PAYMASTER,
                    [to_hex(GasPaymaster.GAS_PAYMENT.topic), id_, remote],
                    f"{10**5:064x}{10**15:064x}",
                ),
            ]
            kept = (0, 2, 3)
        else:
            origin = f"0x{SENDING:064x}"
            topics = [origin, to_hex(_SENDER), to_hex(_RECIPIENT)]
            made = [
                (MAILBOX, [to_hex(Mailbox.PROCESS.topic), *topics], ""),
                (MAILBOX, [to_hex(Mailbox.PROCESS_ID.topic), id_], ""),
            ]
            kept = (1,)
        return [
            f'{{"address":"{address}","topics":{json.dumps(topics)},"data":"0x{data}",'
            f'"blockNumber":"{hex(block)}","blockHash":"{hash_of(domain, block)}",'
            f'"transactionHash":"{hash_of(domain, block, at)}","transactionIndex":"{hex(at)}",'
            f'"logIndex":"{hex(at * len(made) + index)}","removed":false}}'
            for index, (address, topics, data) in enumerate(made)
            if everything or index in kept
        ]


if __name__ == "__main__":
    main()
