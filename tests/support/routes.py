"""What the tests of warp routes share."""

from hyperlane.protocol.message import VERSION, Message

FIRST, SECOND, THIRD = 1, 2, 3
ZERO = "0x" + "00" * 20


def b32(account) -> bytes:
    """The 32-byte address of an account or contract."""
    return bytes.fromhex(str(getattr(account, "address", account))[2:]).rjust(32, b"\0")


def incoming(route, body: bytes, sender: bytes, origin: int, nonce: int = 7) -> bytes:
    """A message to a router that nobody dispatched."""
    destination = route.localDomain()
    return Message(VERSION, nonce, origin, sender, destination, b32(route), body).encode()
