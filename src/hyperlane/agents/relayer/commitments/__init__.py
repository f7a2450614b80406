"""The commitment server: keeps calls that accounts are committed to, and reveals them."""

from hyperlane.agents.relayer.commitments.book import Book
from hyperlane.agents.relayer.commitments.server import serving

__all__ = ["Book", "serving"]
