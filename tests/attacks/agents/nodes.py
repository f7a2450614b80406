"""Nodes that say what a thief wants, and chains whose ValidatorAnnounce has no pages."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from eth_hash.auto import keccak
from tests.support.devnet import Devnet

_PAGED = (
    "announcedValidatorCount()",
    "announcedValidators(uint256,uint256)",
    "announcedStorageLocationCount(address)",
    "announcedStorageLocations(address,uint256,uint256)",
)


@dataclass
class Node:
    """An RPC. `body` makes the whole HTTP body of the request; None behaves."""

    results: dict[str, Any]
    body: Callable[[Any], bytes | str] | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        asked = await request.json()
        calls = asked if isinstance(asked, list) else [asked]
        self.asked += [call["method"] for call in calls]
        if self.body is not None:
            made = self.body(asked)
            return web.Response(body=made.encode() if isinstance(made, str) else made)
        answers = [
            {"jsonrpc": "2.0", "id": call["id"], "result": self.results[call["method"]]}
            for call in calls
        ]
        return web.Response(text=json.dumps(answers if isinstance(asked, list) else answers[0]))


def without_pages(chain: Devnet) -> None:
    """Make its ValidatorAnnounce like other people's: the functions for pages are not there."""
    address = chain.contracts["validatorAnnounce"].address
    code = bytes(chain.w3.eth.get_code(address))
    for number, signature in enumerate(_PAGED):
        selector = keccak(signature.encode())[:4]
        assert selector in code
        code = code.replace(selector, bytes([0xFF, 0xFF, 0xFF, number]))
    chain.rpc("anvil_setCode", address, "0x" + code.hex())
