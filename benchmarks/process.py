"""What deliveries cost, by security module: one at a time, and in batches."""

from collections.abc import Callable
from dataclasses import astuple
from statistics import fmean

from eth_account import Account
from web3.logs import DISCARD

from benchmarks.anvil import Chain
from benchmarks.dispatch import BODIES, LOCAL, REMOTE, Figures, b32, deploy_mailbox, deploy_static
from hyperlane.agents.relayer.metadata import Batch, encode_batch
from hyperlane.agents.relayer.metadata.parts import Proven
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.ism_metadata import encode_aggregation
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.multisig_metadata import (
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
)

BATCH = 32


class Origin:
    """The remote side: messages to one recipient, their tree, and validators that sign it."""

    def __init__(self, recipient: str, validators: int) -> None:
        self.keys = sorted(
            (Account.from_key((i + 1).to_bytes(32, "big")) for i in range(validators)),
            key=lambda key: int(key.address, 16),
        )
        self.hook = b32("0x" + "ab" * 20)
        self.sender = b32("0x" + "cd" * 20)
        self.recipient = b32(recipient)
        self.tree = MerkleTree()

    @property
    def addresses(self) -> list[str]:
        return [key.address for key in self.keys]

    def message(self, body: bytes) -> Message:
        message = Message(VERSION, len(self.tree), REMOTE, self.sender, LOCAL, self.recipient, body)
        self.tree.append(message.id)
        return message

    def signatures(self, message: Message, signers: slice) -> tuple[bytes, ...]:
        index = len(self.tree) - 1
        checkpoint = Checkpoint(REMOTE, self.hook, self.tree.root(), index, message.id)
        return tuple(checkpoint.sign(key) for key in self.keys[signers])

    def message_id_metadata(self, message: Message, signers: slice) -> bytes:
        return MessageIdMultisigMetadata(
            self.hook, self.tree.root(), len(self.tree) - 1, self.signatures(message, signers)
        ).encode()

    def merkle_root_metadata(
        self, message: Message, signers: slice, leaf: int | None = None
    ) -> MerkleRootMultisigMetadata:
        """For leaf `leaf`, by a checkpoint at the last message, which is `message`."""
        index = len(self.tree) - 1
        leaf = index if leaf is None else leaf
        return MerkleRootMultisigMetadata(
            merkle_tree_hook=self.hook,
            leaf_index=leaf,
            signed_message_id=message.id,
            proof=self.tree.proof(leaf, index),
            signed_index=index,
            signatures=self.signatures(message, signers),
        )

    def batch(self, messages: list[Message], signers: slice, module: str) -> Batch:
        """For all messages under one checkpoint, as a relayer lays it out."""
        return encode_batch(
            [
                Proven(
                    bytes.fromhex(module[2:]),
                    message,
                    self.merkle_root_metadata(messages[-1], signers, leaf),
                )
                for leaf, message in enumerate(messages)
            ]
        )


