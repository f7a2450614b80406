"""The model that computes gas from traces is right to the gas, and charges what is announced."""

from collections.abc import Iterator

import pytest
from benchmarks.anvil import anvil
from benchmarks.bills import PLENTY, Node, RepricedChain
from benchmarks.computation import OutOfGas, Trace, gas_used
from benchmarks.deployment import deploy_core
from benchmarks.dispatch import measure_announce, measure_paymaster
from benchmarks.process import Deliveries, measure_batch
from benchmarks.schedules import ANNOUNCED, CANCUN, PRAGUE, Schedule
from web3 import Web3

from hyperlane.registry import CoreConfig

PROGRAM, OTHER, NEW = "0x" + "aa" * 20, "0x" + "bb" * 20, "0x" + "cc" * 20
OPCODES = {
    "STOP": 0x00, "EXP": 0x0A, "KECCAK256": 0x20, "BALANCE": 0x31, "CALLDATACOPY": 0x37,
    "EXTCODESIZE": 0x3B, "EXTCODECOPY": 0x3C, "GAS": 0x5A, "POP": 0x50, "MSTORE": 0x52,
    "MSTORE8": 0x53, "SLOAD": 0x54, "SSTORE": 0x55, "TLOAD": 0x5C, "TSTORE": 0x5D, "MCOPY": 0x5E,
    "LOG2": 0xA2, "CREATE": 0xF0, "CALL": 0xF1, "CALLCODE": 0xF2, "RETURN": 0xF3,
    "DELEGATECALL": 0xF4, "CREATE2": 0xF5, "STATICCALL": 0xFA, "REVERT": 0xFD, "INVALID": 0xFE,
}  # fmt: skip


def code(text: str) -> bytes:
    """Instructions, and numbers to push, of which hexadecimal ones keep their length."""
    result = b""
    for word in text.split():
        if word in OPCODES:
            result += bytes([OPCODES[word]])
        else:
            data = bytes.fromhex(word[2:]) if word[:2] == "0x" else int(word).to_bytes(4)
            result += bytes([0x5F + len(data)]) + data
    return result


def call(kind: str, to: str, gas: str = "GAS", value: str = "0", size: int = 0) -> str:
    sent = f" {value}" if kind in ("CALL", "CALLCODE") else ""
    return f"0 0 {size} 0{sent} {to} {gas} {kind} POP"


STORE = "7 1 SSTORE 0 2 SSTORE 2 SLOAD POP"


def create(text: str, kind: str = "CREATE") -> str:
    inner, salt = code(text), "9 " if kind == "CREATE2" else ""
    return f"0x{inner.hex()} 0 MSTORE {salt}{len(inner)} {32 - len(inner)} 0 {kind}"


DEPLOYER = "100 0 RETURN"
PROGRAMS = {
    "empty slots, filled and emptied again": ("1 9 SSTORE 2 9 SSTORE 0 9 SSTORE 1 8 SSTORE", ""),
    "a full slot, emptied and restored": ("0 1 SSTORE 5 1 SSTORE 0 1 SSTORE 7 1 SSTORE", ""),
    "a full slot that stays empty": ("0 1 SSTORE 3 2 SSTORE 5 2 SSTORE", ""),
    "more refunds than there may be": (" ".join(f"0 {n} SSTORE" for n in range(1, 7)), ""),
    "no change": ("5 1 SSTORE 0 9 SSTORE 1 SLOAD POP", ""),
    "a call that stores": (f"{call('CALL', OTHER)} {call('CALL', OTHER)}", STORE),
    "a call that reverts": (f"{call('CALL', OTHER)} {call('CALL', OTHER)}", f"{STORE} 0 0 REVERT"),
    "a call that halts": (call("CALL", OTHER, "50000"), f"{STORE} INVALID"),
    "a call that halts with all gas": (call("CALL", OTHER), f"{STORE} INVALID"),
    "code of another": (f"{call('DELEGATECALL', OTHER)} {call('CALLCODE', OTHER)}", STORE),
    "value to a new account, twice": (f"{call('CALL', NEW, '0', '1')} " * 2, ""),
    "value to a contract": (call("CALL", OTHER, "0", "1"), "STOP"),
    "value that reverts": (call("CALL", OTHER), f"{call('CALL', NEW, '0', '1')} 0 0 REVERT"),
    "value beyond the balance": (call("CALL", OTHER, "9000", "0xffffffffffffffffffff"), STORE),
    "precompiles": (" ".join(call("STATICCALL", str(n), size=100) for n in range(1, 5)), ""),
    "memory and data": (
        "1 0x1000 MSTORE 1 7000 MSTORE8 400 0 KECCAK256 POP 300 9000 0 MCOPY 33 5 100 CALLDATACOPY"
        " 0xffffff 3 EXP POP 1 2 70 0 LOG2 1 1 TSTORE 1 TLOAD POP",
        "",
    ),
    "questions": (
        f"{NEW} BALANCE POP {NEW} EXTCODESIZE POP 200 0 0 {OTHER} EXTCODECOPY {OTHER} BALANCE POP",
        STORE,
    ),
    "creations": (
        f"{create(DEPLOYER)} BALANCE POP {create(DEPLOYER, 'CREATE2')} POP"
        f" {create('0 0 REVERT')} BALANCE POP 0 0 0 CREATE BALANCE POP",
        "",
    ),
}  # fmt: skip


