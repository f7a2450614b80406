"""Instant delivery: what follows each transaction that ape sends."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ape_hyperlane.testing.nodes import Node

_SHADOW = "send_transaction"
_FOLLOWERS = "_hyperlane_followers"


@contextlib.contextmanager
def deliver_after_transactions(node: Node, deliver: Callable[[], object]) -> Iterator[None]:
    """Calls `deliver` after each transaction that ape sends by the node's provider.

    The provider's own method is shadowed on this one object: ape has no event for transactions.
    Networks that share the provider share the shadow, and may end in any order.
    """
    attributes = vars(node.provider)
    followers: list[Callable[[], object]] = attributes.setdefault(_FOLLOWERS, [])
    if _SHADOW not in attributes:
        attributes[_SHADOW] = _followed(node.provider.send_transaction, followers)
    followers.append(deliver)
    try:
        yield
    finally:
        followers.remove(deliver)
        if not followers:
            attributes.pop(_SHADOW, None)
            attributes.pop(_FOLLOWERS, None)


def _followed(
    send: Callable[..., Any], followers: list[Callable[[], object]]
) -> Callable[..., Any]:
    def send_and_deliver(*arguments: Any, **options: Any) -> Any:
        receipt = send(*arguments, **options)
        for deliver in tuple(followers):
            deliver()
        return receipt

    return send_and_deliver
