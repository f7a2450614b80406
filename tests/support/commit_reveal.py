"""Interchain accounts on two chains, whose calls the relayer's commitment server keeps."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp
from eth_account.signers.local import LocalAccount
from tests.support.devnet import Devnet, free_port, ignore_other_events, key
from tests.support.words import b32

from hyperlane.protocol.abi import encode
from hyperlane.protocol.accounts import Call, commitment
from hyperlane.protocol.ccip_read import lookup_signing_hash
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.message import Message
from hyperlane.protocol.posted_calls import PostedCalls
from hyperlane.protocol.signature import eip191_digest, sign_digest
from hyperlane.protocol.typecasts import Bytes32, address_from_hex, to_hex

POST, REVEAL = "/callCommitments/calls", "/callCommitments/getCallsFromRevealMessage"
SALT = b"\x5a" * 32
GAS = 100_000
WAITING = 404
"""Status of a question whose message is not final yet."""


@dataclass
class Sent:
    """A commitment that was sent, and what reveals it."""

    tx_hash: str
    commitment_message: Message
    reveal_message: Message


@dataclass
class Accounts:
    """Routers on two chains, a recipient of calls, and where the server is or will be."""

    origin: Devnet
    target: Devnet
    here: Any
    there: Any
    recipient: Any
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the relayer."""
        return {
            "commitmentsPort": self.port,
            "commitmentsUrl": self.url,
            "allowPrivateLookups": True,
        }

    @property
    def module(self) -> str:
        return str(self.there.functions.CCIP_READ_ISM().call())

    @property
    def account(self) -> str:
        """The account of development key 0."""
        owner, router = b32(key(0)), b32(self.here)
        return str(
            self.there.functions.getLocalInterchainAccount(
                self.origin.chain_id, owner, router, "0x" + "00" * 20, bytes(32)
            ).call()
        )

    def call(self, text: str, value: int = 0) -> Call:
        """A call of the recipient."""
        data = self.recipient.encode_abi("fooBar", [7, text])
        return Call(b32(self.recipient), value, bytes.fromhex(data[2:]))

    def commit(self, calls: list[Call], salt: bytes = SALT) -> Sent:
        """Send the commitment from development account 0."""
        return self.sent(
            self.origin.send(
                self.here.functions.callRemoteCommitReveal(
                    self.target.chain_id, commitment(salt, calls), GAS
                )
            )
        )

    def sent(self, receipt: Any) -> Sent:
        mailbox = self.origin.contracts["mailbox"]
        events = mailbox.events.Dispatch().process_receipt(receipt, errors=ignore_other_events())
        first, second = (Message.decode(bytes(event["args"]["message"])) for event in events)
        return Sent(to_hex(receipt["transactionHash"]), first, second)

    def content(self, calls: list[Call], sent: Sent, **changes: Any) -> dict[str, Any]:
        """The body of a post."""
        tx_hash = Bytes32(bytes.fromhex(sent.tx_hash[2:]))
        readers = (address_from_hex(key(9).address),)
        posted = PostedCalls(tuple(calls), SALT, readers, tx_hash, self.origin.chain_id)
        return {**posted.fields(), **changes}

    def question(
        self, message: Message, reader: LocalAccount, url: str = "", module: str = ""
    ) -> dict[str, str]:
        """The question of a relayer."""
        data = keccak(b"getCallsFromRevealMessage(bytes)")[:4] + encode(
            ["bytes"], [message.encode()]
        )
        module = module or self.module
        signed = lookup_signing_hash(address_from_hex(module), data, url or self.url + REVEAL)
        signature = sign_digest(eip191_digest(signed), reader)
        return {"data": to_hex(data), "sender": module, "signature": to_hex(signature)}

    async def request(
        self, path: str, content: Any, method: str = "POST"
    ) -> tuple[int, dict[str, Any]]:
        """Ask the server, as soon as it listens."""
        async with aiohttp.ClientSession() as session:
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            for _ in range(600):
                try:
                    async with session.request(
                        method,
                        self.url + path,
                        data=body if method == "POST" else None,
                        headers={"Content-Type": "application/json"},
                    ) as response:
                        return response.status, await response.json()
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0.1)
        raise AssertionError("the server does not listen")

    async def post(self, calls: list[Call], sent: Sent, **changes: Any) -> tuple[int, Any]:
        """Post calls, again while the origin is not connected."""
        return await self.settled(POST, self.content(calls, sent, **changes), "no connected chain")

    async def ask(self, message: Message, reader: LocalAccount, **changes: str) -> tuple[int, Any]:
        """Ask for the calls, again while the message is pending."""
        return await self.settled(REVEAL, self.question(message, reader, **changes), "pending")

    async def settled(self, path: str, content: Any, while_: str) -> tuple[int, Any]:
        for _ in range(600):
            status, answer = await self.request(path, content)
            if while_ not in json.dumps(answer):
                break
            await asyncio.sleep(0.1)
        return status, answer

    def called(self) -> list[tuple[str, str]]:
        """Callers and texts of all calls that the recipient got."""
        logs = self.recipient.events.ReceivedCall().get_logs(from_block=0)
        return [(item["args"]["caller"], item["args"]["message"]) for item in logs]


def make_accounts(origin: Devnet, target: Devnet) -> Accounts:
    """Deploy and enroll the routers."""
    port = free_port()
    urls = [f"http://127.0.0.1:{port}{REVEAL}"]
    owner, none = key(0).address, "0x" + "00" * 20
    routers = [
        chain.deploy(
            "InterchainAccountRouter",
            chain.contracts["mailbox"].address,
            none,
            owner,
            GAS,
            urls,
        )
        for chain in (origin, target)
    ]
    here, there = routers
    origin.send(here.functions.enrollRemoteRouter(target.chain_id, b32(there)))
    return Accounts(origin, target, here, there, target.recipient(), port)
