"""Three Mailboxes for three domains on one chain, and routes between them."""

from dataclasses import dataclass

import pytest
from ape.api import ReceiptAPI
from ape.contracts import ContractInstance
from tests.support.routes import FIRST, SECOND, THIRD, ZERO
from tests.support.words import b32


@dataclass(frozen=True)
class Network:
    """Carries messages between the Mailboxes."""

    mailboxes: dict[int, ContractInstance]

    def deliver(self, receipt: ReceiptAPI, **options) -> ReceiptAPI:
        """Processes the message that a transaction dispatched."""
        message = dispatched(receipt)
        destination = int.from_bytes(message[41:45])
        return self.mailboxes[destination].process(b"", message, **options)


def dispatched(receipt: ReceiptAPI) -> bytes:
    (message,) = [bytes(e.message) for e in receipt.events if e.event_name == "Dispatch"]
    return message


@pytest.fixture(scope="module")
def hook(project, owner):
    """Asks for a wei per gas and sends the rest back."""
    return owner.deploy(project.GasPricedHook)


@pytest.fixture(scope="module")
def network(project, owner, noop_ism, hook):
    free = owner.deploy(project.BareHook)
    mailboxes = {}
    for domain in (FIRST, SECOND, THIRD):
        mailboxes[domain] = owner.deploy(project.Mailbox, domain)
        mailboxes[domain].initialize(owner, noop_ism, hook, free, sender=owner)
    return Network(mailboxes)


@pytest.fixture(scope="module")
def deploy_native(project, owner, network):
    def deploy_native(domain=FIRST, scale=(1, 1)):
        route = owner.deploy(project.HypNative, *scale, network.mailboxes[domain])
        route.initialize(ZERO, ZERO, owner, sender=owner)
        return route

    return deploy_native


@pytest.fixture(scope="module")
def deploy_collateral(project, owner, network):
    def deploy_collateral(token, domain=FIRST, scale=(1, 1)):
        route = owner.deploy(project.HypERC20Collateral, token, *scale, network.mailboxes[domain])
        route.initialize(ZERO, ZERO, owner, sender=owner)
        return route

    return deploy_collateral


@pytest.fixture(scope="module")
def deploy_route(project, owner, network):
    """A router of any kind around what exists already: `deploy_route("HypXERC20", xerc20)`."""

    def deploy_route(kind, wrapped, domain=FIRST, scale=(1, 1)):
        route = owner.deploy(getattr(project, kind), wrapped, *scale, network.mailboxes[domain])
        route.initialize(ZERO, ZERO, owner, sender=owner)
        return route

    return deploy_route


@pytest.fixture(scope="module")
def deploy_synthetic(project, owner, network):
    def deploy_synthetic(domain=SECOND, scale=(1, 1), supply=0):
        route = owner.deploy(project.HypERC20, 18, *scale, network.mailboxes[domain])
        route.initialize(supply, "Token", "TKN", ZERO, ZERO, owner, sender=owner)
        return route

    return deploy_synthetic


@pytest.fixture(scope="module")
def connect(owner):
    """Enrols two routers with each other; deliveries to both take `gas`."""

    def connect(first, second, gas=0):
        for here, there in ((first, second), (second, first)):
            domain = there.localDomain()
            here.enrollRemoteRouter(domain, b32(there), sender=owner)
            here.setDestinationGas(domain, gas, sender=owner)

    return connect


@pytest.fixture(scope="module")
def token(project, owner):
    return owner.deploy(project.TestERC20, "Token", "TKN", 10**24, 18)


@pytest.fixture(scope="module")
def native_route(deploy_native, deploy_synthetic, connect):
    """A native router here and a synthetic one there."""
    pair = deploy_native(), deploy_synthetic()
    connect(*pair)
    return pair


@pytest.fixture(scope="module")
def collateral_route(token, owner, deploy_collateral, deploy_synthetic, connect):
    """A collateral router here, which may take the owner's tokens, and a synthetic one there."""
    pair = deploy_collateral(token), deploy_synthetic()
    connect(*pair)
    token.approve(pair[0], 2**256 - 1, sender=owner)
    return pair
