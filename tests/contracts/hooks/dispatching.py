"""What hooks are called with."""

from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN
from tests.support.words import b32, raw

from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.message import VERSION, Message

RECIPIENT = b"\x22" * 32
ZERO = "0x" + "00" * 20
UNSUPPORTED_METADATA = [b"\x00", b"\x01", b"\x00\x00", b"\x00\x02", b"\x01\x00", b"\x00\x00\x01"]


def message_from(
    sender,
    *,
    nonce: int = 0,
    destination: int = REMOTE_DOMAIN,
    recipient: bytes = RECIPIENT,
    body: bytes = b"hello",
) -> Message:
    sender32 = sender if isinstance(sender, bytes) else b32(sender)
    return Message(VERSION, nonce, LOCAL_DOMAIN, sender32, destination, recipient, body)


def metadata(
    msg_value: int = 0, gas_limit: int = 50_000, refund=None, token=None, custom: bytes = b""
) -> bytes:
    """Metadata up to the last field that is given."""
    return StandardHookMetadata(
        msg_value=msg_value,
        gas_limit=gas_limit,
        refund_address=None if refund is None else raw(refund),
        fee_token=None if token is None else raw(token),
        custom=custom,
    ).encode()


def token_body(amount: int) -> bytes:
    return b"\x33" * 32 + amount.to_bytes(32)
