"""Says after how many messages a static multisig pays as code, against one that is a clone."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ape_hyperlane.plans.chain import container
from ape_hyperlane.plans.checks import PROXY_BYTES
from ape_hyperlane.plans.steps import Action, CreateSet

KINDS = ("MessageIdMultisigIsm", "MerkleRootMultisigIsm")
"""Modules that there are in both forms."""


class Prices(NamedTuple):
    """Gas of a byte of code, and of asking a clone beyond asking code. As benchmarked: docs/gas.md
    has the figures."""

    byte: int
    asking: int


TODAY, ANNOUNCED = Prices(203, 3_100), Prices(1_540, 3_500)


def break_even(code: int, prices: Prices) -> int:
    """The messages after which a multisig whose code has this many bytes costs less as code."""
    return -(-(code - PROXY_BYTES) * prices.byte // prices.asking)


def set_lines(steps: Iterable[Action]) -> Iterator[str]:
    """A line for each kind of static multisig that a plan makes."""
    made = {step.contract for step in steps if isinstance(step, CreateSet)}
    for form, other in (("Static", "clone"), ("Cloned", "copy of the code")):
        for kind in KINDS:
            if f"{form}{kind}" in made:
                size = len(container(f"Static{kind}").contract_type.get_runtime_bytecode())
                today, announced = break_even(size, TODAY), break_even(size, ANNOUNCED)
                when = "after" if form == "Static" else "up to"
                yield (
                    f"{form}{kind}: cheaper than a {other} {when} {today} messages, or {announced}"
                    " once L1 is repriced as announced (staticSets)"
                )
