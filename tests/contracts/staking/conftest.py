"""Fixtures of stake."""

from tests.support.staking_contracts import (  # noqa: F401 - fixtures
    challenges,
    commit,
    leaves,
    manager,
    operator,
    pass_time,
    proofs,
    register,
    slasher,
    stake,
    token,
    tree_hook,
)
