"""`make demo-guard`: the attack of April 2026, and a guardian that stops the route.

Two of three validators are switched over to lying nodes and sign two transfers that nobody sent.
The attackers deliver the first one themselves. The guardian's own node knows no such message: it
pauses the route before the second delivery, and the signatures in the first one cost the signers
their stake. The owner replaces them and resumes.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ape
from ape.contracts import ContractInstance
from ape.logging import LogLevel, logger
from eth_account.signers.local import LocalAccount
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from ape_hyperlane.core.messages import await_delivery, contract
from ape_hyperlane.demo.devnet import Devnet, Stop, development_key
from ape_hyperlane.demo.failover import Provider, provider
from ape_hyperlane.demo.forging import Forgery, fork, signatures
from ape_hyperlane.demo.narration import Narration, ended_with_a_word, keep_running
from ape_hyperlane.demo.stakes import STAKE, Standing, stake_all, tokens
from ape_hyperlane.demo.transfers import deploy_native_route
from hyperlane.errors import ChainError

ORIGIN, REMOTE = "alpha", "beta"
THRESHOLD = 2
ETHER = 10**18
DEPOSIT, HONEST = 100 * ETHER, ETHER
FORGED = (4 * ETHER, 5 * ETHER)
LIMIT = 10 * ETHER
"""Wei that the route's rate limit lets out in a day: enough for all transfers before the owner
resumes."""
PAUSE = 86_400
"""Seconds for which the guardian can pause."""
BLOCKS = 2
"""Largest number of blocks from the forged delivery to the pause."""
BLOCKS_LATER = "blocks from the delivery to the pause"
BLOCK_SECONDS = 6
"""Block time of the destination, in seconds, from the attack to the pause: half of Ethereum's."""
SUCCESSORS, THIEF, GUARDIAN, WATCHTOWER, RECEIVER = (9, 10), 11, 17, 18, 19
"""Indexes of development accounts."""
SECONDS = 300
"""Longest wait for an event, in seconds."""


def run(folder: Path, keep: bool) -> bool:
    """Runs the demo in `folder`. True if every effect is as expected."""
    console = Console()
    console.width = max(console.width, 120)
    with (
        ended_with_a_word(),
        Devnet(folder, validators=3) as net,
        logger.at_level(LogLevel.ERROR),
        provider(net.chains[ORIGIN].url) as shared,
    ):
        verified = GuardingDemo(net, shared, console).play()
        if keep:
            console.print("\nEverything keeps running until Ctrl-C.")
            keep_running(console, net.processes.check)
    return verified


@dataclass(frozen=True, slots=True)
class Effect:
    """A value that was read back from the chains, and whether it is the expected one."""

    what: str
    found: str
    holds: bool


