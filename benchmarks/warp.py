"""What transfers over warp routes cost: `transferRemote` and the delivery, by kind of token."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

from web3.contract import Contract

from benchmarks.anvil import Chain
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.token_message import TokenMessage

Figures = dict[str, float]

REMOTE = 31338
ROUTER = b"\0" * 12 + b"\x33" * 20
NOBODY = "0x" + "00" * 20
AMOUNT = 10**18
TIMES = 9
NFTS = 128


@dataclass(frozen=True)
class Route:
    """A router, what is sent over it the nth time, and the value it takes besides the fee."""

    contract: Contract
    amount: Callable[[int], int] = lambda _nth: AMOUNT
    value: int = 0


def routes(chain: Chain, mailbox: Contract) -> dict[str, Route]:
    """A route of each kind, the sender with plenty of what it sends."""
    synthetic = chain.deploy("HypERC20", 18, 1, 1, mailbox.address)
    nfts = chain.deploy("HypERC721", mailbox.address)
    for route, supply in ((synthetic, 10**24), (nfts, NFTS)):
        names = "Token", "TKN", NOBODY, NOBODY, chain.sender
        chain.send(route.functions.initialize(supply, *names))
    token = chain.deploy("TestERC20", "Token", "TKN", 10**24, 18)
    collateral = chain.deploy("HypERC20Collateral", token.address, 1, 1, mailbox.address)
    native = chain.deploy("HypNative", 1, 1, mailbox.address)
    for route in (collateral, native):
        chain.send(route.functions.initialize(NOBODY, NOBODY, chain.sender))
    for route in (synthetic, collateral, native, nfts):
        chain.send(route.functions.enrollRemoteRouter(REMOTE, ROUTER))
        chain.send(route.functions.setDestinationGas(REMOTE, 68_000))
    chain.send(token.functions.approve(collateral.address, 2**256 - 1))
    return {
        "HypERC20": Route(synthetic),
        "HypERC20Collateral": Route(collateral),
        "HypNative": Route(native, value=AMOUNT),
        "HypERC721": Route(nfts, lambda nth: NFTS - 1 - nth),
    }


def measure_transfers(chain: Chain, mailbox: Contract, structure: str) -> Figures:
    """`transferRemote` by the holder of many tokens, paid exactly; of NFTs the last one first."""
    figures: Figures = {}
    recipient = bytes.fromhex(chain.web3.eth.accounts[2][2:]).rjust(32, b"\0")
    for name, route in routes(chain, mailbox).items():
        functions = route.contract.functions
        fee = functions.quoteTransferRemote(REMOTE, recipient, 0).call()[0][1]
        # The first ones fill empty storage, levels of the tree too; 32 leaves touch all alike.
        costs = [
            chain.send(
                functions.transferRemote(REMOTE, recipient, route.amount(nth)), route.value + fee
            )["gasUsed"]
            for nth in range(96)
        ]
        figures[f"transferRemote.{name}.{structure}"] = fmean(costs[64:])
    return figures


def measure_deliveries(
    chain: Chain, mailbox: Contract, local: int, module: str, metadata: Callable[[Message], bytes]
) -> Figures:
    """Deliveries to an account that has such tokens, through a module that wants this metadata."""
    figures: Figures = {}
    recipient = chain.web3.eth.accounts[2]
    holder = bytes.fromhex(recipient[2:]).rjust(32, b"\0")
    for name, route in routes(chain, mailbox).items():
        contract = route.contract
        router = bytes.fromhex(contract.address[2:]).rjust(32, b"\0")
        costs = []
        for nth in range(TIMES):
            # Locked ones come back; a synthetic one that does not exist comes new.
            amount = route.amount(nth)
            if name == "HypERC721":
                amount += NFTS
            else:
                call = contract.functions.transferRemote(REMOTE, holder, 2 * amount)
                chain.send(call, 2 * route.value)
            body = TokenMessage(recipient=holder, amount_or_id=amount, metadata=b"").encode()
            message = Message(VERSION, nth, REMOTE, ROUTER, local, router, body)
            delivery = mailbox.functions.process(metadata(message), message.encode())
            costs.append(chain.send(delivery)["gasUsed"])
        figures[f"process.{name}.{module}"] = fmean(costs[1:])
    return figures
