"""Division of a transaction's gas among its messages."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyperlane.agents.relayer.delivery.batching import calls_in, uses
from hyperlane.chain.abi import Mailbox, SecurityModule, decode_values
from hyperlane.chain.client import Receipt
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import MerkleRootMultisigMetadata, ShortMerkleRootMetadata
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.operations import Operation

_SHORT_SIZE = 164
"""Bytes of `ShortMerkleRootMetadata`."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One delivery of a batch."""

    message: Message
    metadata: bytes
    gas: int
    """Gas that its call used."""

    def subtrees(self, hooks: Collection[Bytes32]) -> set[Bytes32]:
        """Names of the subtrees whose proofs it needs, of trees of these hooks.

        The short forms are searched, since they can be anywhere inside of an aggregation. Metadata
        that a stranger's server made may contain more: that only makes his own message pay.
        """
        found = set()
        for hook in hooks:
            for match in re.finditer(re.escape(hook), self.metadata):
                short = self.metadata[match.start() : match.start() + _SHORT_SIZE]
                if len(short) == _SHORT_SIZE:
                    found.add(ShortMerkleRootMetadata.decode(short).subtree(self.message))
        return found


def charges(
    operations: Sequence[Operation], receipt: Receipt | None, data: bytes = b""
) -> dict[Bytes32, int]:
    """Gas of a transaction that each of its messages has to pay for: never more than it was given.

    `data` is the transaction's. If it is initcode, which logs the gas of each call, a message pays
    for its own delivery, for its share of the proofs that it needs, and an equal share of the rest.
    Otherwise the gas is divided in proportion to what each message was given.
    """
    if receipt is None or not operations:
        return {}
    given = {item.message.id: item.gas_estimate for item in operations}
    shares = _logged_shares(data, receipt)
    if not given.keys() <= shares.keys():
        if len(given) == 1:
            return dict.fromkeys(given, receipt.gas_paid)
        total = sum(given.values()) or 1
        shares = {key: receipt.gas_paid * own // total for key, own in given.items()}
    return {key: min(most, shares[key]) for key, most in given.items()}


def _logged_shares(data: bytes, receipt: Receipt) -> Mapping[Bytes32, int]:
    """Share of each message of a batch by what its initcode logged; empty without such a log."""
    calls, logged = calls_in(data), uses(receipt.note)
    if not calls or len(calls) != len(logged):
        return {}
    deliveries: dict[Bytes32, _Delivery] = {}
    proofs = []
    for call, gas in zip(calls, logged, strict=True):
        if call.startswith(SecurityModule.remember.selector):
            metadata, _, message_id = _arguments(SecurityModule.remember.inputs, call)
            proofs.append((MerkleRootMultisigMetadata.decode(metadata), message_id, gas))
        else:
            metadata, raw = _arguments(Mailbox.process.inputs, call)
            message = Message.decode(raw)
            deliveries[message.id] = _Delivery(message, metadata, gas)
    hooks = {proof.merkle_tree_hook for proof, _, _ in proofs}
    needed = {key: item.subtrees(hooks) for key, item in deliveries.items()}
    rest = max(0, receipt.gas_paid - sum(logged)) // len(deliveries)
    shares = {key: item.gas + rest for key, item in deliveries.items()}
    for proof, message_id, gas in proofs:
        name = ShortMerkleRootMetadata.of(proof).subtree(deliveries[message_id].message)
        sharers = [key for key in deliveries if name in needed[key]]
        for key in sharers:
            shares[key] += gas // len(sharers)
    return shares


def _arguments(types: tuple[str, ...], call: bytes) -> tuple[Any, ...]:
    return decode_values("call of a batch", types, call[4:])