class GuardingDemo(Narration):
    """The scenes of the demo, on one devnet."""

    def __init__(self, net: Devnet, shared: Provider, console: Console) -> None:
        super().__init__(console)
        self.net, self.shared = net, shared
        self.keys = net.chains[ORIGIN].validators
        self.deceived = [f"validator-{ORIGIN}-{index}" for index in range(THRESHOLD)]
        self.thief = development_key(THIEF).address
        self.effects: list[Effect] = []

    def play(self) -> bool:
        """Plays all scenes. True if every effect is as expected."""
        self.prepare()
        self.start()
        self.transfer_honestly()
        self.attack()
        self.await_pause()
        self.await_slash()
        self.resume()
        return self.show()

    def prepare(self) -> None:
        """Starts the chains, and deploys cores, stake and the route."""
        net = self.net
        net.start_chains()
        for name in net.chains:
            net.deploy_core(name, THRESHOLD)
        with net.connect(ORIGIN):
            self.stakes = stake_all(net, ORIGIN, self.keys)
        self.secure(self.keys)
        self.pause = self.deployed_pause()
        self.log(f"two chains; three validators of {ORIGIN} with {tokens(STAKE)} each")
        self.log(f"warp route deployed: native on {REMOTE}, synthetic on {ORIGIN}; on {REMOTE} it")
        self.log(
            f"       wants 2 of 3 signatures, can be paused, and lets out {ether(LIMIT)} a day"
        )

    def secure(self, signers: tuple[LocalAccount, ...]) -> None:
        """Deploys the route, or changes the signers that secure it."""
        limiter: Any = {"type": "rateLimitedIsm", "maxCapacity": str(LIMIT)}
        multisig = {
            "type": "messageIdMultisigIsm",
            "validators": [key.address for key in signers],
            "threshold": THRESHOLD,
        }
        pause: Any = {
            "type": "guardedPausableIsm",
            "guardians": [development_key(GUARDIAN).address],
            "guardianPause": PAUSE,
        }
        modules = [pause, multisig, limiter]
        security = {"type": "staticAggregationIsm", "modules": modules, "threshold": len(modules)}
        self.route = deploy_native_route(self.net, REMOTE, ORIGIN, {REMOTE: security})
        self.modules, self.place = len(modules), modules.index(multisig)

    def deployed_pause(self) -> ContractInstance:
        """The pausable module of the route, which is the first of its aggregation."""
        with self.net.connect(REMOTE):
            module = contract(*self.route.router(REMOTE)).interchainSecurityModule()
            modules, _ = contract("StaticAggregationIsm", module).modulesAndThreshold(b"")
            return contract("GuardedPausableIsm", modules[0])

    def start(self) -> None:
        """Starts the agents. Two validators read the origin through one provider."""
        net = self.net
        net.tick()
        spare = net.chains[REMOTE].validators[THRESHOLD:]
        net.start_agents(spare, rpcs=dict.fromkeys(self.keys[:THRESHOLD], self.shared.url))
        recipients = (self.route.routers[REMOTE],)
        stop = Stop(REMOTE, self.pause.address, development_key(GUARDIAN), recipients)
        net.start_watchtower(
            ORIGIN, self.stakes.manager.address, development_key(WATCHTOWER), [stop]
        )
        self.log("validators, a relayer and a guardian started; two validators of three share an")
        self.log("       RPC provider, the guardian has a node of its own")

    def transfer_honestly(self) -> None:
        """Fills the route and pays out a genuine transfer, which stops nothing."""
        self.follow(REMOTE, ORIGIN, DEPOSIT, self.net.user.address)
        self.follow(ORIGIN, REMOTE, HONEST, development_key(RECEIVER).address)
        with self.net.connect(REMOTE):
            self.effect("paused after a genuine transfer", bool(self.pause.paused()), False)
            self.locked = self.balance()

    def follow(self, origin: str, destination: str, amount: int, recipient: str) -> None:
        sent = self.route.send(origin, destination, amount, recipient)
        arrived = await_delivery(
            sent,
            self.net.registry.addresses(destination),
            lambda: self.net.connect(destination),
            self.net.processes.check,
            SECONDS,
        )
        self.log(f"{ether(amount)}, {origin} to {destination}: after {arrived.seconds:.1f} s")

    def attack(self) -> None:
        """Has two validators sign forged transfers, and delivers the first."""
        nodes = fork(self.net, self.route, ORIGIN, REMOTE)
        messages = nodes.forge(FORGED, self.thief)
        self.shared.node = nodes.url
        nodes.tick(1)
        self.net.tick(BLOCK_SECONDS, [REMOTE])
        self.log("the shared provider fails over to lying nodes, on which the route sent")
        self.log(
            f"       {' and '.join(map(ether, FORGED))} to a thief; {ORIGIN} knows nothing of it"
        )
        self.first, self.second = (self.signed(message) for message in messages)
        self.log("two validators have signed both transfers")
        with self.net.connect(REMOTE):
            self.delivered_in = self.first.deliver(self.mailbox, self.thief)
            self.log(f"the thief delivers the first one himself, in block {self.delivered_in}")
            would = self.second.refused(self.mailbox, self.delivered_in)
            self.effect("the second delivery, before the pause", would or "accepted", "accepted")

    def signed(self, message: Any) -> Forgery:
        self.wait(
            lambda: len(signatures(self.net, self.deceived, message)) == THRESHOLD,
            "signatures of a forged transfer",
        )
        found = signatures(self.net, self.deceived, message)
        return Forgery(message, tuple(found), self.place, self.modules)

    def await_pause(self) -> None:
        """Waits for the guardian, and tries the second delivery."""
        with self.net.connect(REMOTE):
            self.wait(lambda: bool(self.pause.paused()), "the pause")
            paused_in = self.paused_in()
            blocks = paused_in - self.delivered_in
            self.log(f"the guardian paused the route in block {paused_in}, {blocks} later")
            self.effects.append(Effect(BLOCKS_LATER, str(blocks), 0 <= blocks <= BLOCKS))
            self.refuse("the second delivery, larger, after the pause", "EnforcedPause")
        self.net.tick(1, [REMOTE])

    def refuse(self, what: str, wanted: str) -> None:
        """Notes why the connected chain refuses the second delivery."""
        reason = self.second.refused(self.mailbox) or "accepted"
        self.log(f"{what}: {reason}")
        self.effects.append(Effect(what, error_name(reason), error_name(reason) == wanted))

    def paused_in(self) -> int:
        """The block of the pause."""
        eth = ape.networks.provider.web3.eth
        abi = [item.model_dump() for item in self.pause.contract_type.events]
        topic = eth.contract(abi=abi).events.Paused().topic
        (log,) = eth.get_logs({"address": self.pause.address, "fromBlock": 0, "topics": [topic]})
        return int(log["blockNumber"])

    def await_slash(self) -> None:
        """Waits until the signers have lost their stake on the origin."""
        with self.net.connect(ORIGIN):
            self.wait(
                lambda: all(
                    self.stakes.standing(position).status == "Tombstoned"
                    for position in range(THRESHOLD)
                ),
                "the slashing",
            )
            standings = self.stakes.standings()
        self.log(f"the signatures in the delivery cost both signers their stake on {ORIGIN}")
        slashed, kept = Standing(STAKE // 2, "Tombstoned"), Standing(STAKE, "Active")
        for position, standing in enumerate(standings):
            wanted = slashed if position < THRESHOLD else kept
            self.effects.append(
                Effect(
                    f"stake of validator {position} on {ORIGIN}, {tokens(STAKE)} before",
                    f"{tokens(standing.stake)}, {standing.status}",
                    standing == wanted,
                )
            )

    def resume(self) -> None:
        """Replaces the deceived signers, unpauses, and pays out a genuine transfer."""
        net = self.net
        for name in self.deceived:
            net.processes.kill(name)
        successors = [development_key(index) for index in SUCCESSORS]
        for position, key in enumerate(successors):
            net.start_validator(ORIGIN, f"successor-{ORIGIN}-{position}", key)
        # First the signers: the signatures of the second transfer are still there.
        self.secure((self.keys[-1], *successors))
        with net.connect(REMOTE):
            self.pause.unpause(sender=net.deployer)
            self.log("the owner had the signers replaced and unpaused")
            self.refuse("the second delivery, after the owner resumed", "UnexpectedSigner")
            lost = self.locked - self.balance()
        holds = lost == FORGED[0] <= LIMIT
        what = f"lost of {ether(self.locked)}, where the limit is {ether(LIMIT)} a day"
        self.effects.append(Effect(what, ether(lost), holds))
        receiver = development_key(RECEIVER).address
        before = self.balance_of(receiver)
        self.follow(ORIGIN, REMOTE, HONEST, receiver)
        received = self.balance_of(receiver) - before
        self.effect("genuine transfer after the owner resumed", ether(received), ether(HONEST))

    @property
    def mailbox(self) -> str:
        return self.net.registry.addresses(REMOTE).mailbox

    def balance(self) -> int:
        """Wei that the route's router holds on the destination, which has to be connected."""
        return int(ape.networks.provider.get_balance(self.route.routers[REMOTE]))

    def balance_of(self, account: str) -> int:
        with self.net.connect(REMOTE):
            return int(ape.networks.provider.get_balance(account))

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            self.net.processes.check()
            if time.monotonic() > deadline:
                raise ChainError(f"{what}: not within {SECONDS} s")
            time.sleep(0.3)

    def effect(self, what: str, found: object, wanted: object) -> None:
        self.effects.append(Effect(what, str(found), found == wanted))

    def show(self) -> bool:
        table = Table(title="Effects, read from the chains", box=SIMPLE, title_justify="left")
        for column in ("what", "found", ""):
            table.add_column(column, no_wrap=True)
        for effect in self.effects:
            verdict = "[green]as expected[/]" if effect.holds else "[red]not as expected[/]"
            table.add_row(effect.what, effect.found, verdict)
        self.console.print(table)
        verified = all(effect.holds for effect in self.effects)
        self.console.print(
            "[bold green]Every effect was read back from the chains.[/]"
            if verified
            else "[bold red]Not every effect is as expected.[/]"
        )
        return verified


def error_name(reason: str) -> str:
    """Name of the contract's error in a reason; the reason itself if it has none."""
    found = re.search(r"\((\w+)\(", reason)
    return found.group(1) if found else reason


def ether(amount: int) -> str:
    return f"{amount / ETHER:g} ether"
