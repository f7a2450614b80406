"""`ape hyperlane deliver`: delivers a message with an ape account, as a relayer would."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import ape
from ape.api import AccountAPI
from rich.console import Console

from ape_hyperlane.console import connected_to, find_account, one_line_errors, unlock
from ape_hyperlane.core.quotes import format_units
from ape_hyperlane.core.status import quiet
from ape_hyperlane.plans.chain import is_development
from ape_hyperlane.plans.disclosure import print_line
from ape_hyperlane.plans.gas_price import read_offer
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Bytes32, address_from_hex, to_checksum, to_hex
from hyperlane.registry import Registry
from hyperlane.tracking.advice import Advice
from hyperlane.tracking.network import opened
from hyperlane.tracking.report import GAS_MARGIN, MAX_GAS, Delivery
from hyperlane.tracking.search import Search
from hyperlane.tracking.subject import parse_subject
from hyperlane.tracking.trace import CannotDeliver, Tracer


@dataclass(frozen=True, slots=True)
class _Ready:
    """A delivery that succeeded in its simulation."""

    message_id: Bytes32
    mailbox: str
    calldata: bytes
    gas: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Options of the command."""

    subject: Bytes32
    registry: Registry
    origin: str | None
    gas: int | None
    search_blocks: int


def run(
    *,
    message: str,
    registry: Path,
    origin: str | None,
    account: str | None,
    gas: int | None,
    max_gas_price: int | None,
    dry_run: bool,
    search_blocks: int,
) -> None:
    """Delivers each message that `message` names. ClickException with one line on failure."""
    console = Console(soft_wrap=True)
    with one_line_errors(), quiet():
        wanted = Wanted(parse_subject(message), Registry(registry), origin, gas, search_blocks)
        destination = asyncio.run(_destination(wanted))
        with connected_to(wanted.registry, destination):
            sender = find_account(account)
            ready = asyncio.run(_prepared(wanted, sender, console))
            for each in ready:
                _deliver(each, sender, gas, max_gas_price, dry_run, console, destination)


async def _destination(wanted: Wanted) -> str:
    """The chain to deliver on. ConfigError if the registry lacks it."""
    async with opened(wanted.registry) as network:
        found = await Search(network, wanted.origin, wanted.search_blocks).find(wanted.subject)
        domains = {each.message.destination for each in found}
        if len(domains) > 1:
            raise ChainError(
                f"{to_hex(wanted.subject)} sent messages to several chains; name one by its id:"
                f" {', '.join(to_hex(each.message.id) for each in found)}"
            )
        chain = network.name_of(found[0].message.destination)
        if chain is None:
            raise ChainError(
                f"{wanted.registry.folder}: no chain of domain {found[0].message.destination}; add"
                " its metadata.yaml and addresses.yaml"
            )
        return chain


async def _prepared(wanted: Wanted, account: AccountAPI, console: Console) -> list[_Ready]:
    """Deliveries that succeed in simulation. CannotDeliver, with all reasons, for the first that
    does not."""
    sender = address_from_hex(account.address)
    ready = []
    async with opened(wanted.registry) as network:
        tracer = Tracer(network, Advice(wanted.registry.folder), blocks=wanted.search_blocks)
        search = Search(network, wanted.origin, wanted.search_blocks)
        for dispatch in await search.find(wanted.subject):
            message_id = dispatch.message.id
            name = network.name_of(dispatch.message.destination)
            assert name is not None
            chain = await network.chain(name)
            if (before := await tracer.delivery(chain, message_id)) is not None:
                print_line(console, f"{to_hex(message_id)} {_delivered(before)}")
                continue
            try:
                deliverer, calldata, gas = await tracer.prepared(dispatch, sender)
            except CannotDeliver as error:
                raise CannotDeliver(f"{to_hex(message_id)}: not sent: {error}") from None
            if wanted.gas is None and gas > MAX_GAS:
                # Recipient and module are anybody's, and their gas is paid for by this account.
                raise CannotDeliver(
                    f"{to_hex(message_id)}: not sent: it takes {gas:,} gas, more than {MAX_GAS:,};"
                    f" if it is worth that to you, give --gas {int(gas * GAS_MARGIN)}"
                )
            if wanted.gas is not None:
                why = await deliverer.simulate_within(calldata, sender, wanted.gas)
                if why is not None:
                    raise CannotDeliver(
                        f"{to_hex(message_id)}: not sent: --gas {wanted.gas}: {why}; the estimate"
                        f" is {gas}"
                    )
            ready.append(_Ready(message_id, to_checksum(chain.settings.mailbox), calldata, gas))
    return ready


def _delivered(delivery: Delivery) -> str:
    where = f"was delivered on {delivery.chain}"
    if delivery.transaction is None:
        return where
    return f"{where} in block {delivery.block}, transaction {to_hex(delivery.transaction)}"


def _deliver(
    ready: _Ready,
    sender: AccountAPI,
    gas: int | None,
    max_gas_price: int | None,
    dry_run: bool,
    console: Console,
    chain: str,
) -> None:
    offer = read_offer()
    limit = gas or int(ready.gas * GAS_MARGIN)
    cost = ready.gas * offer.price
    prices = offer.fields(max_gas_price)
    highest = prices.get("max_fee", offer.price)
    print_line(
        console,
        f"delivering {to_hex(ready.message_id)} on {chain} takes about {ready.gas:,} gas,"
        f" {format_units(cost, 18)} of its coin, at most {limit:,} gas and"
        f" {format_units(limit * highest, 18)}; signed by {sender.address}",
    )
    if int(sender.balance) < cost:
        raise ChainError(
            f"{sender.address} has {format_units(int(sender.balance), 18)} of {chain}'s coin, and"
            f" the delivery takes {format_units(cost, 18)}; send it more"
        )
    if dry_run:
        return
    unlock(sender)
    provider = ape.networks.provider
    transaction = provider.network.ecosystem.create_transaction(
        receiver=ready.mailbox,
        data=ready.calldata,
        sender=sender.address,
        gas_limit=limit,
        **prices,
    )
    transaction.chain_id = provider.chain_id
    transaction.nonce = provider.get_nonce(sender.address, block_id="pending")
    if is_development():
        transaction.required_confirmations = 0
    receipt = sender.call(transaction)
    print_line(
        console,
        f"delivered in block {receipt.block_number}, transaction {receipt.txn_hash},"
        f" {receipt.gas_used:,} gas",
    )
