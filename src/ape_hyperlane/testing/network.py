"""Test networks: Mailboxes on one chain or on several, and the relayer between them."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ape

from ape_hyperlane.testing.anvils import start_anvils
from ape_hyperlane.testing.chains import LocalChain, taken_back
from ape_hyperlane.testing.decisions import Memory
from ape_hyperlane.testing.deploying import complete, create_mailbox, domain_of, validator_keys
from ape_hyperlane.testing.errors import TestKitError
from ape_hyperlane.testing.instant import deliver_after_transactions
from ape_hyperlane.testing.messages import (
    InterchainMessage,
    Order,
    Outcome,
    Status,
    in_order,
    require_changes,
)
from ape_hyperlane.testing.nodes import Log, Node
from ape_hyperlane.testing.options import (
    Options,
    Place,
    known_options,
    require_distinct_domains,
    require_known_domains,
    require_names,
)
from ape_hyperlane.testing.places import Existing, Fork
from ape_hyperlane.testing.reverts import decode_revert
from ape_hyperlane.testing.signatures import Leaf, MetadataBuilder, NoMetadata, find_leaf
from ape_hyperlane.testing.words import bytes32, checksum
from hyperlane.chain.abi import Mailbox as MailboxAbi
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import (
    Address,
    Bytes32,
    bytes32_to_address,
    to_checksum,
    to_hex,
)

FIRST_DOMAIN = 31337
"""Domain of the first chain that the kit makes on ape's chain, unless `domains` says otherwise.
Chains of their own have their chain id."""
MOST_DELIVERIES = 100
"""Number of deliveries after which `deliver_all` concludes that there is no end."""


class LocalNetwork:
    """Chains with Mailboxes, and the relayer between them. A context manager: its exit ends the
    nodes that it started.

    Made by `on_one_chain` or `on_separate_chains`; `network["alpha"]` is the chain of this name.
    """

    def __init__(self) -> None:
        self.chains: list[LocalChain] = []
        self._memory = Memory()
        self._replaced: dict[tuple[str, Address], bytes] = {}
        """Code of security modules that were switched off, by chain and address."""
        self._closing = contextlib.ExitStack()
        self._instant: contextlib.ExitStack | None = None

    @classmethod
    def on_one_chain(cls, *places: str | Existing, **options: Any) -> "LocalNetwork":
        """Several Mailboxes on the chain that ape is connected to: one for each name, and those
        that exist. `options` are those of `Options`."""
        network = cls()
        for place in places:
            if isinstance(place, Fork):
                raise TestKitError(
                    f"{place.name}: a Fork is a chain of its own; expected"
                    " LocalNetwork.on_separate_chains"
                )
        with network._closed_on_error():
            node = Node(ape.networks.provider)
            network._set_up([(place, node) for place in places], Options(**known_options(options)))
        return network

    @classmethod
    def on_separate_chains(cls, *places: str | Fork, **options: Any) -> "LocalNetwork":
        """A chain of its own for each name, and forks of others, all at once. `options` are those
        of `Options`. ape is connected to none of them: `with network["alpha"]:` does that."""
        network = cls()
        with network._closed_on_error():
            require_names(places)
            for place in places:
                if isinstance(place, Existing):
                    raise TestKitError(
                        f"{place.name}: Existing is for LocalNetwork.on_one_chain; expected a name,"
                        " or a Fork with its mailbox"
                    )
            started = network._closing.enter_context(start_anvils(places))
            network._set_up(
                list(zip(places, started, strict=True)), Options(**known_options(options))
            )
        return network

    def __enter__(self) -> "LocalNetwork":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the nodes that were started, and instant delivery."""
        self._closing.close()

    def __getitem__(self, name: str) -> LocalChain:
        for chain in self.chains:
            if chain.name == name:
                return chain
        names = ", ".join(chain.name for chain in self.chains)
        raise TestKitError(f"{name!r} is no chain of this network; expected one of: {names}")

    def __repr__(self) -> str:
        return f"<LocalNetwork {', '.join(chain.name for chain in self.chains)}>"

    @property
    def verification(self) -> bool:
        """True if security modules verify messages, by real signatures. May be set."""
        return all(chain.verifies for chain in self.chains)

    @verification.setter
    def verification(self, wanted: bool) -> None:
        for chain in self.chains:
            chain.set_default_ism(chain.verifying_ism if wanted else chain.trusting_ism)
        if wanted:
            for (name, module), code in self._replaced.items():
                node = self[name].node
                if node.code(to_checksum(module)) == self._trusting_code(self[name]):
                    node.rpc("anvil_setCode", to_checksum(module), to_hex(code))

    @property
    def instant(self) -> bool:
        """True if each transaction of ape is followed by a delivery of what it dispatched. May be
        set."""
        return self._instant is not None

    @instant.setter
    def instant(self, wanted: bool) -> None:
        if wanted and self._instant is None:
            self._instant = self._closing.enter_context(contextlib.ExitStack())
            nodes = {id(chain.node): chain.node for chain in self.chains}
            for node in nodes.values():
                self._instant.enter_context(
                    deliver_after_transactions(node, lambda: self._deliver(Status.QUEUED))
                )
        elif not wanted and self._instant is not None:
            self._instant.close()
            self._instant = None

    @property
    def messages(self) -> list[InterchainMessage]:
        """All messages between chains of the network, as the chains have them now, by origin and in
        the order of their dispatch."""
        return [message for chain in self.chains for message in self._dispatched(chain)]

    @property
    def pending(self) -> list[InterchainMessage]:
        """The messages that `deliver_all` would deliver: queued ones, and failed ones once more."""
        wanted = (Status.QUEUED, Status.FAILED)
        return [message for message in self.messages if message.status in wanted]

    def message(self, message_id: str | bytes) -> InterchainMessage:
        """The message with this id. TestKitError when there is none."""
        wanted = to_hex(message_id) if isinstance(message_id, bytes) else str(message_id).lower()
        for message in self.messages:
            if message.id == wanted:
                return message
        raise TestKitError(
            f"{wanted}: no message of this network has this id; it has {len(self.messages)}:"
            " network.messages"
        )

    def messages_in(self, receipt: Any) -> list[InterchainMessage]:
        """The messages that a transaction dispatched; `receipt` is ape's, or a hash."""
        wanted = str(getattr(receipt, "txn_hash", receipt))
        return [each for each in self.messages if each.dispatch_transaction == wanted]

    def deliver_all(self, order: Order = iter, limit: int = MOST_DELIVERIES) -> tuple[Outcome, ...]:
        """Delivers everything that waits, and what the deliveries dispatch in turn.

        Failed messages are tried once more. `order` rearranges each batch of waiting messages, as
        `reversed` does. TestKitError after `limit` deliveries: messages that answer each other have
        no end.
        """
        return self._deliver(Status.QUEUED, Status.FAILED, order=order, limit=limit)

    def enroll(self, sender: Any, **routers: Any) -> None:
        """Enrolls routers, by the name of their chain, with each other; `sender` owns them."""
        for name, router in routers.items():
            others = [(self[each], other) for each, other in routers.items() if each != name]
            with self[name]:
                router.enrollRemoteRouters(
                    [chain.domain for chain, _ in others],
                    [bytes32(other) for _, other in others],
                    sender=sender,
                )

    @contextlib.contextmanager
    def isolated(self) -> Iterator[None]:
        """Takes back what happens to the network's chains within the block."""
        with contextlib.ExitStack() as stack:
            for node in {id(chain.node): chain.node for chain in self.chains}.values():
                stack.enter_context(taken_back(node))
            yield

    def outcome_of(self, message: InterchainMessage) -> Outcome:
        """Outcome of a message."""
        node, message_id = message.destination.node, message.content.id
        if self._is_delivered(message):
            return self._delivery(message)
        if decision := self._memory.decision(node, message_id):
            until = (
                "until it is released"
                if decision.until is None
                else f"until block {decision.until}"
            )
            reason = until if decision.status is Status.HELD else ""
            return Outcome(message, decision.status, reason)
        return self._memory.failure(node, message_id) or Outcome(message, Status.QUEUED)

    def decide(self, message: InterchainMessage, status: Status, blocks: int | None = None) -> None:
        """Keeps what a test wants done with a message."""
        if self._is_delivered(message):
            raise TestKitError(f"{message.title} is delivered; there is nothing left to decide")
        self._memory.decide(message.destination.node, message.content.id, status, blocks)

    def attempt(
        self,
        message: InterchainMessage,
        metadata: bytes | None = None,
        altered: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """Delivers a message, or an altered copy of it, by a transaction that may revert."""
        chain = message.destination
        content = message.content if altered is None else self._altered(message.content, altered)
        missing = ""
        if metadata is None:
            metadata, missing = self._metadata(message, content)
        sent = chain.node.send(
            {
                "to": chain.mailbox_address,
                "data": MailboxAbi.process.encode(metadata, content.encode()),
            }
        )
        if sent.succeeded:
            return Outcome(
                message, Status.DELIVERED, "", None, sent.hash, sent.gas_used, sent.block
            )
        revert = decode_revert(sent.revert_data, to_checksum(_evm(content.recipient)))
        reason = f"{revert}; {missing}" if missing else str(revert)
        outcome = Outcome(
            message, Status.FAILED, reason, revert, sent.hash, sent.gas_used, sent.block
        )
        if altered is None:
            self._memory.keep_failure(content.id, outcome)
        return outcome

    def _deliver(
        self, *wanted: Status, order: Order = iter, limit: int = MOST_DELIVERIES
    ) -> tuple[Outcome, ...]:
        outcomes: dict[InterchainMessage, Outcome] = {}
        while True:
            waiting = [
                each for each in self.messages if each not in outcomes and each.status in wanted
            ]
            if not waiting:
                return tuple(outcomes.values())
            for message in in_order(waiting, order):
                if len(outcomes) >= limit:
                    raise TestKitError(
                        f"{limit} messages are delivered and {message!r} still waits; does every"
                        " message answer another? deliver_all(limit=…) allows more"
                    )
                outcomes[message] = self.attempt(message)

    def _dispatched(self, chain: LocalChain) -> Iterator[InterchainMessage]:
        by_domain = {each.domain: each for each in self.chains}
        topic = MailboxAbi.DISPATCH.topic
        for log in chain.node.logs(chain.mailbox_bytes, topic, chain.first_block):
            (encoded,) = MailboxAbi.DISPATCH.decode(log.data)
            content = Message.decode(encoded)
            destination = by_domain.get(content.destination)
            if destination is not None:
                yield InterchainMessage(
                    self, content, chain, destination, log.transaction, log.block
                )

    def _is_delivered(self, message: InterchainMessage) -> bool:
        chain = message.destination
        return bool(chain.node.read(chain.mailbox_bytes, MailboxAbi.delivered, message.content.id))

    def _delivery(self, message: InterchainMessage) -> Outcome:
        log = _process_log(message)
        receipt = message.destination.node.web3.eth.get_transaction_receipt(log.transaction)  # type: ignore[arg-type]
        return Outcome(
            message,
            Status.DELIVERED,
            transaction=log.transaction,
            gas_used=int(receipt["gasUsed"]),
            block=log.block,
        )

    def _altered(self, content: Message, changes: Mapping[str, Any]) -> Message:
        require_changes(changes)
        fields = dict(changes)
        if "origin" in fields:
            fields["origin"] = self[fields["origin"]].domain
        for name in ("sender", "recipient"):
            if name in fields:
                fields[name] = bytes32(fields[name])
        return replace(content, **fields)

    def _metadata(self, message: InterchainMessage, content: Message) -> tuple[bytes, str]:
        """Metadata for a delivery, and the reason if there is none; one of the two is empty."""
        chain = message.destination
        module = chain.ism_of(_evm(content.recipient))
        if not chain.verifies and self._switched_off(chain, module):
            return b"", ""
        try:
            leaf: Leaf | NoMetadata = find_leaf(
                message.origin, message.content, message.dispatch_block
            )
        except NoMetadata as error:
            leaf = error
        builder = MetadataBuilder(chain, message.origin.validators, message.content, leaf)
        try:
            return builder.build(module), ""
        except NoMetadata as error:
            return b"", f"the kit has no metadata: {error}"

    def _switched_off(self, chain: LocalChain, module: Address) -> bool:
        """Has a module verify nothing from now on. False if the node cannot do that."""
        address = to_checksum(module)
        if address == chain.trusting_ism:
            return True
        if not chain.node.is_anvil:
            return False
        code, trusting = chain.node.code(address), self._trusting_code(chain)
        if code != trusting:
            self._replaced[chain.name, module] = code
            chain.node.rpc("anvil_setCode", address, to_hex(trusting))
        return True

    def _trusting_code(self, chain: LocalChain) -> bytes:
        return chain.node.code(chain.trusting_ism)

    def _set_up(self, places: Sequence[tuple[Place, Node]], options: Options) -> None:
        require_names([place for place, _ in places])
        require_known_domains([place for place, _ in places], options.domains)
        made = set()
        shared = places[0][1] is places[-1][1]
        for position, (place, node) in enumerate(places):
            first_block = node.block + 1
            name = place if isinstance(place, str) else place.name
            existing = None if isinstance(place, str) else place.mailbox
            if existing is None:
                made.add(name)
                usual = FIRST_DOMAIN + position if shared else int(node.web3.eth.chain_id)
                domain = options.domains.get(name, usual)
                mailbox = create_mailbox(node, domain)
            else:
                mailbox = checksum(existing, f"{name}: mailbox")
                domain = domain_of(node, name, mailbox)
            keys = validator_keys(name, options.validators)
            chain = LocalChain(
                self, name, domain, mailbox, keys, options.threshold, node, first_block
            )
            self.chains.append(chain)
        require_distinct_domains(self.chains)
        for node in {id(node): node for _, node in places}.values():
            complete(
                node, [each for each in self.chains if each.node is node], made, options.gas_price
            )
        self.verification = options.verification
        self.instant = options.instant

    @contextlib.contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise


def _process_log(message: InterchainMessage) -> Log:
    chain = message.destination
    topic = MailboxAbi.PROCESS_ID.topic
    for log in chain.node.logs(chain.mailbox_bytes, topic, chain.first_block):
        if log.topics[1] == message.content.id:
            return log
    raise TestKitError(f"{message.title} was delivered before this network began")


def _evm(word: Bytes32) -> Address:
    return bytes32_to_address(word, "message.recipient")
