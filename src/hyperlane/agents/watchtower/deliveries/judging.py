"""Judgement of a delivery by what its origin sent, from facts that were read before.

A delivery is forged if the origin has a block that is younger than the delivery's, and never sent
the message. Until the nodes show such a block nothing is decided, so that lags and outages make
nothing look forged. A message that was seen at the origin's tip and is gone was dropped by a reorg:
nobody forged it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hyperlane.agents.watchtower.deliveries.origins import View
from hyperlane.protocol.typecasts import to_hex
from hyperlane.store.deliveries import Delivery, Verdict
from hyperlane.store.dispatched import Sent


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and what it rests on."""

    verdict: Verdict
    evidence: Mapping[str, Any]


def judge(
    delivery: Delivery, view: View | None, final: Sent | None, seen: Sent | None, margin: float
) -> Judgement:
    """Judge a delivery at one view of its origin.

    `final` is the message as sent in a final block of the origin, `seen` as sent in a block that
    was at its tip at some time; None if it was not. `margin`: most seconds by which a block of the
    destination is sealed after its timestamp; it may deliver messages that were sent in between.
    """
    if final is not None:
        return Judgement(Verdict.GENUINE, _of(final))
    if view is None:
        return Judgement(Verdict.UNDECIDED, {"waiting_for": "the origin's earlier messages"})
    at_tip = view.tip.get(delivery.message_id)
    if at_tip is not None:
        return Judgement(Verdict.NOT_FINAL, _of(at_tip))
    if seen is not None:
        gone = view.final > seen.block_number
        return Judgement(Verdict.DROPPED if gone else Verdict.NOT_FINAL, _of(seen) | _at(view))
    needed = delivery.block_time + margin
    if view.head.timestamp <= needed:
        wait = f"a block of the origin from after {needed:.0f}; the last is of"
        return Judgement(
            Verdict.UNDECIDED, {"waiting_for": f"{wait} {view.head.timestamp}"} | _at(view)
        )
    return Judgement(Verdict.FORGED, _at(view))


def _of(sent: Sent) -> dict[str, Any]:
    return {
        "nonce": sent.nonce,
        "sent_in_block": sent.block_number,
        "sent_in_block_hash": to_hex(sent.block_hash),
    }


def _at(view: View) -> dict[str, Any]:
    return {
        "origin_block": view.head.number,
        "origin_block_hash": to_hex(view.head.hash),
        "origin_block_time": view.head.timestamp,
        "origin_messages": view.count,
    }
