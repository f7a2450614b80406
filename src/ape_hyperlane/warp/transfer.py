"""Sending one transfer: balance, approval, transaction."""

from ape.api import AccountAPI
from ape.exceptions import ApeException, ContractLogicError

from ape_hyperlane.core.messages import (
    Dispatched,
    contract,
    dispatched,
    require_balance,
    send_bounded,
)
from ape_hyperlane.core.quotes import DEFAULT_BOUNDS, Bounds
from ape_hyperlane.warp.quotes import Cost, Order
from hyperlane.errors import ChainError
from hyperlane.registry import ChainAddresses
from hyperlane.registry.fields import ZERO_ADDRESS


def transfer(
    sender: AccountAPI,
    addresses: ChainAddresses,
    order: Order,
    cost: Cost,
    bounds: Bounds = DEFAULT_BOUNDS,
) -> Dispatched:
    """Sends a route's token from the connected chain at the quoted cost. The router is approved for
    exactly that cost, and the approval is taken back if the transfer fails.

    ChainError, before anything is sent, when the sender holds less than the cost.
    """
    require_balance(sender, "ether", int(sender.balance), cost.coins, 18)
    router, token = order.router, order.token
    if token != ZERO_ADDRESS:
        _require_token(sender, order, cost)
    # A synthetic router is its own token's contract and needs no approval.
    needed = token not in (ZERO_ADDRESS, router.address)
    approved = needed and _approve(sender, order, cost, bounds)
    try:
        receipt = send_bounded(router.transferRemote, order.arguments, sender, bounds, cost.coins)
    except (ApeException, ChainError):
        if approved:
            nobody = (ZERO_ADDRESS, cost.tokens) if order.nft else (router.address, 0)
            send_bounded(contract("HypERC20", token).approve, nobody, sender, bounds)
        raise
    return dispatched(contract("Mailbox", addresses.mailbox), receipt)


def _require_token(sender: AccountAPI, order: Order, cost: Cost) -> None:
    address = order.token
    if not order.nft:
        token = contract("HypERC20", address)
        held = int(token.balanceOf(sender.address))
        decimals = int(token.decimals())
        return require_balance(sender, f"token {address}", held, cost.tokens, decimals)
    try:
        owner = contract("HypERC721", address).ownerOf(cost.tokens)
    except ContractLogicError:
        owner = "nobody"
    if owner != sender.address:
        raise ChainError(
            f"NFT {cost.tokens} of {address} belongs to {owner}, not to {sender.address}"
        )


def _approve(sender: AccountAPI, order: Order, cost: Cost, bounds: Bounds) -> bool:
    """Approves the cost. True if that needed a transaction."""
    approve, spender = contract("HypERC20", order.token).approve, order.router.address
    if not order.nft:
        allowed = contract("HypERC20", order.token).allowance(sender.address, spender)
        if allowed >= cost.tokens:
            return False
        if allowed:  # some tokens refuse to change an approval that is not zero
            send_bounded(approve, (spender, 0), sender, bounds)
    send_bounded(approve, (spender, cost.tokens), sender, bounds)
    return True
