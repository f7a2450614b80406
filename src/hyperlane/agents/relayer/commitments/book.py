"""The rules of the commitment server: whose calls are kept, and who may read them."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog

from hyperlane.agents.relayer.commitments.pairs import Pair, pairs
from hyperlane.agents.relayer.delivery.destination import Destination
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import InterchainAccounts, Mailbox
from hyperlane.errors import HyperlaneError
from hyperlane.protocol.accounts import RevealMessage, brings_calls, decode_account_message
from hyperlane.protocol.message import Message
from hyperlane.protocol.posted_calls import PostedCalls
from hyperlane.protocol.typecasts import Address, Bytes32, bytes32_to_address, to_checksum, to_hex
from hyperlane.store.committed_calls import Added, CallsKey, CommittedCalls, CommittedCallsStore
from hyperlane.store.operations import OperationStore, State

log = structlog.get_logger()


class Refused(HyperlaneError):
    """A request that is not granted."""

    def __init__(self, status: int, error: str, remedy: str) -> None:
        super().__init__(error)
        self.status = status
        self.remedy = remedy


class Pending(Refused):
    """A reveal that cannot be given yet."""


@dataclass(frozen=True, slots=True)
class Book:
    """Keeps posted calls, and gives them to those who may read them."""

    store: CommittedCallsStore
    operations: OperationStore
    origins: Mapping[int, Origin]
    """Connected origins by domain."""
    destinations: Mapping[int, Destination]
    """Connected destinations by domain."""
    own: Collection[Address]
    """Addresses of this relayer's keys."""
    most: int
    """Calls that are stored at once, in sets of one commitment each."""
    chain_name: Callable[[int], str]
    """Name of a chain by its domain."""
    clock: Callable[[], float] = time.time

    async def accept(self, post: PostedCalls) -> list[Bytes32]:
        """Store calls whose commitment was sent; the ids of the messages that reveal them.

        The transaction need not be final. The calls are given out only once it is, and are found by
        its hash, which stays when a reorg moves it.
        """
        sent = _of(post, pairs(await self._messages(post)))
        router, owner = sent[0].party
        key = CallsKey(post.origin, post.tx_hash, post.commitment, router, owner)
        item = CommittedCalls(key, post.salt, post.encoded_calls, post.readers)
        added = await self.store.add(item, self.clock(), self.most)
        if added is Added.FULL:
            raise Refused(503, f"{self.most} sets of calls are stored, which is the most", "later")
        reveals = [pair.reveal for pair in sent]
        if added is Added.NEW:
            log.info(
                "calls.stored",
                commitment=to_hex(post.commitment),
                origin=self.chain_name(post.origin),
                tx_hash=to_hex(post.tx_hash),
                messages=len(reveals),
            )
            await self._hasten(reveals)
        return [each.id for each in reveals]

    async def reveal(self, message: Message, module: Address, reader: Address | None) -> bytes:
        """The metadata of a message that reveals calls: account: 20 ‖ salt: 32 ‖ the calls.

        `module` is the security module that asks for it, `reader` whose signature asks; None for a
        request without one.
        """
        item, pair = await self._find(message)
        self._require_reader(item, reader)
        destination = self.destinations.get(message.destination)
        if destination is None:
            raise Pending(503, f"{self.chain_name(message.destination)} is not connected", "later")
        await _require_module(destination, message, module)
        account = await _account(destination.chain, pair)
        log.info("calls.revealed", id=to_hex(message.id), reader=reader and to_checksum(reader))
        return account + item.salt + item.calls

    async def _messages(self, post: PostedCalls) -> list[Message]:
        """The messages that a transaction sent, wherever the chain has it now."""
        origin = self.origins.get(post.origin)
        if origin is None:
            raise Refused(
                400,
                f"originDomain: {post.origin} is no connected chain of this relayer",
                "post to a server that serves the chain, or later",
            )
        client, mailbox = origin.chain.client, origin.chain.settings.mailbox
        (receipt,) = await client.receipts([post.tx_hash])
        if receipt is None or not receipt.succeeded:
            raise Refused(
                404,
                f"commitmentDispatchTx: {to_hex(post.tx_hash)} is in no block of {client.name}, or"
                " failed",
                "post once it is included",
            )
        block = receipt.block_number
        logs = await client.logs(mailbox, Mailbox.DISPATCH, block, block)
        return [
            Message.decode(Mailbox.DISPATCH.decode(item.data)[0])
            for item in logs
            if item.tx_hash == post.tx_hash
        ]

    async def _hasten(self, reveals: Sequence[Message]) -> None:
        """Try messages at once that may have waited for these calls."""
        ids = [each.id for each in reveals]
        await self.operations.change(ids, self.clock(), within=[State.PENDING], next_attempt=0.0)
        for each in reveals:
            if destination := self.destinations.get(each.destination):
                destination.wake()

    async def _find(self, message: Message) -> tuple[CommittedCalls, Pair]:
        """The calls behind a message, as the relayer's own index has it: only final ones."""
        body = message.body
        if brings_calls(body) or not isinstance(decode_account_message(body), RevealMessage):
            raise Refused(400, "data: the message reveals no calls", "ask for another message")
        sent = await self.store.sent_with(message.id)
        if sent is None:
            raise Pending(404, f"message {to_hex(message.id)} is not final here", "ask again later")
        tx_hash, raw = sent
        for pair in pairs(map(Message.decode, raw)):
            if pair.reveal.id == message.id:
                key = CallsKey(message.origin, tx_hash, pair.commitment.commitment, *pair.party)
                if item := await self.store.get(key):
                    return item, pair
        raise Refused(
            404, f"no calls of message {to_hex(message.id)} are known", "post them to /calls"
        )

    def _require_reader(self, item: CommittedCalls, reader: Address | None) -> None:
        allowed = self.own if item.readers is None else item.readers
        if item.readers != () and reader not in allowed:
            who = "a request without a signature" if reader is None else to_checksum(reader)
            raise Refused(
                403, f"signature: {who} may not read these calls", "name it among relayers"
            )


