"""Problems that hold a message up, in words, each with its remedy."""

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex
from hyperlane.tracking.modules import multisigs, trusted_relayers
from hyperlane.tracking.report import Module, Problem, Report, Signer, Simulation, Stage
from hyperlane.tracking.words import ago, coins

_ENOUGH = 0.5
"""Part of the estimated gas that relayers want to be paid for by default."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Judges reports, and names commands that can be pasted."""

    registry: Path | None
    """Folder of the registry that commands name; None: the command's default."""
    account: str | None = None
    """Account that delivers; None: the command's default."""
    clock: Callable[[], float] = time.time

    def deliver(self, report: Report) -> str:
        """The command that delivers a message."""
        return self.command(report.message.id, report.sent.chain)

    def command(self, message_id: Bytes32, origin: str) -> str:
        """The command that delivers the message of an id, which a chain sent."""
        words = ["ape", "hyperlane", "deliver", to_hex(message_id), "--origin", origin]
        if self.registry is not None:
            words += ["--registry", str(self.registry)]
        if self.account is not None:
            words += ["--account", self.account]
        return shlex.join(words)

    def judged(self, report: Report, simulation: Simulation, *more: Simulation) -> Report:
        """The report with its problems."""
        problems = [self._problem(report, each) for each in (simulation, *more)]
        unpaid = self._unpaid(report, simulation.gas)
        if unpaid is not None:
            # The one thing that is missing, where a delivery would succeed.
            ready = problems[0].stage is Stage.READY
            problems = [unpaid] if ready else [*problems, unpaid]
        waits = simulation.stage in (Stage.UNSIGNED, Stage.NO_METADATA) and not report.sent.final
        if waits:
            problems.insert(0, self._not_final(report))
        return replace(report, problems=tuple(problems))

    def _problem(self, report: Report, simulation: Simulation) -> Problem:
        stage, reason = simulation.stage, simulation.reason
        match stage:
            case Stage.READY:
                return self._ready(report)
            case Stage.UNSIGNED:
                return self._unsigned(report, reason)
            case Stage.NO_METADATA if report.leaf is None and _wants_leaf(report.module):
                return _not_in_tree(report)
            case Stage.REVERTS:
                recipient = to_checksum_word(report.message.recipient)
                what = f"the recipient {recipient} refuses the message: {reason}"
                next_ = "mend what it refuses; relayers try again, or do it yourself: "
                return Problem(stage, what, next_ + self.deliver(report))
            case Stage.REFUSED:
                what = f"a delivery fails: {reason}"
                next_ = "mend what is refused; relayers try again, or do it yourself: "
                return Problem(stage, what, next_ + self.deliver(report))
            case Stage.NO_RECIPIENT:
                next_ = "deploy the recipient there, or send again to the right address"
            case Stage.NO_CHAIN:
                next_ = (
                    "add the destination's metadata.yaml and addresses.yaml to"
                    f" {self.registry or 'the registry'}, if it is an EVM chain; else ask its own"
                    " explorer"
                )
            case Stage.SILENT:
                next_ = f"try again, or give {report.destination}'s metadata.yaml another rpcUrl"
            case _:
                next_ = "ask the owner of the recipient's security module; it is tried again"
        return Problem(stage, reason, next_)

    def _ready(self, report: Report) -> Problem:
        since = ago(self.clock() - report.sent.time)
        what = f"everything is ready, and nobody has delivered it: it was dispatched {since}"
        trusted = trusted_relayers(report.module) if report.module else set()
        if trusted:
            what += f"; only {', '.join(map(to_checksum, sorted(trusted)))} may deliver it"
        start = "start a relayer for both chains"
        if report.relayer is not None and not report.relayer.problem:
            start = "see what the relayer says"
        return Problem(
            Stage.READY, what, f"{start}, or deliver it yourself: {self.deliver(report)}"
        )

    def _unsigned(self, report: Report, reason: str) -> Problem:
        short = [
            part
            for part in (multisigs(report.module) if report.module else ())
            if part.threshold is not None and part.signed_weight < part.threshold
        ]
        if not short:
            return Problem(Stage.UNSIGNED, reason, "try again in some seconds")
        what = "; ".join(
            f"multisig {to_checksum(part.address)} has {part.signed_weight} of {part.threshold}"
            f" signatures: {self.missing(part, report)}"
            for part in short
        )
        next_ = (
            "start these validators, or ask who runs them; once they sign, a relayer delivers it"
        )
        return Problem(Stage.UNSIGNED, what, next_)

    def missing(self, part: Module, report: Report) -> str:
        """The validators of a multisig that have not signed, and how far they are behind."""
        return ", ".join(
            f"{to_checksum(each.validator)} is missing ({self.lag(each, report)})"
            for each in part.signers
            if not each.signed
        )

    def lag(self, signer: Signer, report: Report) -> str:
        """Tell how far a validator is behind."""
        if signer.latest is None:
            return signer.problem or "never signed anything"
        words = f"last signed leaf {signer.latest}"
        if signer.latest_at is not None:
            words += f", {ago(self.clock() - signer.latest_at)}"
        if report.leaf is not None:
            words += f", {max(0, report.leaf.count - 1 - signer.latest)} behind"
        return f"{words}; {signer.problem}" if signer.problem else words

    def _unpaid(self, report: Report, estimate: int | None) -> Problem | None:
        paid = report.paid
        if paid.paymaster is None and not paid.payments:
            return None  # nobody can pay on this chain
        if not paid.payments:
            what = "no gas was paid for on the destination"
        elif estimate is not None and paid.gas < estimate * _ENOUGH:
            what = f"{paid.gas:,} gas was paid for, and the delivery takes about {estimate:,}"
        else:
            return None
        what += ": relayers that want to be paid leave it"
        by = f"deliver it yourself: {self.deliver(report)}"
        if paid.quote is not None and paid.paymaster is not None and estimate is not None:
            gas = estimate - paid.gas
            by = (
                f"pay {coins(paid.quote)} of {report.sent.chain}'s coin by"
                f" payForGas({to_hex(report.message.id)}, {report.message.destination}, {gas},"
                f" <refund address>) of {to_checksum(paid.paymaster)}, or {by}"
            )
        return Problem(Stage.UNPAID, what, by)

    def _not_final(self, report: Report) -> Problem:
        sent = report.sent
        return Problem(
            Stage.NOT_FINAL,
            f"block {sent.block} of {sent.chain} is not final: the newest that is has number"
            f" {sent.final_block}",
            "wait: validators sign final blocks only",
        )


def _wants_leaf(module: Module | None) -> bool:
    return module is not None and any(True for _ in multisigs(module))


def _not_in_tree(report: Report) -> Problem:
    return Problem(
        Stage.NOT_IN_TREE,
        f"no leaf of {report.sent.chain}'s merkle tree holds the message, so validators do not"
        " sign it",
        "check that merkleTreeHook in addresses.yaml is called by the Mailbox's required hook, or"
        " by the sender's; then send it again",
    )


def to_checksum_word(word: bytes) -> str:
    """An address as messages have it, in the form of an EVM address if it is one."""
    return to_checksum(Address(word[12:])) if not any(word[:12]) else to_hex(word)
