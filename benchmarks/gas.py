"""What each operation costs, in gas of its receipt, beside what the reference costs.

`python -m benchmarks.gas` measures on a fresh anvil and prints the table; `--write` also keeps the
figures in `results/gas.json`, `docs/gas.md` and where `docs/concepts` quotes them, against which
`make test` compares. Names are those of `gas-baseline.json`, which holds the same operations of the
reference contracts. Figures are of the steady state: storage that an operation writes held a value
before, as on a chain in use.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean

from eth_account import Account
from rich.console import Console
from rich.table import Table
from web3.contract import Contract
from web3.logs import DISCARD

from benchmarks.anvil import Chain, anvil
from benchmarks.deployment import deploy_core, spent
from benchmarks.staking import measure_staking
from benchmarks.warp import measure_deliveries, measure_transfers
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.ism_metadata import (
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
    ShortMerkleRootMetadata,
    encode_aggregation,
)
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import VERSION, Message
from hyperlane.registry import CoreConfig
from hyperlane.registry.core_config import MerkleTreeHook, ProtocolFee

HERE = Path(__file__).parent
BASELINE = HERE / "gas-baseline.json"
RESULTS = HERE / "results" / "gas.json"
DOCUMENT = HERE.parent / "docs" / "gas.md"
CONCEPTS = sorted((HERE.parent / "docs" / "concepts").glob("*.md"))
TABLE_BEGINS, TABLE_ENDS = "<!-- by make bench-gas -->", "<!-- end -->"
HEADINGS = ["operation", "ours", "as deployed", "×", "direct", "×", "floor", "over"]

Figures = dict[str, float]

DEPLOYMENTS = {
    "deployment.core": "core (default config, 23 transactions)",
    "deployment.igp": "igp, one remote",
}

SINGLE_DELIVERIES = {
    "3of5": {"deployed": 127_120, "direct": 119_742},
    "6of9": {"deployed": 144_770, "direct": 137_366},
}
"""The reference's deliveries under a merkle-root multisig: `processBatch` against them."""

LOCAL, REMOTE = 31337, 31338
BATCH = 32
BODIES = {"b0": b"", "b32": b"\x11" * 32, "b256": b"\x11" * 256}
OURS = "required=tree,default=igp"
"""The structure that our deploy tool makes; the reference's counterpart is `agg_igp`."""


