"""Asks a node about its chain: what a registry's `metadata.yaml` needs."""

import math
from dataclasses import dataclass

import aiohttp

from hyperlane.bounded_json import parse_json
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.answers import Block, Malformed, quantity
from hyperlane.chain.client import ChainClient
from hyperlane.chain.deployment import deployment_block
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address
from hyperlane.wording import masked_url, one_line, shown

_SECONDS = 10.0
_MAX_ANSWER = 64 * 1024
_SPAN = 1000
"""Blocks over which the block time is averaged."""
_DEVELOPMENT = ("anvil", "hardhat", "ganache")
_SETTLING = 60
"""Seconds of blocks that count as unsettled where a node knows no finality."""


@dataclass(frozen=True, slots=True)
class Node:
    """A chain as its node describes it."""

    chain_id: int
    is_development: bool
    block_time: float | None
    """Average seconds between recent blocks; None with too few blocks."""
    finality: int | str
    """Blocks behind the tip, or a tag."""
    knows_finality: bool
    """False if the node offers no finality, so that `finality` is a guess."""


async def ask_node(url: str) -> Node:
    """Ask the node at a URL about its chain. ChainError if it does not answer."""
    chain_id = await ask_chain_id(url)
    client = ChainClient("node", chain_id, [url])
    try:
        head = await client.block()
        block_time = await _block_time(client, head)
        development = await is_development(url)
        finality, known = (0, True) if development else await _finality(client, block_time)
    finally:
        await client.close()
    return Node(chain_id, development, block_time, finality, known)


async def ask_chain_id(url: str) -> int:
    """The chain id that a node answers. ChainError if it does not."""
    answer = await _ask(url, "eth_chainId")
    try:
        return quantity(answer)
    except Malformed:
        raise ChainError(
            f"{masked_url(url)}: eth_chainId answered {shown(answer)}; expected the URL of an"
            " Ethereum JSON-RPC node"
        ) from None


async def is_development(url: str) -> bool:
    """True for a node of a development chain, which mines when it is told to."""
    try:
        version = str(await _ask(url, "web3_clientVersion")).lower()
    except ChainError:
        return False
    return any(name in version for name in _DEVELOPMENT)


async def first_block(client: ChainClient, mailbox: Address) -> int:
    """The block in which a Mailbox was deployed: where agents begin to read. ChainError."""
    head = (await client.block()).number
    return await deployment_block(client, mailbox, Mailbox.deployed_block, head)


async def _block_time(client: ChainClient, head: Block) -> float | None:
    first = max(1, head.number - _SPAN)  # block 0 often has a made-up time
    if head.number <= first:
        return None
    average = (head.timestamp - (await client.block(first)).timestamp) / (head.number - first)
    return float(f"{average:.3g}") if average > 0 else None


async def _finality(client: ChainClient, block_time: float | None) -> tuple[int | str, bool]:
    tags = await client.finality_tags()
    for tag in ("finalized", "safe"):
        # Some nodes know a tag, but only block 0 for it.
        if tag in tags and (await client.block(tag)).number:
            return tag, True
    return max(1, math.ceil(_SETTLING / (block_time or _SETTLING))), False


async def _ask(url: str, method: str) -> object:
    """Result of a call without parameters. ChainError without one."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": []}
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, json=body, allow_redirects=False) as response,
        ):
            answer = parse_json(await response.content.read(_MAX_ANSWER))
            status = response.status
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = one_line(str(error)) or type(error).__name__
        raise ChainError(
            f"{masked_url(url)}: no answer ({reason}); check the URL, and that the node runs"
        ) from None
    except ValueError:
        raise ChainError(f"{masked_url(url)}: not a JSON-RPC node; check the URL") from None
    result = answer.get("result") if isinstance(answer, dict) else None
    if result is None:
        raise ChainError(f"{masked_url(url)}: {method} answered HTTP {status} without a result")
    return result
