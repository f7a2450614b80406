"""Calls of a plan that others than the sender of a run have to make: those that only owners may."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ape_hyperlane.plans.chain import container
from ape_hyperlane.plans.owners import Stranger, owner_at
from ape_hyperlane.plans.proposals import OwnedCall
from ape_hyperlane.plans.steps import Call, Reading, Step, Unlisted
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.plans.values import comparable
from ape_hyperlane.plans.views import ask


def owned_lines(survey: Survey) -> dict[str, list[str]]:
    """Describes the calls that others than the sender have to make: lines by owner."""
    found: dict[str, list[str]] = {}
    for step, _ in survey.left:
        if isinstance(step, Call):
            found.setdefault(_owner_of(survey, step), []).append(
                survey.spelled_out(step) if survey.can_resolve(step.arguments) else step.describe()
            )
    return found


def owned_calls(survey: Survey, steps: Iterable[Step]) -> list[OwnedCall]:
    """The calls that others than the sender have to make: first those that accept ownership,
    then those of the steps in `left`."""
    calls = [call for step in steps if (call := _acceptance(survey, step)) is not None]
    for step, _ in survey.left:
        if isinstance(step, Call):
            owner = _owner_of(survey, step)
            for arguments in _each_time(survey, step):
                calls.append(_owned_call(survey, owner, step, step.method, arguments))
    return calls


def _owned_call(
    survey: Survey, owner: str, step: Call, method: str, arguments: tuple[Any, ...]
) -> OwnedCall:
    handler = getattr(survey.at(step.target, step.contract), method)
    data = bytes(handler.encode_input(*arguments))
    abi = next(abi for abi in handler.abis if len(abi.inputs) == len(arguments))
    to = str(handler.contract.address)
    return OwnedCall(owner, step.name, to, abi, tuple(map(comparable, arguments)), data)


def _acceptance(survey: Survey, step: Step) -> OwnedCall | None:
    """The call by which a Safe or timelock accepts a contract that was transferred to it in the
    first of two steps; None if there is nothing to accept."""
    if not isinstance(step, Call) or step.method != "transferOwnership":
        return None
    if "pendingOwner" not in container(step.contract).contract_type.view_methods:
        return None
    if not survey.can_resolve(step.target):
        return None
    pending = ask(survey.resolve(step.target), "pendingOwner()", "address")
    if pending is None or isinstance(owner_at(pending), Stranger):
        return None
    return _owned_call(survey, pending, step, "acceptOwnership", ())


def _owner_of(survey: Survey, step: Call) -> str:
    return str(survey.read(Reading(step.target, step.contract, "owner", "")))


def _each_time(survey: Survey, step: Call) -> list[tuple[Any, ...]]:
    """Arguments of each call of a step, of which those that remove a member need several."""
    if not step.repeats:
        return [survey.resolve(step.arguments)]
    wanted = next(
        value
        for argument in step.arguments
        for value in (argument if isinstance(argument, list) else [argument])
        if isinstance(value, Unlisted)
    )
    unlisted = survey.unlisted(replace(wanted, first=False, rest=()))
    return [survey.resolve(_substituted(step.arguments, wanted, each)) for each in unlisted]


def _substituted(value: Any, wanted: Unlisted, member: Any) -> Any:
    """`value` with a member in place of `wanted`."""
    if value is wanted:
        return member
    if isinstance(value, tuple | list):
        return type(value)(_substituted(item, wanted, member) for item in value)
    return value