class Machine:
    """A chain where programs run, on slots 1 to 6 that hold 5."""

    def __init__(self, web3: Web3, today: Schedule) -> None:
        self.web3, self.node, self.today = web3, Node(web3), today

    def run(self, program: str, other: str = "", data: bytes = b"", value: int = 0) -> Trace:
        for address, text in ((PROGRAM, program), (OTHER, other)):
            self.node.ask("anvil_setCode", address, "0x" + code(text).hex())
            self.node.ask("anvil_setBalance", address, "0x1000")
            for slot in range(1, 10):
                held = 5 if slot < 7 else 0
                self.node.ask("anvil_setStorageAt", address, hex(slot), f"0x{held:064x}")
        fields = {"from": self.web3.eth.accounts[0], "to": PROGRAM, "gas": hex(10**6)}
        sent = {**fields, "data": "0x" + data.hex(), "value": hex(value)}
        hash_ = self.node.ask("eth_sendTransaction", sent)
        self.web3.eth.wait_for_transaction_receipt(hash_, poll_latency=0.01)
        return self.node.trace(hash_)

    def receipt_gas(self) -> int:
        return int(self.web3.eth.get_block("latest")["gasUsed"])

    def announced(self, program: str, other: str = "") -> int:
        return gas_used(self.run(program, other), ANNOUNCED, PLENTY)


@pytest.fixture(scope="module", params=["cancun", "prague"])
def machine(request) -> Iterator[Machine]:
    with anvil("--steps-tracing", fork=request.param) as web3:
        yield Machine(web3, {"cancun": CANCUN, "prague": PRAGUE}[request.param])


@pytest.fixture(scope="module")
def chain() -> Iterator[RepricedChain]:
    with anvil("--steps-tracing") as web3:
        yield RepricedChain(web3)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_costs_what_its_receipt_says(machine, name):
    trace = machine.run(*PROGRAMS[name])
    assert gas_used(trace, machine.today) == machine.receipt_gas()


@pytest.mark.parametrize("data", [b"", b"\x11" * 2000, b"\0" * 2000], ids=["none", "full", "zero"])
@pytest.mark.parametrize("value", [0, 1])
def test_calldata_and_value_cost_what_the_receipt_says(machine, data, value):
    trace = machine.run("STOP", data=data, value=value)
    assert gas_used(trace, machine.today) == machine.receipt_gas()


def test_new_and_rewritten_slots_cost_what_is_announced(machine):
    pushes = 2 * 3
    assert machine.announced("1 9 SSTORE") == 15_000 + pushes + 110_020
    assert machine.announced("1 1 SSTORE") == 15_000 + pushes + 12_100


def test_finding_an_account_costs_what_is_announced(machine):
    assert machine.announced(f"{NEW} BALANCE {NEW} BALANCE") == 15_000 + 2 * 3 + 3_000 + 100


def test_code_costs_what_is_announced(machine):
    trace = machine.run(create(DEPLOYER))
    dearer = 100 * (1_536 - 200) - 6_000
    assert gas_used(trace, ANNOUNCED, PLENTY) == gas_used(trace, PRAGUE) + dearer


def test_value_costs_what_it_does_today(machine):
    trace = machine.run("STOP", value=1)
    assert gas_used(trace, ANNOUNCED, PLENTY) == 21_000


def test_a_fixed_amount_that_will_be_too_small_is_told(machine):
    trace = machine.run(call("CALL", OTHER, "50000"), "1 9 SSTORE")
    with pytest.raises(OutOfGas, match="0xbb"):
        gas_used(trace, ANNOUNCED, PLENTY)


def test_operations_cost_what_their_receipts_say(chain):
    """Such a chain bills nothing that it does not compute exactly; the benchmark does all."""
    measure_paymaster(chain)
    measure_announce(chain)
    measure_batch(chain, Deliveries(chain), 3, 5)
    deploy_core(chain, CoreConfig())
