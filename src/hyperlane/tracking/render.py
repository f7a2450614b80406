"""A report as text for people, as one line while waiting, and as JSON for programs.

The JSON's shape is documented in docs/where-is-my-message.md: keys may be added, and none changes
its meaning.
"""

import time
from collections.abc import Iterator
from typing import Any

from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.tracking.advice import Advice, to_checksum_word
from hyperlane.tracking.report import Module, Payment, Report, Signer, Stage
from hyperlane.tracking.words import ago, coins

_LABEL = 12


def text(report: Report, advice: Advice) -> list[str]:
    """All facts, a line each; the last lines say what is wrong and what to do."""
    return [*_facts(report, advice), *_verdict(report)]


def line(report: Report) -> str:
    """Describe the stage of the message in one line, which stays the same while nothing happens."""
    if report.delivery is not None:
        return f"delivered on {report.delivery.chain}"
    if not report.problems:
        return str(report.stage)
    first = report.problems[0]
    what = first.what
    if first.stage is Stage.READY:
        what = "nobody has delivered it yet"
    elif first.stage is Stage.UNSIGNED and report.simulation is not None:
        what = report.simulation.reason
    said = f"{first.stage}: {what}"
    if report.relayer is not None:
        said += f" | relayer: {report.relayer.problem or report.relayer.status}"
    return said


def _facts(report: Report, advice: Advice) -> Iterator[str]:
    message, sent, paid = report.message, report.sent, report.paid
    where = report.destination or f"domain {message.destination}"
    final = "final" if sent.final else f"not final, which block {sent.final_block} is"
    yield f"message {to_hex(message.id)}"
    yield _row(
        "dispatched",
        f"{sent.chain} → {where}, nonce {message.nonce}, in block {sent.block} ({final}),"
        f" {ago(advice.clock() - sent.time)}",
    )
    yield _row("", f"transaction {to_hex(sent.transaction)}")
    yield _row(
        "",
        f"from {to_checksum_word(message.sender)} to {to_checksum_word(message.recipient)},"
        f" {len(message.body)} bytes",
    )
    estimate = report.simulation.gas if report.simulation else None
    takes = f"; the delivery takes about {estimate:,}" if estimate is not None else ""
    if paid.payments:
        masters = ", ".join(sorted({to_checksum(each.paymaster) for each in paid.payments}))
        amount = coins(paid.amount)
        yield _row("paid", f"{paid.gas:,} gas for {amount} to paymaster {masters}{takes}")
    else:
        yield _row("paid", f"nothing{takes}")
    if report.leaf is None:
        yield _row("in the tree", "no")
    else:
        leaf = report.leaf
        place = f"leaf {leaf.index} of {leaf.count} of {to_checksum(leaf.hook)}"
        yield _row("in the tree", f"{place}, since block {leaf.block}")
    if report.module is not None:
        for depth, said in _module(report.module, report, advice, 0):
            yield _row("" if depth else "module", "  " * depth + said)
    if report.simulation is not None and report.delivery is None:
        yield _row("simulation", _simulation(report))
    if report.delivery is None:
        yield _row("delivered", "no")
    else:
        yield from _delivery(report, advice)
    if report.relayer is not None:
        view = report.relayer
        said = view.problem or f"{view.state}: {view.status}"
        tries = f", {view.retries} tries" if view.retries else ""
        yield _row("relayer", f"{view.url} {said}{tries}")


def _delivery(report: Report, advice: Advice) -> Iterator[str]:
    delivery = report.delivery
    assert delivery is not None
    if delivery.block is None or delivery.transaction is None:
        yield _row(
            "delivered",
            f"on {delivery.chain}; its block is older than those that were searched"
            " (--search-blocks)",
        )
        return
    final = "final" if delivery.final else "not final yet"
    when = f", {ago(advice.clock() - delivery.time)}" if delivery.time is not None else ""
    yield _row("delivered", f"on {delivery.chain} in block {delivery.block} ({final}){when}")
    yield _row("", f"transaction {to_hex(delivery.transaction)}")
    if delivery.processor is not None:
        gas = f", {delivery.gas:,} gas" if delivery.gas is not None else ""
        yield _row("", f"by {to_checksum(delivery.processor)}{gas}")


