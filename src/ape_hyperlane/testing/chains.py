"""One chain of a test network: a Mailbox with its domain, validators and security modules."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ape
from ape.contracts import ContractInstance
from eth_account.signers.local import LocalAccount

from ape_hyperlane.plans.chain import container
from ape_hyperlane.testing.errors import TestKitError
from ape_hyperlane.testing.nodes import Node
from ape_hyperlane.testing.words import bytes32, raw_address
from hyperlane.chain.abi import Function
from hyperlane.chain.abi import Mailbox as MailboxAbi
from hyperlane.protocol.typecasts import Address, to_checksum

if TYPE_CHECKING:
    from ape_hyperlane.testing.messages import InterchainMessage
    from ape_hyperlane.testing.network import LocalNetwork

OWNER = Function("owner()", ("address",))
DEFAULT_ISM = Function("defaultIsm()", ("address",))
SET_DEFAULT_ISM = Function("setDefaultIsm(address)")


@dataclass(eq=False)
class LocalChain:
    """One chain of a network: its Mailbox, and what stands behind it."""

    network: "LocalNetwork" = field(repr=False)
    name: str
    domain: int
    """Number of the chain in the protocol."""
    mailbox_address: str
    validators: list[LocalAccount] = field(repr=False)
    """Keys that sign for messages from this chain. One that is taken out of the list is offline."""
    threshold: int = field(repr=False)
    """Number of signatures that the other chains want for a message from this one."""
    node: Node = field(repr=False)
    first_block: int = field(repr=False)
    """Number of the first block in which messages are looked for."""
    trusting_ism: str = field(default="", repr=False)
    """Security module that verifies nothing."""
    verifying_ism: str = field(default="", repr=False)
    """Security module that wants signatures of the origin's validators."""
    _connections: list[contextlib.ExitStack] = field(default_factory=list, repr=False)

    def __enter__(self) -> "LocalChain":
        self._connections.append(contextlib.ExitStack())
        self._connections[-1].enter_context(self.node.use())
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.pop().close()

    @property
    def mailbox(self) -> ContractInstance:
        """The Mailbox, as an ape contract, for use while ape is connected to the chain."""
        return ContractInstance(self.mailbox_address, container("Mailbox").contract_type)

    @cached_property
    def mailbox_bytes(self) -> Address:
        """The Mailbox's address."""
        return raw_address(self.mailbox_address, "mailbox")

    @property
    def default_ism(self) -> str:
        """Address of the security module for recipients that choose none."""
        return to_checksum(self.node.read(self.mailbox_bytes, DEFAULT_ISM))

    @property
    def verifies(self) -> bool:
        """True unless the default security module believes everything."""
        return self.default_ism != self.trusting_ism

    def set_default_ism(self, module: object) -> None:
        """Changes the Mailbox's default security module, as its owner."""
        owner = to_checksum(self.node.read(self.mailbox_bytes, OWNER))
        data = SET_DEFAULT_ISM.encode(raw_address(module, "default ISM"))
        self.node.transact(self.mailbox_address, data, owner)

    def ism_of(self, recipient: Address) -> Address:
        """The security module that decides for a recipient."""
        module: Address = self.node.read(self.mailbox_bytes, MailboxAbi.recipient_ism, recipient)
        return module

    def quote(self, destination: str, recipient: object, body: bytes = b"") -> int:
        """Price of sending a message, in wei."""
        with self:
            target = self.network[destination].domain
            return int(self.mailbox.quoteDispatch(target, bytes32(recipient), body))

    def send(
        self,
        destination: str,
        recipient: object,
        body: bytes,
        sender: Any,
        value: int | None = None,
    ) -> "InterchainMessage":
        """Dispatches a message from an ape account, and pays what the Mailbox asks for, or `value`
        wei."""
        target = self.network[destination].domain
        word = bytes32(recipient)
        if not isinstance(body, bytes):
            raise TestKitError(f"body: {body!r} is no bytes; expected b'…', or text.encode()")
        with self:
            fee = self.quote(destination, word, body) if value is None else value
            receipt = self.mailbox.dispatch(target, word, body, sender=sender, value=fee)
        return self.network.messages_in(receipt)[0]


@contextlib.contextmanager
def taken_back(node: Node) -> Iterator[None]:
    """Takes back what happens to a node within the block."""
    with node.use():
        snapshot = node.provider.snapshot()
    try:
        yield
    finally:
        with node.use():
            node.provider.restore(snapshot)
            ape.chain.history.revert_to_block(node.block)
