"""`make demo`: two chains with agents, a message and a token transfer in each direction.

Every effect is read from the chains afterwards; the demo fails when one is not as expected.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import ape
from ape.logging import LogLevel, logger
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from ape_hyperlane.core.messages import (
    Delivered,
    Dispatched,
    await_delivery,
    contract,
    dispatch,
)
from ape_hyperlane.demo.devnet import Devnet, development_key, send_command
from ape_hyperlane.demo.narration import Narration, ended_with_a_word, keep_running
from ape_hyperlane.demo.transfers import deploy_native_route
from hyperlane.files import write_atomic
from hyperlane.protocol.typecasts import address_from_hex

ORIGIN, REMOTE = "alpha", "beta"
THRESHOLD = 2
ETHER = 10**18
SENT, RETURNED = ETHER, 4 * ETHER // 10
RECEIVER = development_key(19).address
"""Receives the returned token on the origin chain. It pays no gas, so its balance is exact."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A delivered message."""

    what: str
    origin: str
    destination: str
    dispatched: Dispatched
    delivered: Delivered


@dataclass(frozen=True, slots=True)
class Effect:
    """A value on a chain that the demo changes, read before and after."""

    what: str
    before: object
    after: object
    expected: object

    @property
    def holds(self) -> bool:
        return self.after == self.expected


def run(folder: Path, keep: bool) -> bool:
    """Runs the demo in `folder`. True if every effect is as expected."""
    console = Console()
    console.width = max(console.width, 120)  # wrapped tables are unreadable
    with ended_with_a_word(), Devnet(folder) as net, logger.at_level(LogLevel.ERROR):
        demo = Demo(net, console)
        demo.prepare()
        crossings, effects = demo.cross()
        show(console, crossings, effects)
        keep_record(folder / "summary.json", crossings, effects)
        verified = all(effect.holds for effect in effects)
        console.print(
            "[bold green]Every effect was read back from the chains.[/]"
            if verified
            else "[bold red]Not every effect is as expected.[/]"
        )
        if keep:
            if explorer := net.start_explorer():
                console.print(f"\nThe explorer shows these messages: {explorer}", highlight=False)
            console.print("\nEverything keeps running until Ctrl-C. Send the next message with:")
            console.print(f"  {send_command(net)}", soft_wrap=True, highlight=False)
            keep_running(console, net.processes.check)
    return verified


class Demo(Narration):
    """The scenes of the demo, on one devnet."""

    def __init__(self, net: Devnet, console: Console) -> None:
        super().__init__(console)
        self.net = net

    def prepare(self) -> None:
        """Starts chains and agents, and deploys cores and a warp route."""
        net = self.net
        net.start_chains()
        for chain in net.chains.values():
            self.log(f"chain {chain.name}, chain id {chain.chain_id}, at {chain.url}")
        for name in net.chains:
            sent = net.deploy_core(name, THRESHOLD)
            self.log(f"core deployed on {name} in {sent} transactions, read back")
        self.route = deploy_native_route(net, ORIGIN, REMOTE)
        self.log(f"warp route deployed: native on {ORIGIN}, synthetic on {REMOTE}")
        net.tick()
        net.start_agents()
        agents = sum(len(chain.validators) for chain in net.chains.values())
        self.log(f"{agents} validators and a relayer started, logs in {net.processes.logs}")

    def cross(self) -> tuple[list[Crossing], list[Effect]]:
        """Sends four messages. Returns them and their effects."""
        there, back = bytes(range(200)), b"and back again"
        before = self.balances()
        crossings = [
            self.message(ORIGIN, REMOTE, there),
            self.message(REMOTE, ORIGIN, back),
            self.token(ORIGIN, REMOTE, SENT, self.net.user.address),
            self.token(REMOTE, ORIGIN, RETURNED, RECEIVER),
        ]
        after = self.balances()
        expected = {
            f"locked in the router on {ORIGIN}": SENT - RETURNED,
            f"synthetic held by the user on {REMOTE}": SENT - RETURNED,
            f"synthetic supply on {REMOTE}": SENT - RETURNED,
            f"receiver on {ORIGIN}": before[f"receiver on {ORIGIN}"] + RETURNED,
        }
        effects = [
            Effect(f"bytes received on {REMOTE}", "", self.received(REMOTE), there.hex()),
            Effect(f"bytes received on {ORIGIN}", "", self.received(ORIGIN), back.hex()),
            *(Effect(what, before[what], after[what], expected[what]) for what in expected),
        ]
        return crossings, effects

    def message(self, origin: str, destination: str, body: bytes) -> Crossing:
        recipient = self.net.registry.addresses(destination).test_recipient
        assert recipient is not None
        with self.net.connect(origin):
            sent = dispatch(
                self.net.user,
                self.net.registry.addresses(origin),
                self.net.registry.metadata(destination).domain_id,
                address_from_hex(recipient),
                body,
            )
        return self.follow(f"message of {len(body)} bytes", origin, destination, sent)

    def token(self, origin: str, destination: str, amount: int, recipient: str) -> Crossing:
        sent = self.route.send(origin, destination, amount, recipient)
        return self.follow(f"{amount / ETHER:g} ether", origin, destination, sent)

    def follow(self, what: str, origin: str, destination: str, sent: Dispatched) -> Crossing:
        self.log(f"{what}, {origin} to {destination}: dispatched 0x{sent.id.hex()}")
        arrived = await_delivery(
            sent,
            self.net.registry.addresses(destination),
            lambda: self.net.connect(destination),
            self.net.processes.check,
        )
        self.log(f"{what}, {origin} to {destination}: delivered after {arrived.seconds:.1f} s")
        return Crossing(what, origin, destination, sent, arrived)

    def received(self, chain: str) -> str:
        with self.net.connect(chain):
            recipient = self.net.registry.addresses(chain).test_recipient
            return bytes(contract("TestRecipient", recipient).lastData()).hex()

    def balances(self) -> dict[str, int]:
        with self.net.connect(ORIGIN):
            locked = ape.networks.provider.get_balance(self.route.router(ORIGIN)[1])
            receiver = ape.networks.provider.get_balance(RECEIVER)
        with self.net.connect(REMOTE):
            synthetic = contract(*self.route.router(REMOTE))
            held = synthetic.balanceOf(self.net.user.address)
            supply = synthetic.totalSupply()
        return {
            f"locked in the router on {ORIGIN}": int(locked),
            f"synthetic held by the user on {REMOTE}": int(held),
            f"synthetic supply on {REMOTE}": int(supply),
            f"receiver on {ORIGIN}": int(receiver),
        }


