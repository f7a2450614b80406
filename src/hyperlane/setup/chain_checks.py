"""Checks of one chain: its nodes, its contracts, and the keys that pay on it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hyperlane.chain import answers
from hyperlane.chain.abi import Function, Mailbox, MerkleTreeHook
from hyperlane.chain.client import ChainClient
from hyperlane.chain.contracts import require_kinds
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.settings import ChainSettings
from hyperlane.setup.checks import Check
from hyperlane.setup.probe import ask_chain_id, is_development
from hyperlane.wording import masked_url

_OLDEST_HEAD = 120.0
_BLOCKS_LATE = 20
"""Greatest age of a head in blocks; `_OLDEST_HEAD`, in seconds, counts if it is longer."""
_DELIVERY_GAS = 500_000
_MAILBOX = Function("mailbox()", ("address",))
_BY_MAILBOX = ("merkleTreeHook", "validatorAnnounce")
"""Contracts that belong to one Mailbox and say to which."""


@dataclass(frozen=True, slots=True)
class ChainState:
    """A chain that answers: its settings and its tree."""

    settings: ChainSettings
    client: ChainClient
    leaves: int
    """Leaves of the tree at the final block."""


async def check_nodes(settings: ChainSettings) -> tuple[list[Check], list[str]]:
    """Checks of all URLs, and the URLs that serve the chain."""
    answered = await asyncio.gather(*(_check_node(settings, url) for url in settings.urls))
    urls = zip(settings.urls, answered, strict=True)
    return list(answered), [url for url, check in urls if check.passed]


async def _check_node(settings: ChainSettings, url: str) -> Check:
    subject = f"{settings.name}: RPC {masked_url(url)}"
    try:
        found = await ask_chain_id(url)
    except ChainError as error:
        return Check(False, subject, str(error))
    if found != settings.chain_id:
        return Check(
            False,
            subject,
            f"chain id {found}, expected {settings.chain_id}",
            f"correct chains.{settings.name}.rpcUrls, or chainId there",
        )
    return Check(True, subject, f"answers, chain id {found}")


async def check_head(client: ChainClient, settings: ChainSettings, now: float) -> Check:
    """Check the age of the newest block. Development chains, which mine on demand, pass
    at any age."""
    subject = f"{settings.name}: newest block"
    try:
        head = await client.block()
    except ChainError as error:
        return Check(False, subject, str(error), "look at the node")
    age = max(0.0, now - head.timestamp)
    text = f"{head.number}, {age:.0f} s old"
    limit = max(_OLDEST_HEAD, _BLOCKS_LATE * (settings.blocks.estimate_block_time or 0))
    if age <= limit:
        return Check(True, subject, text)
    if await is_development(client.urls[0]):
        return Check(True, subject, f"{text}, on a development chain")
    return Check(False, subject, text, "wait until the node has caught up, or name another one")


async def settle_finality(client: ChainClient, settings: ChainSettings) -> Check:
    """Check that the node has a final block by the settings, which `client` follows from now on."""
    subject = f"{settings.name}: finality"
    period = settings.blocks.reorg_period
    try:
        tags = await client.finality_tags()
        if period is None:
            period = next((tag for tag in ("finalized", "safe") if tag in tags), 1)
        if period in ("finalized", "safe") and period not in tags:
            return Check(
                False,
                subject,
                f"blocks.reorgPeriod is {period!r}, which the node does not know",
                f"set chains.{settings.name}.blocks.reorgPeriod to a number of blocks",
            )
        client.reorg_period = period
        final = await client.final_block()
    except ChainError as error:
        return Check(False, subject, str(error), "look at the node")
    return Check(True, subject, f"by {period!r}: block {final} counts")


async def check_contracts(client: ChainClient, settings: ChainSettings) -> list[Check]:
    """Checks of each configured contract: it has code, is of its kind, and belongs together with
    the others."""
    contracts = settings.contracts.items()
    return list(
        await asyncio.gather(*(_check_contract(client, settings, *item) for item in contracts))
    )


async def _check_contract(
    client: ChainClient, settings: ChainSettings, key: str, address: Address
) -> Check:
    subject, place = f"{settings.name}: {key}", to_checksum(address)
    remedy = f"correct {key} of {settings.name}: addresses.yaml in the registry, then agent-config"
    try:
        await require_kinds(client, {key: address})
        if key == "mailbox":
            domain = await client.call(address, Mailbox.local_domain)
            if domain != settings.domain_id:
                found = f"{place} is of domain {domain}, expected {settings.domain_id}"
                return Check(False, subject, found, remedy)
        if key in _BY_MAILBOX:
            mailbox = await client.call(address, _MAILBOX)
            if mailbox != settings.mailbox:
                found = f"{place} belongs to the Mailbox {to_checksum(mailbox)}"
                return Check(False, subject, found, remedy)
    except (ConfigError, ChainError) as error:
        return Check(False, subject, str(error), remedy)
    return Check(True, subject, place)


async def count_leaves(client: ChainClient, settings: ChainSettings) -> int | None:
    """Leaves of the tree at the final block; None if the chain does not tell."""
    try:
        final = await client.final_block()
        return int(await client.call(settings.merkle_tree_hook, MerkleTreeHook.count, block=final))
    except ChainError:
        return None


async def check_balance(client: ChainClient, name: str, key: str, account: Address) -> Check:
    """Check that the account that pays on a chain can pay for a delivery."""
    subject, who = f"{name}: funds of {key}", to_checksum(account)
    try:
        balance = await client.balance(account)
        price = await client.request(answers.GAS_PRICE)
    except ChainError as error:
        return Check(False, subject, str(error), "look at the node")
    needed = _DELIVERY_GAS * price
    text = f"{who} has {balance / 10**18:.6f}"
    if balance == 0 or balance < needed:
        found = f"{text}, a delivery may cost {needed / 10**18:.6f}"
        return Check(False, subject, found, f"send it coins on {name}")
    return Check(True, subject, text)


async def without_code(client: ChainClient, recipients: Sequence[Address]) -> list[Address]:
    """Those of some addresses at which there is no contract. ChainError."""
    there = await asyncio.gather(*(client.has_code(recipient) for recipient in recipients))
    return [recipient for recipient, found in zip(recipients, there, strict=True) if not found]