class Deliveries:
    """Delivers messages under one module after another and keeps what each cost."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.figures: Figures = {}
        bare = chain.deploy("BareHook")
        self.mailbox = deploy_mailbox(chain, bare, bare)
        self.recipient = chain.deploy("LightRecipient")

    def measure(
        self,
        name: str,
        module: str,
        validators: int = 0,
        metadata: Callable[[Origin, Message], bytes] = lambda _origin, _message: b"",
        body: bytes = BODIES["b32"],
        recipient: str | None = None,
        own_module: bool = False,
    ) -> None:
        """The mean of four deliveries after a first one: signatures have zero bytes by chance."""
        chooser = self.recipient if own_module else self.mailbox
        choose = "setInterchainSecurityModule" if own_module else "setDefaultIsm"
        self.chain.send(chooser.functions[choose](module))
        origin = Origin(recipient or self.recipient.address, validators)
        origin.sender = (len(self.figures) + 1).to_bytes(4).rjust(32, b"\xcd")  # ids differ
        costs = []
        for _ in range(5):
            message = origin.message(body)
            call = self.mailbox.functions.process(metadata(origin, message), message.encode())
            costs.append(self.chain.send(call)["gasUsed"])
        self.figures[f"process.{name}"] = fmean(costs[1:])
        if own_module:
            self.chain.send(chooser.functions[choose]("0x" + "00" * 20))


def first(count: int) -> Callable[[Origin, Message], bytes]:
    return lambda origin, message: origin.message_id_metadata(message, slice(count))


def measure_process(chain: Chain) -> Figures:
    run = Deliveries(chain)
    noop = chain.deploy("NoopIsm").address

    def message_id(threshold: int, validators: int) -> str:
        addresses = Origin(noop, validators).addresses
        return deploy_static(chain, "StaticMessageIdMultisigIsmFactory", addresses, threshold)

    three_of_five = message_id(3, 5)
    for size, body in BODIES.items():
        suffix = "" if size == "b32" else f".{size}"
        run.measure(f"noop{suffix}", noop, body=body)
        run.measure(f"messageId.3of5{suffix}", three_of_five, 5, first(3), body=body)
    for threshold, validators in ((1, 1), (2, 3), (4, 6), (6, 9), (9, 15)):
        module = message_id(threshold, validators)
        run.measure(f"messageId.{threshold}of{validators}", module, validators, first(threshold))
    run.measure(
        "messageId.3of5.last_signers",
        three_of_five,
        5,
        lambda origin, message: origin.message_id_metadata(message, slice(2, 5)),
    )
    merkle_root = deploy_static(
        chain, "StaticMerkleRootMultisigIsmFactory", Origin(noop, 5).addresses, 3
    )
    run.measure(
        "merkleRoot.3of5",
        merkle_root,
        5,
        lambda origin, message: origin.merkle_root_metadata(message, slice(3)).encode(),
    )
    run.measure("recipientIsm.noop", noop, own_module=True)
    run.measure("recipientIsm.messageId.3of5", three_of_five, 5, first(3), own_module=True)
    storage = chain.deploy("StorageMessageIdMultisigIsm", Origin(noop, 5).addresses, 3).address
    run.measure("storageMessageId.3of5", storage, 5, first(3))
    trusted = chain.deploy("TrustedRelayerIsm", run.mailbox.address, chain.sender).address
    run.measure("trustedRelayer", trusted)
    pausable = chain.deploy("PausableIsm", chain.sender).address
    run.measure("pausable", pausable)
    others = [("noop", noop), ("trustedRelayer", trusted), ("pausable", pausable)]
    if "GuardedPausableIsm" in chain.artifacts:
        creation = (chain.sender, [chain.sender], 3600)
        guarded = chain.deploy("GuardedPausableIsm", *creation).address
        run.measure("guardedPausable", guarded)
        others.append(("guardedPausable", guarded))
    for other, address in others:
        pair = deploy_static(chain, "StaticAggregationIsmFactory", [three_of_five, address], 2)
        run.measure(
            f"aggregation.2of2(messageId.3of5,{other})",
            pair,
            5,
            lambda origin, message: encode_aggregation([first(3)(origin, message), b""]),
        )
    run.measure("noop.TestRecipient", noop, recipient=chain.deploy("TestRecipient").address)
    measure_routing(chain, run, three_of_five)
    for threshold, validators in ((3, 5), (6, 9)):
        measure_mainnet_default(chain, run, threshold, validators, pausable)
        measure_batch(chain, run, threshold, validators)
    return run.figures


def measure_routing(chain: Chain, run: Deliveries, three_of_five: str) -> None:
    table = (chain.sender, [REMOTE], [three_of_five])
    routing = chain.deploy("AtomicInitDomainRoutingIsm", *table)
    run.measure("domainRouting.messageId.3of5", routing.address, 5, first(3))
    factory = chain.deploy("DomainRoutingIsmFactory")
    receipt = chain.send(factory.functions.deploy(*table))
    (event,) = factory.events.ModuleDeployed().process_receipt(receipt, errors=DISCARD)
    run.measure("domainRouting.messageId.3of5 (clone)", event["args"]["module"], 5, first(3))
    fallback = "AtomicInitDefaultFallbackRoutingIsm"
    routing = chain.deploy(fallback, run.mailbox.address, *table)
    run.measure("defaultFallbackRouting.messageId.3of5", routing.address, 5, first(3))
    empty = chain.deploy(fallback, run.mailbox.address, chain.sender, [], [])
    chain.send(run.mailbox.functions.setDefaultIsm(three_of_five))
    run.measure(
        "recipientIsm.defaultFallbackRouting.fallback.messageId.3of5",
        empty.address,
        5,
        first(3),
        own_module=True,
    )


def measure_mainnet_default(
    chain: Chain, run: Deliveries, threshold: int, validators: int, pausable: str
) -> None:
    """2 of 2 of a pausable module and, routed to by origin, either of two multisigs."""
    addresses = Origin(pausable, validators).addresses
    either = [
        deploy_static(chain, f"Static{kind}MultisigIsmFactory", addresses, threshold)
        for kind in ("MerkleRoot", "MessageId")
    ]
    pair = deploy_static(chain, "StaticAggregationIsmFactory", either, 1)
    routing = chain.deploy("AtomicInitDomainRoutingIsm", chain.sender, [REMOTE], [pair])
    both = [routing.address, pausable]
    module = deploy_static(chain, "StaticAggregationIsmFactory", both, 2)
    run.measure(
        f"mainnet_default.messageId.{threshold}of{validators}",
        module,
        validators,
        lambda origin, message: encode_aggregation(
            [encode_aggregation([None, first(threshold)(origin, message)]), b""]
        ),
    )


def measure_batch(chain: Chain, run: Deliveries, threshold: int, validators: int) -> None:
    """Gas per message of 32 delivered at once."""
    origin = Origin(run.recipient.address, validators)
    origin.sender = bytes([validators]).rjust(32, b"\xee")
    module = deploy_static(chain, "StaticMerkleRootMultisigIsmFactory", origin.addresses, threshold)
    chain.send(run.mailbox.functions.setDefaultIsm(module))
    messages = [origin.message(BODIES["b32"]) for _ in range(BATCH)]
    batch = origin.batch(messages, slice(threshold), module)
    proofs = [astuple(proof) for proof in batch.proofs]
    encoded = [message.encode() for message in messages]
    receipt = chain.send(run.mailbox.functions.processBatch(proofs, batch.metadata, encoded))
    assert not run.mailbox.events.ProcessFailed().process_receipt(receipt, errors=DISCARD)
    name = f"processBatch.32.merkleRoot.{threshold}of{validators}.each"
    run.figures[name] = receipt["gasUsed"] / BATCH
