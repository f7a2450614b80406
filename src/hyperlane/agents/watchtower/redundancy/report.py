"""Findings of the watch over redundancy: kept for the page, exported, logged when they change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeAlias

import structlog
from aiohttp import web

from hyperlane.metrics import Metrics, set_or_remove
from hyperlane.protocol.typecasts import Address, to_checksum

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subject:
    """Recipient whose module is watched, for messages from one origin."""

    origin: int
    destination: int
    recipient: Address | None
    """None for all recipients that have no module of their own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of a look at a subject."""

    checked_at: int
    spare: int | None
    """Fewest spare signers for any amount; None if unknown, or no validators decide."""
    problem: str | None
    """Reason for which it is unknown, or nothing is delivered."""
    certain: bool
    """True if it is known who is live."""
    ways: Sequence[Mapping[str, Any]] = ()
    """The module for each range of amounts, as JSON."""
    ages: Mapping[Address, float | None] = field(default_factory=dict)
    """Age of each validator's last signature, in seconds; infinite if it has none, None if
    unknown."""


def unknown(problem: str, now: float) -> Finding:
    """The finding of a look that failed."""
    return Finding(int(now), None, problem, False)


Findings: TypeAlias = dict[Subject, Finding]
"""The newest finding of each subject."""


@dataclass(frozen=True, slots=True)
class Report:
    """Findings, as they are kept and exported."""

    findings: Findings
    chain_name: Callable[[int], str]
    """Name of a chain by its domain."""
    metrics: Metrics

    def add(self, subject: Subject, finding: Finding) -> None:
        """Keep a finding and export it. While a number is unknown, its metric has no value."""
        before = self.findings.get(subject)
        self.findings[subject] = finding
        origin, destination = map(self.chain_name, (subject.origin, subject.destination))
        recipient = _spelled(subject.recipient)
        labels = origin, destination, recipient or "default"
        self.metrics.redundancy_unknown.labels(*labels).set(not finding.certain)
        set_or_remove(self.metrics.spare_signers, labels, finding.spare)
        now = finding.spare, finding.problem
        if before is None or (before.spare, before.problem) != now:
            log.info(
                "redundancy.changed",
                origin=origin,
                destination=destination,
                recipient=labels[-1],
                spare=finding.spare,
                problem=finding.problem,
            )


def routes(findings: Findings, chain_name: Callable[[int], str]) -> list[web.RouteDef]:
    """Routes for the agent's web server."""

    async def show(_request: web.Request) -> web.Response:
        """Spare signers of each watched module, and who signs."""
        found = [_shown(*item, chain_name) for item in findings.items()]
        found.sort(key=lambda each: (each["origin"], each["destination"], each["recipient"] or ""))
        return web.json_response({"modules": found})

    return [web.get("/redundancy", show)]


def _shown(subject: Subject, finding: Finding, chain_name: Callable[[int], str]) -> dict[str, Any]:
    ages = {
        to_checksum(validator): age if age is None or isfinite(age) else None
        for validator, age in finding.ages.items()
    }
    return {
        "origin": chain_name(subject.origin),
        "destination": chain_name(subject.destination),
        "recipient": _spelled(subject.recipient),
        "checkedAt": finding.checked_at,
        "spare": finding.spare,
        "problem": finding.problem,
        "signatureAges": ages,
        "ways": list(finding.ways),
    }


def _spelled(recipient: Address | None) -> str | None:
    return None if recipient is None else to_checksum(recipient)
