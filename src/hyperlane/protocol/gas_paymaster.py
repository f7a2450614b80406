"""What delivery costs on the origin chain, as the interchain gas paymaster reckons it."""

from hyperlane.protocol.layout import require_uint

EXCHANGE_RATE_SCALE = 10**10
"""An exchange rate of this value is one to one."""


def gas_fee(gas_limit: int, gas_price: int, token_exchange_rate: int) -> int:
    """Smallest units of the fee token for `gas_limit` gas on the destination, rounded down.

    `gas_price` is in smallest units of the destination's gas token, `token_exchange_rate` what one
    of those is worth in smallest units of the fee token, times `EXCHANGE_RATE_SCALE`. When paying
    through a hook, `gas_limit` includes the destination's overhead. DecodeError where the contract
    would overflow: the product must fit 256 bits.
    """
    require_uint("gas_limit", gas_limit, 256)
    require_uint("gas_price", gas_price, 128)
    require_uint("token_exchange_rate", token_exchange_rate, 128)
    product = gas_limit * gas_price * token_exchange_rate
    require_uint("gas_limit * gas_price * token_exchange_rate", product, 256)
    return product // EXCHANGE_RATE_SCALE
