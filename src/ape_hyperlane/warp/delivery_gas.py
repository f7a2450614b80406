"""Warnings about routes that pay for less gas than their deliveries take."""

from collections.abc import Iterator

from ape import networks
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.exceptions import Web3Exception

from ape_hyperlane.core.delivery_gas import charge_findings
from ape_hyperlane.safety.finding import Finding
from ape_hyperlane.warp.route import RouteDeployment
from hyperlane.protocol.token_message import TokenMessage
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.registry.fields import word

HANDLE = keccak(text="handle(uint32,bytes32,bytes)")[:4]
RECIPIENT = Bytes32(bytes(12) + keccak(text="somebody who holds none of the token")[12:])
TRANSACTION, ZERO_BYTE, BYTE = 21_000, 4, 16
"""Gas of a transaction that a call from the Mailbox does not pay."""


def gas_findings(deployment: RouteDeployment, chain: str) -> Iterator[Finding]:
    """Warnings about the gas paid for deliveries to the router on the connected chain, `chain`.

    A transfer of one unit to a new holder is simulated from each other end.
    """
    router = deployment.routers.get(chain)
    if router is None:
        return
    domain = deployment.view.domains[chain]
    for origin in deployment.ends:
        sender = deployment.routers.get(origin)
        if origin == chain or sender is None:
            continue
        paid = deployment.remotes(origin)[domain].gas
        needed = _simulated(deployment, chain, deployment.view.domains[origin], sender)
        where = f"{origin}.destinationGas.{chain}"
        if needed is not None:
            yield from charge_findings(where, chain, paid, needed)


def _simulated(deployment: RouteDeployment, chain: str, origin: int, sender: str) -> int | None:
    """Gas of a delivery to a router, without that of the Mailbox.

    None if it cannot be simulated, for instance since the router holds nothing to pay out.
    """
    addresses, token = deployment.view.addresses[chain], deployment.ends[chain].token
    body = TokenMessage(RECIPIENT, 1).encode()
    data = HANDLE + encode(["uint32", "bytes32", "bytes"], [origin, word(sender), body])
    intrinsic = TRANSACTION + sum(BYTE if byte else ZERO_BYTE for byte in data)
    transaction = {
        "from": to_checksum_address(str(token.mailbox or addresses.mailbox)),
        "to": to_checksum_address(deployment.routers[chain]),
        "data": data,
    }
    try:
        return int(networks.provider.web3.eth.estimate_gas(transaction)) - intrinsic
    except (Web3Exception, ValueError):
        return None
