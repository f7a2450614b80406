"""Chains, a relayer between them, and recipients that burn what the relayer pays."""

import pytest
from tests.agents.relayer.test_relayer_operation import pay as pay
from tests.agents.relayer.test_relayer_operation import paymaster as paymaster
from tests.support.agents import agents as agents
from tests.support.agents import origin as origin
from tests.support.agents import proxy as proxy
from tests.support.agents import relayer_config as relayer_config
from tests.support.agents import target as target
from tests.support.devnet import free_port

BURNER = "0x" + "b0" * 20


def burner_code(memory: int) -> str:
    """A recipient that hashes so much memory where gas is free, and never ends where it is paid.

    PUSH1 4 CALLDATASIZE EQ PUSH1 22 JUMPI      the question for its security module
    GASPRICE PUSH1 18 JUMPI                     a simulation offers nothing
    PUSH3 memory PUSH0 KECCAK256 STOP
    18: JUMPDEST PUSH1 18 JUMP
    22: JUMPDEST PUSH1 32 PUSH0 RETURN          the mailbox's default module
    """
    return f"0x600436146016573a60125762{memory:06x}5f20005b6012565b60205ff3"


@pytest.fixture
def burner(target):
    """Places a burner that pretends to need the gas of hashing so much memory."""

    def place(memory: int = 0x040000, address: str = BURNER) -> str:
        target.rpc("anvil_setCode", address, burner_code(memory))
        return address

    return place


@pytest.fixture
def config(relayer_config, origin, target):
    """Of a relayer with pages."""

    def make(**changes):
        return relayer_config(origin, target, metricsPort=free_port(), **changes)

    return make
