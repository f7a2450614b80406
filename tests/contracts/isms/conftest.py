"""Modules as their factories make them."""

import pytest
from tests.support.contracts import at


@pytest.fixture(scope="module")
def weighted_ism(project, owner):
    """`weighted_ism(contract name, (validator, weight) pairs, threshold)`: by its factory."""

    def weighted_ism(name: str, validators: list[tuple[str, int]], threshold: int):
        factory = owner.deploy(project.contracts[f"{name}Factory"])
        factory.deploy(validators, threshold, sender=owner)
        return at(project.contracts[name], factory.getAddress(validators, threshold))

    return weighted_ism


@pytest.fixture(scope="module")
def multisig(project, owner, static_ism, weighted_ism):
    """`multisig(contract name, accounts, threshold)`: of any form; all weights are 1."""

    def multisig(name: str, accounts, threshold: int):
        values = [each.address for each in accounts]
        if name.startswith("Storage"):
            return owner.deploy(project.contracts[name], values, threshold)
        if "Weighted" in name:
            return weighted_ism(name, [(each, 1) for each in values], threshold)
        return static_ism(name, values, threshold)

    return multisig


@pytest.fixture(scope="module")
def verifies():
    """Whether a module believes a message. A revert is passed on."""

    def verifies(ism, metadata: bytes, message, **options) -> bool:
        call = getattr(ism.verify, "call", ism.verify)
        return call(metadata, message.encode(), **options)

    return verifies
