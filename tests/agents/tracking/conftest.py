"""Chains and validators that all tests of this folder share."""

from collections.abc import Iterator

import pytest
from tests.support.stuck import World, stuck


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with stuck(tmp_path_factory.mktemp("stuck")) as world:
        yield world
