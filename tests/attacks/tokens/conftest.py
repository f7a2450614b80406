"""Three domains on one chain, as the tests of warp routes have them."""

import pytest
from tests.support.contracts import (  # noqa: F401 - fixtures
    creation_revert_of,
    isolated,
    noop_ism,
    owner,
    revert_of,
    revert_reason,
    stranger,
)
from tests.support.token_contracts import (  # noqa: F401 - fixtures
    connect,
    deploy_collateral,
    deploy_native,
    deploy_route,
    deploy_synthetic,
    hook,
    network,
    token,
)


@pytest.fixture(scope="session")
def revert_with_reason(revert_of):  # noqa: F811 - a fixture
    """The reason of a call's revert, None for a call that goes through."""

    def revert_with_reason(*arguments, **options):
        try:
            return revert_of(*arguments, **options)
        except AssertionError:
            return None

    return revert_with_reason
