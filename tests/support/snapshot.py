"""Examples of one test that must not see each other's changes of the chain."""

from collections.abc import Iterator
from contextlib import contextmanager

from ape.managers.chain import ChainManager


@contextmanager
def taken_back(chain: ChainManager) -> Iterator[None]:
    """Restores the chain after the block, and lets its exceptions through.

    ape's own context manager for this swallows every exception, failed assertions too.
    """
    before = chain.snapshot()
    try:
        yield
    finally:
        chain.restore(before)
