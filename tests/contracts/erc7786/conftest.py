"""A gateway on this chain, and messages that its counterpart on another one sends."""

from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.contracts import LOCAL_DOMAIN
from tests.support.gateways import CHAIN, DOMAIN, REMOTE, SENDER, ZERO, b20
from tests.support.words import b32

from hyperlane.protocol.message import VERSION, Message


@pytest.fixture(scope="module")
def gateway(project, owner, mailbox):
    gateway = owner.deploy(project.HyperlaneGateway, mailbox)
    gateway.initialize(ZERO, ZERO, owner, sender=owner)
    gateway.enrollRemoteGateway(CHAIN, DOMAIN, REMOTE, 200_000, sender=owner)
    return gateway


@pytest.fixture(scope="module")
def recipient(project, owner):
    return owner.deploy(project.TestGatewayRecipient)


@dataclass
class Arrival:
    """Messages to a gateway, as its Mailbox delivers them."""

    gateway: Any
    mailbox: Any

    def message(
        self,
        recipient: Any,
        payload: bytes = b"payload",
        nonce: int = 7,
        origin: int = DOMAIN,
        gateway: str = REMOTE,
        body: bytes | None = None,
    ) -> Message:
        if body is None:
            body = nonce.to_bytes(4) + b20(SENDER) + b20(recipient.address) + payload
        to = b32(self.gateway.address)
        return Message(VERSION, nonce, origin, b32(gateway), LOCAL_DOMAIN, to, body)


@pytest.fixture
def arrival(gateway, mailbox):
    return Arrival(gateway, mailbox)
