"""Differences between a chain and the plan that it was deployed by."""

from dataclasses import replace

from ape_hyperlane.plans.journal import Journal
from ape_hyperlane.plans.steps import Create, CreateSet, Reading, Ref, Step, final_readings
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.plans.values import unix_time


def check_steps(journal: Journal, steps: list[Step]) -> list[str]:
    """Differences between the connected chain and a plan, a line each: contracts that do not exist,
    then readings that do not hold. Readings of contracts that do not exist are left out."""
    survey = Survey(journal)
    missing = [step for step in survey.pending(steps) if isinstance(step, Create | CreateSet)]
    readings = [
        reading
        for reading in final_readings(steps)
        if survey.can_resolve((reading.target, reading.expected))
    ]
    absent = [f"{step.name} is not there" for step in missing]
    return absent + survey.differences(readings) + _guardians_pauses(survey, readings)


def _guardians_pauses(survey: Survey, readings: list[Reading]) -> list[str]:
    """Lines about pauses that guardians began. A config has the owner's pause only, so no plan ends
    a guardian's."""
    found = []
    for reading in readings:
        if reading.method == "pausedForGood":
            paused = replace(reading, method="paused")
            if survey.read(paused) and not survey.read(reading):
                until = survey.read(replace(reading, method="pausedUntil"))
                name = reading.target.step if isinstance(reading.target, Ref) else reading.target
                found.append(f"{name}: paused by a guardian until {unix_time(until)}")
    return found
