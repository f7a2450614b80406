"""Telling a reveal that comes before its commitment from one that fails."""

from hyperlane.chain.abi import InterchainAccounts
from hyperlane.chain.client import ChainClient, Reverted
from hyperlane.errors import DecodeError
from hyperlane.protocol.accounts import RevealMessage, brings_calls, decode_account_message
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address


async def awaits_commitment(
    client: ChainClient, error: Exception, metadata: bytes, message: Message
) -> bool:
    """Tell whether a message was refused because its account is not committed to the calls.

    The message with the commitment has not arrived yet; in the reference's accounts, the calls may
    also have been made before. An account
    that nothing has arrived for is not even deployed: a call to it reverts without a word.
    """
    if not isinstance(error, Reverted):
        return False
    if error.data[:4] == InterchainAccounts.INVALID_REVEAL:
        return True
    if InterchainAccounts.INVALID_REVEAL_TEXT in error.message:
        return True
    if error.data or len(metadata) < 20 or brings_calls(message.body):
        return False
    try:
        body = decode_account_message(message.body)
    except DecodeError:
        return False
    return isinstance(body, RevealMessage) and not await client.has_code(Address(metadata[:20]))
