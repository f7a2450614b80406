"""One message's origin as building metadata wants it, read for that message alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import Log
from hyperlane.chain.deployment import deployment_block
from hyperlane.errors import ChainError, DecodeError, TreeError
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.merkle_tail import MerkleTail
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.sequences import Dispatched
from hyperlane.tracking.report import Leaf

_MOST_BLOCKS = 200_000
"""Blocks whose leaves are read when the node has no state from before the message."""


@dataclass(frozen=True, slots=True)
class OneMessage:
    """Store of an origin that knows one message."""

    dispatched: Dispatched

    async def get(self, nonce: int) -> Dispatched | None:
        """See Messages."""
        return self.dispatched if nonce == self.dispatched.message.nonce else None


@dataclass(frozen=True, slots=True)
class Traced:
    """A Provable that knows one message."""

    chain: Chain
    messages: OneMessage
    signatures: Signatures
    tree: MerkleTree
    leaf: Leaf | None

    async def leaf_index(self, message_id: Bytes32) -> int | None:
        """See Provable."""
        mine = self.leaf is not None and message_id == self.messages.dispatched.message.id
        return self.leaf.index if mine and self.leaf else None

    async def load(self, *leaves: int) -> MerkleTree:
        """See Provable: all that could be read is loaded."""
        return self.tree


class VouchedTree(MerkleTree):
    """Stands in for a tree that cannot be read: its last root is the one that validators signed.

    It has no proofs. Multisigs that want signatures of the message id alone need none, and still
    check the signatures on chain.
    """

    __slots__ = ("_index", "_message_id", "_root", "_why")

    def __init__(self, leaf: Leaf, message_id: Bytes32, root: Bytes32, why: str) -> None:
        self._index, self._message_id, self._root, self._why = leaf.index, message_id, root, why

    def __len__(self) -> int:
        return self._index + 1

    def leaf(self, index: int) -> Bytes32:
        """See MerkleTree."""
        return self._message_id

    def root(self, root_index: int | None = None) -> Bytes32:
        """See MerkleTree."""
        return self._root

    def proof(self, leaf_index: int, root_index: int) -> tuple[Bytes32, ...]:
        """NotReady, since the leaves are unknown."""
        raise NotReady(Reason.COULD_NOT_FETCH_METADATA, f"no merkle proof: {self._why}")


async def read_tree(
    chain: Chain,
    leaf: Leaf,
    message_id: Bytes32,
    signatures: Signatures,
    validators: Sequence[Address],
) -> MerkleTree:
    """The tree with a message's leaf, as far as the chain's node lets it be read."""
    try:
        return await _tail(chain, leaf)
    except (ChainError, TreeError, DecodeError) as error:
        why = str(error)
    try:
        return await _whole(chain, leaf)
    except (ChainError, TreeError, DecodeError) as error:
        why = f"{why}; {error}"
    signed = await signatures.at(validators, leaf.index) if validators else None
    counts = {
        checkpoint.root: len(signers)
        for checkpoint, signers in (signed.by_checkpoint if signed else {}).items()
        if checkpoint.message_id == message_id
    }
    root = max(counts, key=lambda each: counts[each], default=Bytes32(bytes(32)))
    return VouchedTree(leaf, message_id, root, why)


async def _tail(chain: Chain, leaf: Leaf) -> MerkleTree:
    """The tree from the state before the leaf's block, which nodes keep for some hours."""
    branch, count = await chain.client.call(
        leaf.hook, MerkleTreeHook.tree, block=max(0, leaf.block - 1)
    )
    tree = MerkleTail(branch, count)
    head = (await chain.client.block()).number
    last = min(head, leaf.block + chain.settings.index.chunk)
    return _grown(tree, await _insertions(chain, leaf.hook, leaf.block, last), leaf)


async def _whole(chain: Chain, leaf: Leaf) -> MerkleTree:
    """The tree from all leaves since the contract's deployment, if those are few blocks."""
    first = chain.settings.index.first_block or await deployment_block(
        chain.client, leaf.hook, MerkleTreeHook.deployed_block, leaf.block
    )
    if leaf.block - first > _MOST_BLOCKS:
        raise TreeError(
            f"the leaves of {leaf.block - first:,} blocks would have to be read; give"
            f" chains/{chain.name}/metadata.yaml the URL of an archive node"
        )
    return _grown(MerkleTree(), await _insertions(chain, leaf.hook, first, leaf.block), leaf)


async def _insertions(chain: Chain, hook: Address, first: int, last: int) -> list[Log]:
    return await chain.client.logs(hook, MerkleTreeHook.INSERTED, first, last)


def _grown(tree: MerkleTree, logs: Sequence[Log], leaf: Leaf) -> MerkleTree:
    for entry in logs:
        message_id, index = MerkleTreeHook.INSERTED.decode(entry.data)
        if index != len(tree):
            raise TreeError(f"leaf {len(tree)} is missing in the logs before leaf {index}")
        tree.append(message_id)
    if len(tree) <= leaf.index:
        raise TreeError(f"leaf {leaf.index} is missing in the logs")
    return tree
