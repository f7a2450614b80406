"""What the tests of warp routes share."""

from tests.support.words import b32

from hyperlane.protocol.message import VERSION, Message

FIRST, SECOND, THIRD = 1, 2, 3
ZERO = "0x" + "00" * 20


def incoming(route, body: bytes, sender: bytes, origin: int, nonce: int = 7) -> bytes:
    """A message to a router that nobody dispatched."""
    destination = route.localDomain()
    return Message(VERSION, nonce, origin, sender, destination, b32(route), body).encode()
