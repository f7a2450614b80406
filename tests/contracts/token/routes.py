"""What the tests of warp routes share."""

FIRST, SECOND = 1, 2
ZERO = "0x" + "00" * 20


def b32(account) -> bytes:
    """The 32-byte address of an account or contract."""
    return bytes.fromhex(str(getattr(account, "address", account))[2:]).rjust(32, b"\0")
