"""A thief who can forge what CCTP brings from one domain wants messages of another believed."""

import pytest
from eth_abi import decode
from tests.contracts.token.test_cctp import (
    CIRCLE,
    CONFIRMED,
    attested,
    cost,
    deploy_bridge,
    here,
    inbox,
    network,
    process,
    refused,
    sides,
    tell,
    there,
    version,
)
from tests.support.routes import FIRST, SECOND
from tests.support.words import b32

from hyperlane.protocol.message import VERSION, Message

__all__ = [
    "attested",
    "cost",
    "deploy_bridge",
    "here",
    "inbox",
    "network",
    "process",
    "refused",
    "sides",
    "tell",
    "there",
    "version",
]

OTHER = 3
"""A domain that the bridge has a counterpart on, too. Nothing was ever sent there."""


@pytest.fixture
def foreign(there, owner, inbox):
    """A message that says it comes from the other domain."""
    there.bridge.addDomain(OTHER, 9, sender=owner)
    there.bridge.enrollRemoteRouter(OTHER, b32(owner), sender=owner)
    return Message(VERSION, 0, OTHER, b32(owner), SECOND, b32(inbox), b"all of it")


@pytest.fixture
def carried(here, there, owner, foreign, version, attested):
    """CCTP's message with its id, from the first domain: its counterpart vouches for anything."""
    there.bridge.enrollRemoteRouter(FIRST, b32(owner), sender=owner)
    more = (bytes(32), CONFIRMED) if version == 2 else ()
    return attested(
        here.transmitter.sendMessage(
            CIRCLE[SECOND], b32(there.bridge), *more, foreign.id, sender=owner
        )
    )


def test_an_id_from_another_domain_delivers_nothing(foreign, carried, refused):
    assert refused(carried, foreign.encode()) == ("InvalidIdOrigin", FIRST, OTHER)


def test_an_id_that_was_brought_from_another_domain_delivers_nothing(
    there, foreign, carried, process, refused, stranger
):
    """Brought past the module, by whoever calls the transmitter."""
    there.transmitter.receiveMessage(*decode(["bytes", "bytes"], carried), sender=stranger)
    assert there.bridge.isVerified(foreign.id)
    assert refused(b"", foreign.encode()) == ()
