"""What the tests of most contracts start from."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ape.contracts import ContractContainer, ContractInstance
from ape.managers.chain import ChainManager
from eth_abi import decode
from eth_utils import keccak, to_checksum_address
from web3.exceptions import ContractLogicError

LOCAL_DOMAIN = 31337
REMOTE_DOMAIN = 1000

BUILT_IN_ERRORS = {
    keccak(text="Error(string)")[:4]: ("Error", ["string"]),
    keccak(text="Panic(uint256)")[:4]: ("Panic", ["uint256"]),
}


@pytest.fixture(autouse=True)
def isolated(chain: ChainManager) -> Iterator[None]:
    """Takes back what a test did, but not the contracts that its module shares.

    A fixture of a whole module only deploys; one that changes what others share is a test's own.
    """
    before = chain.snapshot()
    yield
    chain.restore(before)


@pytest.fixture(scope="session")
def owner(accounts):
    return accounts[0]


@pytest.fixture(scope="session")
def stranger(accounts):
    return accounts[1]


@pytest.fixture(scope="module")
def hook(project, owner):
    """Free, and answers every call."""
    return owner.deploy(project.BareHook)


@pytest.fixture(scope="module")
def noop_ism(project, owner):
    return owner.deploy(project.NoopIsm)


@pytest.fixture(scope="module")
def mailbox(project, owner, hook, noop_ism):
    mailbox = owner.deploy(project.Mailbox, LOCAL_DOMAIN)
    mailbox.initialize(owner, noop_ism, hook, hook, sender=owner)
    return mailbox


@pytest.fixture(scope="module")
def static_ism(project, owner):
    """`static_ism(contract name, values, threshold)`: deployed by its factory."""

    def static_ism(name: str, values: list[str], threshold: int):
        factory = owner.deploy(project.contracts[f"{name}Factory"])
        factory.deploy(values, threshold, sender=owner)
        return at(project.contracts[name], factory.getAddress(values, threshold))

    return static_ism


@pytest.fixture(scope="session")
def revert_reason(project, chain) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """Why a transaction reverts: the error's name and its arguments, nothing without data.

    Addresses are checksummed and bytes are bytes. The transaction is simulated; one that does not
    revert fails the test.
    """
    errors = dict(BUILT_IN_ERRORS)
    for container in project.contracts.values():
        for error in container.contract_type.errors:
            errors[keccak(text=error.selector)[:4]] = (
                error.name,
                [each.canonical_type for each in error.inputs],
            )

    def revert_reason(transaction):
        try:
            chain.provider.web3.eth.call(transaction)
        except ContractLogicError as error:
            data = bytes.fromhex(str(error.data or "0x").removeprefix("0x"))
        else:
            raise AssertionError("the call did not revert")
        if not data:
            return ()
        name, types = errors[data[:4]]
        return (name, *map(_presentable, types, decode(types, data[4:])))

    return revert_reason


@pytest.fixture(scope="session")
def revert_of(revert_reason) -> Callable[..., tuple[Any, ...]]:
    """Why a call reverts: `revert_of(contract.function, *arguments, sender=..., value=...)`."""

    def revert_of(handler, *arguments, sender=None, value=0):
        transaction = {
            "to": handler.contract.address,
            "data": handler.encode_input(*arguments),
            "value": value,
        }
        if sender is not None:
            transaction["from"] = str(getattr(sender, "address", sender))
        return revert_reason(transaction)

    return revert_of


@pytest.fixture(scope="session")
def creation_revert_of(revert_reason, owner) -> Callable[..., tuple[Any, ...]]:
    """Why a creation reverts: `creation_revert_of(project.Contract, *arguments)`."""

    def creation_revert_of(container, *arguments):
        data = container.constructor.serialize_transaction(*arguments).data
        return revert_reason({"from": owner.address, "data": data})

    return creation_revert_of


def at(container: ContractContainer, address: str) -> ContractInstance:
    """The contract there; `container.at` would mix in what an earlier test had at the address."""
    return ContractInstance(address, container.contract_type)


def _presentable(kind: str, value: Any) -> Any:
    return to_checksum_address(value) if kind == "address" else value