def _of(post: PostedCalls, sent: Sequence[Pair]) -> Sequence[Pair]:
    """The pairs that a post is about.

    Another party can have sent the same commitment in the same transaction, where several users'
    operations share one: then the post has to say which message is meant, or the calls would be
    given to the others' modules, too.
    """
    wanted = post.commitment
    alike = [pair for pair in sent if pair.commitment.commitment == wanted]
    if not alike:
        raise Refused(
            400,
            f"calls, salt: their commitment is {to_hex(wanted)}, which transaction"
            f" {to_hex(post.tx_hash)} did not send with a message that reveals it",
            "post the calls, in their order, and the salt that were committed to",
        )
    if post.reveal_id is not None:
        parties = {pair.party for pair in alike if pair.reveal.id == post.reveal_id}
        if not parties:
            raise Refused(
                400,
                f"revealMessageId: {to_hex(post.reveal_id)} does not reveal these calls",
                "give the id of the message that the transaction sent right after the commitment",
            )
    else:
        parties = {pair.party for pair in alike}
    if len(parties) > 1:
        raise Refused(
            400,
            f"commitmentDispatchTx: {len(parties)} owners or routers sent this commitment in it",
            "say which is meant by revealMessageId",
        )
    return [pair for pair in alike if pair.party in parties]


async def _require_module(destination: Destination, message: Message, module: Address) -> None:
    """Refuse a module that does not decide about the message.

    Anybody can deploy a module that names this server and asks about another's message. A relayer
    that looks it up signs the question, and would put the calls into a transaction too early.
    """
    chain = destination.chain
    recipient = bytes32_to_address(message.recipient, "recipient")
    root = await chain.client.call(chain.settings.mailbox, Mailbox.recipient_ism, recipient)
    walk = await destination.builder.modules.walk(root, message)
    if module not in walk.kinds:
        raise Refused(
            403,
            f"sender: {to_checksum(module)} is no security module of the message",
            "ask as the module that the router routes the message to",
        )


async def _account(chain: Chain, pair: Pair) -> Address:
    """The account that is committed, as the router on the destination says."""
    message, told = pair.reveal, pair.commitment
    account: Address = await chain.client.call(
        bytes32_to_address(message.recipient, "recipient"),
        InterchainAccounts.local_account,
        message.origin,
        told.owner,
        message.sender,
        bytes32_to_address(told.ism, "ism"),
        told.user_salt,
        most=32,
    )
    return account
