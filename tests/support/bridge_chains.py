"""Two chains as one: what stands on either side, and how value and callers get across."""

from dataclasses import dataclass
from typing import Any

import ape
from eth_utils import keccak, to_checksum_address
from tests.support.words import raw

from hyperlane.protocol.ccip_read import OffchainLookup
from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.message import Message

ORIGIN, DESTINATION = 1, 2
CHILD_FEE = 11
VERIFIED = 1 << 255


def checksum(address: bytes) -> str:
    return to_checksum_address(address)


def metadata(msg_value: int = 0, refund=None, token=None) -> bytes:
    return StandardHookMetadata(
        msg_value=msg_value,
        gas_limit=50_000,
        refund_address=None if refund is None else raw(refund),
        fee_token=None if token is None else raw(token),
    ).encode()


def pre_verify(message_id: bytes, value: int) -> bytes:
    """The call that a hook has made."""
    return keccak(text="preVerifyMessage(bytes32,uint256)")[:4] + message_id + value.to_bytes(32)


def lookup_of(ism, message: bytes) -> OffchainLookup:
    """What a module asks for, from what the node answers: web3 would follow the lookup."""
    call = {"to": ism.address, "data": ism.getOffchainVerifyInfo.encode_input(message).to_0x_hex()}
    answer = ape.chain.provider.web3.provider.make_request("eth_call", [call, "latest"])
    return OffchainLookup.decode(bytes.fromhex(answer["error"]["data"][2:]))


@dataclass(frozen=True)
class Pair:
    """A hook on the origin, and the module that listens to it on the destination."""

    hook: Any
    ism: Any


@dataclass(frozen=True)
class Sent:
    """A message that a hook has been told of."""

    message: Message
    receipt: Any

    @property
    def encoded(self) -> bytes:
        return self.message.encode()

    @property
    def id(self) -> bytes:
        return self.message.id
