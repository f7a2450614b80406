"""A delivery as a relayer would make it, built and simulated, but not sent."""

from dataclasses import dataclass

from eth_account import Account

from hyperlane.agents.relayer.metadata import Lookups, MetadataBuilder, Multisigs
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Mailbox, Recipient
from hyperlane.chain.answers import CALL
from hyperlane.chain.client import RpcError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex
from hyperlane.tracking.report import Simulation, Stage
from hyperlane.tracking.traced import Traced

_REVERTED = "execution reverted: "


@dataclass(frozen=True, slots=True)
class Attempt:
    """Result of an attempted delivery."""

    simulation: Simulation
    calldata: bytes = b""
    """The call of `process`; empty without metadata."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Tries deliveries of one message to one recipient."""

    destination: Chain
    origin: Traced
    message: Message
    recipient: Address
    module: Address
    """The recipient's security module."""

    async def attempt(self, sender: Address) -> Attempt:
        """Build metadata and simulate a delivery by `sender`."""
        # The key only signs look-ups, and identifies nobody: servers get a new one each time.
        lookups = Lookups(Account.create())
        builder = MetadataBuilder(self.destination, sender, lookups, Multisigs())
        try:
            metadata = await builder.build(self.origin, self.message, self.module)
        except NotReady as error:
            unsigned = error.reason is Reason.AWAITING_VALIDATOR_SIGNATURES
            stage = Stage.UNSIGNED if unsigned else Stage.NO_METADATA
            return Attempt(Simulation(stage, error.detail, sender=sender))
        calldata = Mailbox.process.encode(metadata.encode(), self.message.encode())
        return Attempt(await self.simulate(calldata, sender), calldata)

    async def simulate(self, calldata: bytes, sender: Address) -> Simulation:
        """Simulate a call of `process`; a refusal is the recipient's if its `handle` refuses, too.

        RpcError only for errors of the node.
        """
        client, mailbox = self.destination.client, self.destination.settings.mailbox
        try:
            gas = await client.estimate_gas(mailbox, calldata, sender)
        except RpcError as error:
            own = await self.handle_refusal()
            if own is not None:
                return Simulation(Stage.REVERTS, own, sender=sender)
            return Simulation(Stage.REFUSED, _reason(error), sender=sender)
        return Simulation(Stage.READY, gas=gas, sender=sender)

    async def simulate_within(self, calldata: bytes, sender: Address, gas: int) -> str | None:
        """Find out why a call of `process` with this gas limit fails; None if it succeeds."""
        call = {
            "from": to_hex(sender),
            "to": to_hex(self.destination.settings.mailbox),
            "data": to_hex(calldata),
            "gas": hex(gas),
        }
        try:
            await self.destination.client.request(CALL, call, "latest")
        except RpcError as error:
            return _reason(error)
        return None

    async def handle_refusal(self) -> str | None:
        """Simulate the Mailbox's call of the recipient's `handle`, and return the error with which
        it refuses the message; None if it accepts it."""
        call = Recipient.handle.encode(
            self.message.origin, Bytes32(self.message.sender), self.message.body
        )
        try:
            await self.destination.client.estimate_gas(
                self.recipient, call, self.destination.settings.mailbox
            )
        except RpcError as error:
            return _reason(error)
        return None


def _reason(error: RpcError) -> str:
    return error.message.removeprefix(_REVERTED)
