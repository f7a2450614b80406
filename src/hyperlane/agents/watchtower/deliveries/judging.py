"""Judgement of a delivery by what its origin sent. Pure: facts in, a verdict with evidence out.

A delivery is forged if the origin is past it and never sent the message. Neither a lag of the
origin's nodes nor an outage is taken for that: nothing is decided before a block of the origin that
is younger than the delivery's. A message that was seen at the origin's tip and is gone was dropped
by a reorg, and nobody forged it.
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

    `final` is the message in the origin's final blocks, `seen` the same message in a block that was
    the tip at some time. `margin`: seconds that the destination's blocks are sealed after the time
    they bear; a message that was sent in them can be delivered in the block.
    """
    if final is not None:
        return Judgement(Verdict.GENUINE, _of(final))
    if view is None:
        return Judgement(Verdict.UNDECIDED, {"waiting_for": "the origin's dispatches of the past"})
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
