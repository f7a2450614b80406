"""Attackers of a demo: nodes that show a forged transfer, and the delivery of that transfer.

The nodes are a fork of the origin. All that they answer is consistent: blocks, logs, the tree and
its root. They only disagree with the chain.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import ape
from web3.exceptions import ContractLogicError

from ape_hyperlane.core.messages import contract
from ape_hyperlane.demo.devnet import Devnet, answers, call
from ape_hyperlane.demo.processes import anvil, free_port
from ape_hyperlane.demo.transfers import NativeRoute
from ape_hyperlane.plans.refusals import refusal
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.ism_metadata import encode_aggregation
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.multisig_metadata import MessageIdMultisigMetadata
from hyperlane.protocol.token_message import TokenMessage
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32

PLENTY = 10**20
"""Wei for the fees on the attackers' nodes."""


@dataclass(frozen=True, slots=True)
class LyingNodes:
    """A fork of an origin on which a route's router sends whatever the attackers want."""

    net: Devnet
    route: NativeRoute
    origin: str
    destination: str
    url: str

    def forge(self, amounts: Sequence[int], thief: str) -> list[Message]:
        """Has the router send these amounts to a thief, one message for each."""
        registry, router = self.net.registry, self.route.routers[self.origin]
        destination = registry.metadata(self.destination).domain_id
        recipient = address_to_bytes32(address_from_hex(self.route.routers[self.destination]))
        call(self.url, "anvil_setBalance", router, hex(PLENTY))
        call(self.url, "anvil_impersonateAccount", router)
        messages = []
        with self.net.connect(self.origin):
            mailbox = contract("Mailbox", registry.addresses(self.origin).mailbox)
            nonce = int(mailbox.call_view_method("nonce"))
            for position, amount in enumerate(amounts):
                body = TokenMessage(address_to_bytes32(address_from_hex(thief)), amount).encode()
                arguments = (destination, recipient, body)
                transaction = {
                    "from": router,
                    "to": mailbox.address,
                    "value": hex(int(mailbox.quoteDispatch(*arguments))),
                    "data": "0x" + bytes(mailbox.dispatch.encode_input(*arguments)).hex(),
                }
                call(self.url, "eth_sendTransaction", transaction)
                messages.append(
                    Message(
                        VERSION,
                        nonce + position,
                        registry.metadata(self.origin).domain_id,
                        address_to_bytes32(address_from_hex(router)),
                        *arguments,
                    )
                )
        return messages

    def tick(self, seconds: int) -> None:
        """Switches the fork to mining a block every `seconds`, as the chain does."""
        call(self.url, "evm_setIntervalMining", seconds)


def fork(net: Devnet, route: NativeRoute, origin: str, destination: str) -> LyingNodes:
    """Starts the attackers' nodes, with the origin's history so far."""
    chain, port = net.chains[origin], free_port()
    net.processes.start("liar", anvil(port, chain.chain_id, "--fork-url", chain.url))
    url = f"http://127.0.0.1:{port}"
    net.processes.wait_until(partial(answers, url), "the lying node answers", seconds=30)
    return LyingNodes(net, route, origin, destination, url)


@dataclass(frozen=True, slots=True)
class Forgery:
    """A forged message with the signatures that a quorum gave it."""

    message: Message
    signed: tuple[SignedCheckpoint, ...]
    place: int
    """Position of the multisig in the aggregation that is the recipient's security module."""
    modules: int
    """Number of modules in that aggregation; the others take no metadata."""

    @property
    def metadata(self) -> bytes:
        """Metadata for the recipient's security module: the signatures for its multisig, nothing
        for its other parts."""
        checkpoint = self.signed[0].checkpoint
        multisig = MessageIdMultisigMetadata(
            checkpoint.merkle_tree_hook,
            checkpoint.root,
            checkpoint.index,
            tuple(each.signature for each in self.signed),
        ).encode()
        return encode_aggregation(
            [multisig if place == self.place else b"" for place in range(self.modules)]
        )

    def deliver(self, mailbox: str, thief: str) -> int:
        """Delivers on the connected chain, whose node has the thief's key; returns the block."""
        eth = ape.networks.provider.web3.eth
        sent = eth.send_transaction({"from": thief, "to": mailbox, "data": self._calldata(mailbox)})
        return int(eth.wait_for_transaction_receipt(sent)["blockNumber"])

    def refused(self, mailbox: str, block: int | None = None) -> str | None:
        """Reason for which the connected chain refuses the delivery, at its newest block or at
        `block`; None if it accepts."""
        try:
            # Not through ape, which would print a trace.
            ape.networks.provider.web3.eth.call(
                {"to": mailbox, "data": self._calldata(mailbox)},
                "latest" if block is None else block,
            )
        except ContractLogicError as error:
            return refusal(error)
        return None

    def _calldata(self, mailbox: str) -> bytes:
        process = contract("Mailbox", mailbox).process
        return bytes(process.encode_input(self.metadata, self.message.encode()))


def signatures(net: Devnet, validators: Sequence[str], message: Message) -> list[SignedCheckpoint]:
    """Signatures for a message that the validators of these names have published so far."""
    found = []
    for name in validators:
        storage = FolderStorage(net.checkpoints(name))
        signed = asyncio.run(storage.checkpoint(message.nonce))
        if signed is not None and signed.checkpoint.message_id == message.id:
            found.append(signed)
    return found