def show(console: Console, crossings: list[Crossing], effects: list[Effect]) -> None:
    table = Table(title="Messages", box=SIMPLE, title_justify="left")
    for column in ("what", "route", "message id", "dispatched in", "delivered in", "after"):
        table.add_column(column, no_wrap=True)
    for crossing in crossings:
        table.add_row(
            crossing.what,
            f"{crossing.origin} → {crossing.destination}",
            short("0x" + crossing.dispatched.id.hex()),
            f"{short(crossing.dispatched.transaction)} {crossing.dispatched.gas:>7,} gas",
            f"{short(crossing.delivered.transaction)} {crossing.delivered.gas:>7,} gas",
            f"{crossing.delivered.seconds:.1f} s",
        )
    console.print(table)
    table = Table(title="Effects, read from the chains", box=SIMPLE, title_justify="left")
    for column in ("what", "before", "after", ""):
        table.add_column(column, no_wrap=True)
    for effect in effects:
        table.add_row(
            effect.what,
            display(effect.before),
            display(effect.after),
            "[green]as expected[/]" if effect.holds else f"[red]not {display(effect.expected)}[/]",
        )
    console.print(table)


def keep_record(path: Path, crossings: list[Crossing], effects: list[Effect]) -> None:
    """Writes the tables as JSON, with full hashes."""
    record = {
        "messages": [
            {
                "what": crossing.what,
                "origin": crossing.origin,
                "destination": crossing.destination,
                "id": "0x" + crossing.dispatched.id.hex(),
                "dispatchTransaction": crossing.dispatched.transaction,
                "dispatchGas": crossing.dispatched.gas,
                "deliveryTransaction": crossing.delivered.transaction,
                "deliveryGas": crossing.delivered.gas,
                "seconds": round(crossing.delivered.seconds, 2),
            }
            for crossing in crossings
        ],
        "effects": [
            {
                "what": effect.what,
                "before": effect.before,
                "after": effect.after,
                "expected": effect.expected,
            }
            for effect in effects
        ],
    }
    write_atomic(path, json.dumps(record, indent=2) + "\n")


def short(hash_: str) -> str:
    return f"{hash_[:8]}…{hash_[-4:]}"


def display(value: object) -> str:
    """An amount in ether with all digits; long hex shortened."""
    if isinstance(value, int):
        return f"{Decimal(value) / ETHER:,f} ether"
    text = str(value)
    return text if len(text) <= 28 else f"{text[:8]}… {len(text) // 2} bytes"
