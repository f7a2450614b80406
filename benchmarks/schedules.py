"""Gas schedules as data: what Ethereum charges today, and what is announced for it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Schedule:
    """Prices that schedules differ in; all others are in `opcodes.py`."""

    transaction: int = 21_000
    with_value: int = 0
    """What a transaction pays besides if it carries value."""
    floor_token: int = 0
    """The least for a token of calldata; a zero byte is one, any other four (EIP-7623)."""
    warm: int = 100
    cold_account: int = 2_600
    cold_slot: int = 2_100
    new_slot: int = 20_000
    """Writing to an empty slot, besides finding it."""
    rewritten_slot: int = 2_900
    """Writing another value to a slot, besides finding it."""
    cleared_slot: int = 4_800
    """The refund for emptying a slot."""
    code_byte: int = 200


CANCUN = Schedule()
PRAGUE = replace(CANCUN, floor_token=10)
ANNOUNCED = replace(
    PRAGUE,
    transaction=15_000,
    with_value=6_000,
    cold_account=3_000,
    new_slot=110_020 - CANCUN.cold_slot,
    rewritten_slot=12_100 - CANCUN.cold_slot,
    code_byte=1_536,
)
"""The announced repricing of L1; whatever it leaves unsaid stays as in Prague."""