def b32(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


def deploy_mailbox(chain: Chain, required: Contract, default: Contract) -> Contract:
    mailbox = chain.deploy("Mailbox", LOCAL)
    chain.send(
        mailbox.functions.initialize(
            chain.sender, chain.deploy("NoopIsm").address, default.address, required.address
        )
    )
    return mailbox


def deploy_static(chain: Chain, factory: str, *arguments: object) -> str:
    """The address of the set that a static factory deploys for these arguments."""
    contract = chain.deploy(factory)
    types = "address[],uint8" if len(arguments) == 2 else "address[]"
    chain.send(contract.functions[f"deploy({types})"](*arguments))
    return str(contract.functions[f"getAddress({types})"](*arguments).call())


# --- sending


def deploy_paymaster(chain: Chain) -> Contract:
    """Keeps its own gas data, as our deploy tool sets it up."""
    igp = chain.deploy("InterchainGasPaymaster")
    chain.send(igp.functions.initialize(chain.sender, chain.web3.eth.accounts[1]))
    chain.send(igp.functions.setRemoteGasData((REMOTE, 10**10, 10**9)))
    chain.send(igp.functions.setDestinationGasConfigs([(REMOTE, (igp.address, 60_000))]))
    return igp


def dispatch_structures(chain: Chain) -> dict[str, Contract]:
    """A mailbox per hook structure of the baseline, and one for our own default."""
    bare = chain.deploy("BareHook")
    mailboxes = {"bare": deploy_mailbox(chain, bare, chain.deploy("BareHook"))}

    def fee() -> Contract:
        return chain.deploy("ProtocolFee", 10**18, 0, chain.sender, chain.sender)

    def tree(mailbox: Contract) -> Contract:
        return chain.deploy("MerkleTreeHook", mailbox.address)

    def aggregate(*hooks: Contract) -> Contract:
        addresses = [hook.address for hook in hooks]
        address = deploy_static(chain, "StaticAggregationHookFactory", addresses)
        return chain.at("StaticAggregationHook", address)

    def with_default(name: str, make: Callable[[Contract], Contract]) -> None:
        mailbox = deploy_mailbox(chain, fee(), bare)
        chain.send(mailbox.functions.setDefaultHook(make(mailbox).address))
        mailboxes[name] = mailbox

    with_default("cli", tree)
    with_default("agg_igp", lambda mailbox: aggregate(tree(mailbox), deploy_paymaster(chain)))
    if "DomainRoutingHook" in chain.artifacts:

        def mainnet(mailbox: Contract) -> Contract:
            routing = chain.deploy(
                "FallbackDomainRoutingHook", mailbox.address, chain.sender, tree(mailbox).address
            )
            parts = (chain.deploy("PausableHook"), tree(mailbox), deploy_paymaster(chain))
            chain.send(routing.functions.setHook(REMOTE, aggregate(*parts).address))
            return routing

        with_default("mainnet", mainnet)

    ours = deploy_mailbox(chain, bare, deploy_paymaster(chain))
    chain.send(ours.functions.setRequiredHook(tree(ours).address))
    mailboxes[OURS] = ours
    return mailboxes


def measure_dispatch(chain: Chain) -> Figures:
    figures: Figures = {}
    recipient = b32(chain.web3.eth.accounts[2])
    plain = "(uint32,bytes32,bytes)"
    with_metadata = "(uint32,bytes32,bytes,bytes)"
    for structure, mailbox in dispatch_structures(chain).items():
        paid = structure not in ("bare", "cli")

        def mean(signature: str, body: bytes, *rest: bytes, over: int = 0) -> float:
            arguments = (REMOTE, recipient, body, *rest)
            fee = mailbox.functions[f"quoteDispatch{signature}"](*arguments).call()  # noqa: B023
            call = mailbox.functions[f"dispatch{signature}"](*arguments)  # noqa: B023
            # 32 leaves: as many tree levels as 32 successive messages touch.
            return fmean(chain.send(call, fee + over)["gasUsed"] for _ in range(32))

        mean(plain, b"")  # the first ones fill empty storage
        for size, body in BODIES.items():
            figures[f"dispatch.{size}.{structure}"] = mean(plain, body)
        if paid:
            gas = StandardHookMetadata(
                msg_value=0, gas_limit=200_000, refund_address=bytes.fromhex(chain.sender[2:])
            )
            body = BODIES["b32"]
            figures[f"dispatch.b32.overpaid.{structure}"] = mean(plain, body, over=10**12)
            figures[f"dispatch.b32.gas_limit_metadata.{structure}"] = mean(
                with_metadata, body, gas.encode()
            )
        quote = mailbox.functions[f"quoteDispatch{plain}"](REMOTE, recipient, BODIES["b32"])
        figures[f"quoteDispatch.b32.{structure}"] = chain.send(quote)["gasUsed"]
    return figures


def measure_paymaster(chain: Chain) -> Figures:
    igp = deploy_paymaster(chain)
    arguments = (b"\x22" * 32, REMOTE, 100_000)
    fee = igp.functions["quoteGasPayment(uint32,uint256)"](REMOTE, 100_000).call()
    pay = igp.functions["payForGas(bytes32,uint32,uint256,address)"](*arguments, chain.sender)
    chain.send(pay, fee)
    quote = igp.functions["quoteGasPayment(uint32,uint256)"](REMOTE, 100_000)
    return {
        "igp.payForGas.exact": chain.send(pay, fee)["gasUsed"],
        "igp.payForGas.overpaid": chain.send(pay, 2 * fee)["gasUsed"],
        "igp.quoteGasPayment": chain.send(quote)["gasUsed"],
    }


# --- delivering


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

    def batch_metadata(self, messages: list[Message], signers: slice) -> list[bytes]:
        """For all messages under one checkpoint: signatures once, a full proof per 16 leaves."""
        encoded = []
        for leaf in range(len(messages)):
            signed_by = signers if leaf == 0 else slice(0)
            full = self.merkle_root_metadata(messages[-1], signed_by, leaf)
            short = ShortMerkleRootMetadata.of(full)
            encoded.append((short if leaf % 16 else full).encode())
        return encoded


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
    for other, address in (("noop", noop), ("trustedRelayer", trusted), ("pausable", pausable)):
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
    metadata = origin.batch_metadata(messages, slice(threshold))
    encoded = [message.encode() for message in messages]
    receipt = chain.send(run.mailbox.functions.processBatch(metadata, encoded))
    assert not run.mailbox.events.ProcessFailed().process_receipt(receipt, errors=DISCARD)
    name = f"processBatch.32.merkleRoot.{threshold}of{validators}.each"
    run.figures[name] = receipt["gasUsed"] / BATCH


def measure_announce(chain: Chain) -> Figures:
    announce = chain.deploy("ValidatorAnnounce", deploy_idle_mailbox(chain).address)
    figures: Figures = {}
    for name, location in (("new", "s3://bucket/region/a"), ("known", "s3://bucket/region/b")):
        costs = []
        for index in range(2):
            key = Account.from_key((index + 1).to_bytes(32, "big"))
            digest = announce.functions.getAnnouncementDigest(location).call()
            signature = Account.unsafe_sign_hash(digest, key.key).signature
            call = announce.functions.announce(key.address, location, signature)
            costs.append(chain.send(call)["gasUsed"])
        # The very first validator also fills an empty list: the second is the steady state.
        figures[f"announce.{name}_validator"] = costs[1]
    return figures


def deploy_idle_mailbox(chain: Chain) -> Contract:
    bare = chain.deploy("BareHook")
    return deploy_mailbox(chain, bare, bare)


# --- warp routes


def measure_warp(chain: Chain) -> Figures:
    figures: Figures = {}
    for structure, mailbox in dispatch_structures(chain).items():
        figures |= measure_transfers(chain, mailbox, structure)
    believing = deploy_idle_mailbox(chain)
    figures |= measure_deliveries(chain, believing, LOCAL, "noop", lambda _message: b"")

    signing, origin = deploy_idle_mailbox(chain), Origin(chain.sender, 5)
    module = deploy_static(chain, "StaticMessageIdMultisigIsmFactory", origin.addresses, 3)
    chain.send(signing.functions.setDefaultIsm(module))

    def signed(message: Message) -> bytes:
        origin.tree.append(message.id)
        return origin.message_id_metadata(message, slice(3))

    return figures | measure_deliveries(chain, signing, LOCAL, "messageId.3of5", signed)


# --- deploying


def measure_deployments(chain: Chain) -> Figures:
    fee = ProtocolFee(
        type="protocolFee", max_protocol_fee=10**18, protocol_fee=0, beneficiary=chain.sender
    )
    like_reference = CoreConfig(required_hook=fee, default_hook=MerkleTreeHook())
    return {
        "deployment.core": spent(chain, lambda: deploy_core(chain, like_reference)),
        f"deployment.core.{OURS}": spent(chain, lambda: deploy_core(chain, CoreConfig())),
        "deployment.igp": spent(chain, lambda: deploy_paymaster(chain)),
    }


# --- reporting


def measure() -> dict[str, int]:
    """Every operation that exists, on one fresh chain."""
    figures: Figures = {}
    with anvil() as web3:
        chain = Chain(web3)
        for part in (
            measure_dispatch,
            measure_paymaster,
            measure_process,
            measure_announce,
            measure_warp,
            measure_staking,
        ):
            figures |= part(chain)
        figures |= measure_deployments(chain)
    return {name: round(gas) for name, gas in sorted(figures.items())}


def counterpart(name: str) -> dict[str, int]:
    """What the reference's operation costs that one of ours is compared with."""
    if name.startswith("processBatch.32."):  # the reference delivers one after the other
        return SINGLE_DELIVERIES[name.split(".")[3]]
    baseline = json.loads(BASELINE.read_text())
    if name in DEPLOYMENTS:
        return {"deployed": baseline["deployments"][DEPLOYMENTS[name]]}
    operations: dict[str, dict[str, int]] = baseline["operations"]
    known = operations.get(name.replace(OURS, "agg_igp").removesuffix(" (clone)"), {})
    return known if OURS not in name else {**known, "floor": 0}


def compared(figures: dict[str, int]) -> Iterator[list[str]]:
    """A row of text for each operation, under HEADINGS."""
    for name, gas in figures.items():
        known = counterpart(name)
        floor = known.get("floor")
        cells = [name, f"{gas:,}"]
        for kind in ("deployed", "direct"):
            cost = known.get(kind)
            cells += [f"{cost:,}", f"{gas / cost:.3f}"] if cost else ["", ""]
        yield [*cells, *([f"{floor:,}", f"{gas - floor:,}"] if floor else ["", ""])]


def show(figures: dict[str, int]) -> None:
    result = Table(*HEADINGS)
    for column in result.columns[1:]:
        column.justify = "right"
    for row in compared(figures):
        result.add_row(*row)
    Console(width=150).print(result)


def document(text: str, figures: dict[str, int]) -> str:
    """docs/gas.md with the table of these figures."""
    head, _, rest = text.partition(TABLE_BEGINS)
    tail = rest.partition(TABLE_ENDS)[2]
    rows = [HEADINGS, ["---", *["--:"] * (len(HEADINGS) - 1)], *compared(figures)]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{head}{TABLE_BEGINS}\n{lines}\n{TABLE_ENDS}{tail}"


def quote(text: str, figures: dict[str, int]) -> str:
    """A text with the figure of an operation wherever it says ``12,345 (`operation`)``.

    KeyError for an operation that is not measured.
    """
    return re.sub(
        r"[\d,]+ \(`([A-Za-z]+\.[^`]+)`\)",
        lambda found: f"{figures[found[1]]:,} (`{found[1]}`)",
        text,
    )


def main() -> None:
    figures = measure()
    show(figures)
    if "--write" in sys.argv:
        RESULTS.write_text(json.dumps({"operations": figures}, indent=1) + "\n")
        DOCUMENT.write_text(document(DOCUMENT.read_text(), figures))
        for concept in CONCEPTS:
            concept.write_text(quote(concept.read_text(), figures))


if __name__ == "__main__":
    main()
