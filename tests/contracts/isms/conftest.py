"""Modules as their factories make them."""

import pytest

from ..conftest import at


@pytest.fixture
def static_ism(project, owner):
    """`static_ism(contract name, values, threshold)`: deployed by its factory."""

    def static_ism(name: str, values: list[str], threshold: int):
        factory = owner.deploy(project.contracts[f"{name}Factory"])
        factory.deploy(values, threshold, sender=owner)
        return at(project.contracts[name], factory.getAddress(values, threshold))

    return static_ism


@pytest.fixture
def verifies():
    """Whether a module believes a message. A revert is passed on."""

    def verifies(ism, metadata: bytes, message, **options) -> bool:
        call = getattr(ism.verify, "call", ism.verify)
        return call(metadata, message.encode(), **options)

    return verifies
