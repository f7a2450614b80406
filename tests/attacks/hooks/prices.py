"""What the attacked paymaster charges."""

from hyperlane.protocol.gas_paymaster import gas_fee

RATE, PRICE, OVERHEAD = 2 * 10**10, 3 * 10**9, 60_000


def price_of(gas_limit: int) -> int:
    """What the paymaster takes for a message with this gas limit, in the token."""
    return gas_fee(OVERHEAD + gas_limit, PRICE, RATE)
