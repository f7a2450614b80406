"""Refusals of transactions by nodes: what they mean, by the words that nodes use."""

from hyperlane.chain.endpoint import RpcError
from hyperlane.errors import ChainError

ALREADY_SENT = ("already known", "already imported", "known transaction")
UNDERPRICED = ("underpriced",)
TOO_LOW = (*UNDERPRICED, "fee too low", "price too low", "feetoolow", "below minimum")
NONCE_USED = ("nonce too low",)
BELOW_BASE_FEE = ("less than block base fee",)
UNFUNDED = ("insufficient funds", "insufficient balance")
_NONCE_TAKEN = (*NONCE_USED, "replacement transaction underpriced")


class OutOfFunds(ChainError):
    """Failure to send because the key has too little; retried, as somebody may fund it."""


class FeesRose(ChainError):
    """Failure to send because the base fee rose above the offer in the meantime."""


def says(error: RpcError, words: tuple[str, ...]) -> bool:
    """Tell whether a refusal has one of these words."""
    return any(word in error.message.lower() for word in words)


def is_of_nonce(refusal: RpcError) -> bool:
    """Tell whether a node refused the nonce alone, so that another one may do."""
    mended_otherwise = says(refusal, UNFUNDED) or says(refusal, BELOW_BASE_FEE)
    return says(refusal, _NONCE_TAKEN) and not mended_otherwise
