"""What calls by interchain accounts cost: `callRemote`, and the delivery to an account that exists.

One call with 36 bytes of data to a contract that does nothing, as in the reference's figures.
"""

from collections.abc import Callable
from statistics import fmean

from eth_abi import encode
from web3.contract import Contract

from benchmarks.anvil import Chain
from benchmarks.dispatch import (
    LOCAL,
    REMOTE,
    Figures,
    b32,
    deploy_idle_mailbox,
    deploy_static,
    dispatch_structures,
)
from benchmarks.process import Origin
from hyperlane.protocol.message import VERSION, Message

ROUTER = b32("0x" + "33" * 20)
NOBODY = "0x" + "00" * 20
CALLS = "(bytes32,uint256,bytes)[]"
DATA = b"\xab" * 36
COMMIT_GAS = 60_000


def deploy_router(chain: Chain, mailbox: Contract) -> Contract:
    """A router without a hook of its own, with a router of the remote enrolled."""
    urls = ["https://example.org"]
    router = chain.deploy(
        "InterchainAccountRouter", mailbox.address, NOBODY, chain.sender, COMMIT_GAS, urls
    )
    chain.send(router.functions.enrollRemoteRouterAndIsm(REMOTE, ROUTER, bytes(32)))
    return router


def measure_calls(chain: Chain) -> Figures:
    figures: Figures = {}
    for structure, mailbox in dispatch_structures(chain).items():
        router = deploy_router(chain, mailbox)
        fee = router.functions["quoteGasPayment(uint32)"](REMOTE).call()
        call = router.functions[f"callRemote(uint32,{CALLS})"](REMOTE, [(ROUTER, 0, DATA)])
        # The first ones fill empty storage, levels of the tree too; 32 leaves touch all alike.
        costs = [chain.send(call, fee)["gasUsed"] for _ in range(96)]
        figures[f"callRemote.InterchainAccountRouter.{structure}"] = fmean(costs[64:])
    return figures


def measure_deliveries(
    chain: Chain, mailbox: Contract, module: str, metadata: Callable[[Message], bytes]
) -> Figures:
    router = deploy_router(chain, mailbox)
    target = b32(chain.deploy("BareHook").address)
    body = b"\0" + b32(chain.sender) + bytes(64) + encode([CALLS], [[(target, 0, DATA)]])
    costs = []
    for nth in range(9):
        message = Message(VERSION, nth, REMOTE, ROUTER, LOCAL, b32(router.address), body)
        delivery = mailbox.functions.process(metadata(message), message.encode())
        costs.append(chain.send(delivery)["gasUsed"])
    return {f"process.InterchainAccountRouter.{module}": fmean(costs[1:])}


def measure_accounts(chain: Chain) -> Figures:
    figures = measure_calls(chain)
    believing = deploy_idle_mailbox(chain)
    figures |= measure_deliveries(chain, believing, "noop", lambda _message: b"")

    signing, origin = deploy_idle_mailbox(chain), Origin(chain.sender, 5)
    module = deploy_static(chain, "StaticMessageIdMultisigIsmFactory", origin.addresses, 3)
    chain.send(signing.functions.setDefaultIsm(module))

    def signed(message: Message) -> bytes:
        origin.tree.append(message.id)
        return origin.message_id_metadata(message, slice(3))

    return figures | measure_deliveries(chain, signing, "messageId.3of5", signed)