def _simulation(report: Report) -> str:
    simulation = report.simulation
    assert simulation is not None
    if simulation.gas is not None:
        return f"succeeds with {simulation.gas:,} gas"
    if simulation.stage in (Stage.REVERTS, Stage.REFUSED):
        return f"reverts: {simulation.reason}"
    return f"impossible: {simulation.reason}"


def _module(
    module: Module, report: Report, advice: Advice, depth: int
) -> Iterator[tuple[int, str]]:
    said = f"{module.kind.replace('_', ' ')} {to_checksum(module.address)}"
    if module.signers:
        said += f", {module.signed_weight} of {module.threshold} signed"
    elif module.threshold is not None:
        said += f", {module.threshold} of {len(module.below)} parts"
    if module.relayer is not None:
        said += f", only for {to_checksum(module.relayer)}"
    if module.problem:
        said += f": {module.problem}"
    yield depth, said
    for each in module.signers:
        state = "signed" if each.signed else f"missing: {advice.lag(each, report)}"
        yield depth + 1, f"{to_checksum(each.validator)} {state}"
    for part in module.below:
        yield from _module(part, report, advice, depth + 1)


def _verdict(report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield f"{problem.stage}: {problem.what}"
        yield f"  next: {problem.next}"


def _row(label: str, said: str) -> str:
    return f"  {label:<{_LABEL}}{said}"


def as_json(report: Report, clock: float | None = None) -> dict[str, Any]:
    """The report as JSON values: hex with 0x, amounts in wei as decimal strings, gas as numbers."""
    message, sent, paid = report.message, report.sent, report.paid
    simulation, delivery, leaf = report.simulation, report.delivery, report.leaf
    return {
        "id": to_hex(message.id),
        "state": str(report.stage),
        "checkedAt": int(time.time() if clock is None else clock),
        "origin": sent.chain,
        "destination": report.destination,
        "originDomain": message.origin,
        "destinationDomain": message.destination,
        "nonce": message.nonce,
        "sender": to_hex(message.sender),
        "recipient": to_hex(message.recipient),
        "body": to_hex(message.body),
        "dispatched": {
            "block": sent.block,
            "transaction": to_hex(sent.transaction),
            "time": sent.time,
            "final": sent.final,
        },
        "paid": {
            "gas": paid.gas,
            "wei": str(paid.amount),
            "payments": list(map(_payment, paid.payments)),
        },
        "tree": None
        if leaf is None
        else {"hook": to_checksum(leaf.hook), "leaf": leaf.index, "leaves": leaf.count},
        "module": None if report.module is None else _module_json(report.module),
        "simulation": None
        if simulation is None
        else {
            "succeeds": simulation.gas is not None,
            "gas": simulation.gas,
            "reason": simulation.reason or None,
        },
        "delivered": None
        if delivery is None
        else {
            "chain": delivery.chain,
            "block": delivery.block,
            "transaction": None if delivery.transaction is None else to_hex(delivery.transaction),
            "by": _address(delivery.processor),
            "gas": delivery.gas,
            "time": delivery.time,
            "final": delivery.final,
        },
        "relayer": None
        if report.relayer is None
        else {
            "url": report.relayer.url,
            "state": report.relayer.state,
            "status": report.relayer.status or report.relayer.problem,
            "reason": report.relayer.reason,
            "retries": report.relayer.retries,
            "nextTryIn": report.relayer.next_try_in,
        },
        "problems": [
            {"kind": str(each.stage), "what": each.what, "next": each.next}
            for each in report.problems
        ],
    }


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "paymaster": to_checksum(payment.paymaster),
        "gas": payment.gas,
        "wei": str(payment.amount),
        "transaction": to_hex(payment.transaction),
    }


def _module_json(module: Module) -> dict[str, Any]:
    return {
        "address": to_checksum(module.address),
        "type": module.kind,
        "threshold": module.threshold,
        "validators": list(map(_signer, module.signers)),
        "relayer": _address(module.relayer),
        "problem": module.problem or None,
        "modules": list(map(_module_json, module.below)),
    }


def _signer(signer: Signer) -> dict[str, Any]:
    return {
        "address": to_checksum(signer.validator),
        "weight": signer.weight,
        "signed": signer.signed,
        "latestLeaf": signer.latest,
        "latestTime": None if signer.latest_at is None else int(signer.latest_at),
        "problem": signer.problem or None,
    }


def _address(address: Address | None) -> str | None:
    return None if address is None else to_checksum(address)
