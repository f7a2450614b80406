"""`make demo-slash`: one of three validators signs a false checkpoint and is slashed.

The false checkpoint is of a forged message. Two of three signatures would deliver it, but the other
two validators are honest. So it is not delivered, and the watchtower has the validator slashed.
"""

import asyncio
import time
from pathlib import Path

import ape
from ape.logging import LogLevel, logger
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from web3.exceptions import ContractLogicError

from ape_hyperlane.core.messages import contract, dispatch
from ape_hyperlane.demo.devnet import Devnet, development_key
from ape_hyperlane.demo.narration import Narration, ended_with_a_word
from ape_hyperlane.demo.stakes import STAKE, Standing, stake_all, tokens
from ape_hyperlane.plans.refusals import refusal
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.errors import ChainError
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.multisig_metadata import MessageIdMultisigMetadata
from hyperlane.protocol.typecasts import Bytes32, address_from_hex, address_to_bytes32

ORIGIN, REMOTE = "alpha", "beta"
WATCHTOWER = 18
"""Index of the watchtower's development account."""
SECONDS = 90
"""Time limit for the slashing."""


def run(folder: Path) -> bool:
    """Runs the demo in `folder`. True if every effect is as expected."""
    console = Console()
    console.width = max(console.width, 100)
    with ended_with_a_word(), Devnet(folder, validators=3) as net, logger.at_level(LogLevel.ERROR):
        return SlashingDemo(net, console).play()


class SlashingDemo(Narration):
    """The scenes of the demo, on one devnet."""

    def __init__(self, net: Devnet, console: Console) -> None:
        super().__init__(console)
        self.net = net
        self.keys = net.chains[ORIGIN].validators
        self.liar = self.keys[-1]

    def play(self) -> bool:
        net = self.net
        net.start_chains()
        for name in net.chains:
            net.deploy_core(name, threshold=2)
        with net.connect(ORIGIN):
            self.stakes = stake_all(net, ORIGIN, self.keys)
            self.announce()
        self.log(f"two chains; three validators of {ORIGIN} with {STAKE // 10**18:,} STK each")
        net.tick()
        net.start_agents(without=[self.liar])
        net.start_watchtower(ORIGIN, self.stakes.manager.address, development_key(WATCHTOWER))
        self.log("two honest validators, a relayer and a watchtower started")
        with net.connect(ORIGIN):
            before = self.stakes.standings()
            real = self.send_message()
            forged = self.lie(real)
            self.log(f"validator {self.liar.address} signed message 0x{forged.id.hex()[:16]}…,")
            self.log("       which was never dispatched, as the leaf of another message")
            self.await_slash()
            after = self.stakes.standings()
            reward = int(self.stakes.token.balanceOf(development_key(WATCHTOWER).address))
        reason = self.deliver(forged)
        self.log(f"delivering it on {REMOTE} with that signature reverts: {reason}")
        return self.show(before, after, reward, self.is_delivered(forged))

    def announce(self) -> None:
        """Announces the dishonest validator's storage location, as every validator does."""
        addresses = self.net.registry.addresses(ORIGIN)
        self.storage = FolderStorage((self.net.folder / "checkpoints" / "liar").absolute())
        announcement = Announcement(
            self.net.chains[ORIGIN].chain_id,
            address_to_bytes32(address_from_hex(addresses.mailbox)),
            address_from_hex(self.liar.address),
            self.storage.location,
        )
        announce = contract("ValidatorAnnounce", addresses.validator_announce)
        announce.announce(
            self.liar.address,
            self.storage.location,
            announcement.sign(self.liar),
            sender=self.net.deployer,
        )

    def send_message(self) -> Message:
        addresses = self.net.registry.addresses(ORIGIN)
        recipient = self.net.registry.addresses(REMOTE).require(REMOTE, "testRecipient")
        domain = self.net.registry.metadata(REMOTE).domain_id
        dispatch(self.net.user, addresses, domain, address_from_hex(recipient), b"hello")
        return Message(
            VERSION,
            0,
            self.net.chains[ORIGIN].chain_id,
            address_to_bytes32(address_from_hex(self.net.user.address)),
            domain,
            address_to_bytes32(address_from_hex(recipient)),
            b"hello",
        )

    def lie(self, real: Message) -> Message:
        """Signs a checkpoint with a forged message in place of the real one, and publishes it."""
        forged = Message(
            real.version,
            real.nonce,
            real.origin,
            real.sender,
            real.destination,
            real.recipient,
            b"pay everything to the liar",
        )
        hook = contract("MerkleTreeHook", self.net.registry.addresses(ORIGIN).merkle_tree_hook)
        root, index = hook.latestCheckpoint()
        checkpoint = Checkpoint(
            real.origin,
            address_to_bytes32(address_from_hex(hook.address)),
            Bytes32(bytes(root)),
            int(index),
            forged.id,
        )
        self.signed = SignedCheckpoint(checkpoint, checkpoint.sign(self.liar))
        asyncio.run(self.storage.write_checkpoint(self.signed))
        return forged

    def await_slash(self) -> None:
        deadline = time.monotonic() + SECONDS
        while self.stakes.standings()[-1].status != "Tombstoned":
            self.net.processes.check()
            if time.monotonic() > deadline:
                raise ChainError(f"the watchtower did not slash the validator within {SECONDS} s")
            time.sleep(0.3)
        self.log("the watchtower proved it; the validator is tombstoned")

    def deliver(self, forged: Message) -> str:
        """The reason why the destination refuses the forged message with that signature."""
        checkpoint = self.signed.checkpoint
        metadata = MessageIdMultisigMetadata(
            checkpoint.merkle_tree_hook,
            checkpoint.root,
            checkpoint.index,
            (self.signed.signature, self.signed.signature),
        )
        with self.net.connect(REMOTE):
            mailbox = contract("Mailbox", self.net.registry.addresses(REMOTE).mailbox)
            data = mailbox.process.encode_input(metadata.encode(), forged.encode())
            try:
                # Not by ape, which would print a trace.
                ape.networks.provider.web3.eth.call({"to": mailbox.address, "data": data})
            except ContractLogicError as error:
                return refusal(error)
        raise ChainError("the forged message can be delivered")

    def is_delivered(self, message: Message) -> bool:
        with self.net.connect(REMOTE):
            mailbox = contract("Mailbox", self.net.registry.addresses(REMOTE).mailbox)
            return bool(mailbox.delivered(message.id))

    def show(
        self, before: list[Standing], after: list[Standing], reward: int, delivered: bool
    ) -> bool:
        table = Table(title="Stake, read from the chain", box=SIMPLE, title_justify="left")
        for column in ("validator", "before", "after", "status"):
            table.add_column(column, no_wrap=True)
        for key, old, new in zip(self.keys, before, after, strict=True):
            table.add_row(key.address, tokens(old.stake), tokens(new.stake), new.status)
        table.add_row("reward of the watchtower", tokens(0), tokens(reward), "")
        self.console.print(table)
        self.console.print(f"forged message delivered on {REMOTE}: {delivered}")
        honest = all(
            standing == Standing(STAKE, "Active")
            for standing in (*before, *after[: len(self.keys) - 1])
        )
        verified = (
            honest
            and after[-1] == Standing(STAKE // 2, "Tombstoned")
            and reward == STAKE // 2 // 10
            and not delivered
        )
        self.console.print(
            "[bold green]Every effect was read back from the chains.[/]"
            if verified
            else "[bold red]Not every effect is as expected.[/]"
        )
        return verified
