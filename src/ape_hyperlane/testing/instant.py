"""Instant delivery: what follows each transaction that ape sends."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ape_hyperlane.testing.nodes import Node


@contextlib.contextmanager
def deliver_after_transactions(node: Node, deliver: Callable[[], object]) -> Iterator[None]:
    """Calls `deliver` after each transaction that ape sends by the node's provider.

    The provider's own method is shadowed on this one object: ape has no event for transactions.
    """
    provider = node.provider
    send = provider.send_transaction

    def send_and_deliver(*arguments: Any, **options: Any) -> Any:
        receipt = send(*arguments, **options)
        deliver()
        return receipt

    vars(provider)["send_transaction"] = send_and_deliver
    try:
        yield
    finally:
        vars(provider).pop("send_transaction", None)
