"""Fixtures of interchain accounts."""

import pytest
from tests.support.commit_reveal import Accounts, make_accounts


@pytest.fixture
def accounts(origin, target) -> Accounts:
    return make_accounts(origin, target)
