"""What transfers over warp routes cost: `transferRemote` and the delivery, by kind of token."""

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
TIMES = 4


def routes(chain: Chain, mailbox: Contract) -> dict[str, tuple[Contract, int]]:
    """A route of each kind, and the value that sending AMOUNT over it needs."""
    synthetic = chain.deploy("HypERC20", 18, 1, 1, mailbox.address)
    supply = 10**24
    chain.send(synthetic.functions.initialize(supply, "Token", "TKN", NOBODY, NOBODY, chain.sender))
    token = chain.deploy("TestERC20", "Token", "TKN", supply, 18)
    collateral = chain.deploy("HypERC20Collateral", token.address, 1, 1, mailbox.address)
    native = chain.deploy("HypNative", 1, 1, mailbox.address)
    for route in (collateral, native):
        chain.send(route.functions.initialize(NOBODY, NOBODY, chain.sender))
    for route in (synthetic, collateral, native):
        chain.send(route.functions.enrollRemoteRouter(REMOTE, ROUTER))
        chain.send(route.functions.setDestinationGas(REMOTE, 68_000))
    chain.send(token.functions.approve(collateral.address, 2**256 - 1))
    return {
        "HypERC20": (synthetic, 0),
        "HypERC20Collateral": (collateral, 0),
        "HypNative": (native, AMOUNT),
    }


def measure_transfers(chain: Chain, mailbox: Contract, structure: str) -> Figures:
    """`transferRemote` by the holder of many tokens, paid exactly."""
    figures: Figures = {}
    recipient = bytes.fromhex(chain.web3.eth.accounts[2][2:]).rjust(32, b"\0")
    for name, (route, value) in routes(chain, mailbox).items():
        call = route.functions.transferRemote(REMOTE, recipient, AMOUNT)
        fee = route.functions.quoteTransferRemote(REMOTE, recipient, AMOUNT).call()[0][1]
        # The first ones fill empty storage, levels of the tree too; 32 leaves touch all alike.
        costs = [chain.send(call, value + fee)["gasUsed"] for _ in range(96)]
        figures[f"transferRemote.{name}.{structure}"] = fmean(costs[64:])
    return figures


def measure_deliveries(chain: Chain, mailbox: Contract, local: int) -> Figures:
    """Deliveries to an account that has such tokens, through a module that believes everything."""
    figures: Figures = {}
    recipient = chain.web3.eth.accounts[2]
    holder = bytes.fromhex(recipient[2:]).rjust(32, b"\0")
    for name, (route, value) in routes(chain, mailbox).items():
        chain.send(route.functions.transferRemote(REMOTE, holder, TIMES * AMOUNT), TIMES * value)
        router = bytes.fromhex(route.address[2:]).rjust(32, b"\0")
        body = TokenMessage(recipient=holder, amount_or_id=AMOUNT // 2, metadata=b"").encode()
        costs = []
        for nonce in range(TIMES):
            message = Message(VERSION, nonce, REMOTE, ROUTER, local, router, body)
            delivery = mailbox.functions.process(b"", message.encode())
            costs.append(chain.send(delivery)["gasUsed"])
        figures[f"process.{name}.noop"] = fmean(costs[1:])
    return figures
