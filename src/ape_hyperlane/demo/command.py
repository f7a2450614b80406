"""`ape hyperlane devnet`: two connected chains to work with."""

import shlex
from datetime import datetime
from pathlib import Path

from ape.logging import LogLevel, logger
from rich.console import Console

from ape_hyperlane.console import one_line_errors
from ape_hyperlane.core.messages import await_delivery, dispatch
from ape_hyperlane.demo.devnet import DEPLOYER, Devnet, development_key, send_command
from ape_hyperlane.demo.narration import Narration, ended_with_a_word, keep_running
from ape_hyperlane.demo.processes import program
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import address_from_hex

THRESHOLD = 2


def run(folder: Path | None, once: bool) -> None:
    """Starts a devnet in a new folder, sends a message and keeps the devnet running until Ctrl-C,
    or until the message is delivered if `once`. ClickException with one line on failure."""
    console = Console(soft_wrap=True)
    with one_line_errors(), ended_with_a_word(), logger.at_level(LogLevel.ERROR):
        program("anvil")
        with Devnet(new_folder(folder)) as net:
            narration = Narration(console)
            start(net, narration)
            explorer = None if once else net.start_explorer()
            send_first(net, narration)
            if once:
                return
            show_next(net, console, explorer)
            keep_running(console, net.processes.check)
        console.print("Stopped: chains and agents have ended.")


def new_folder(folder: Path | None) -> Path:
    """The folder, in full. ConfigError if something is in it: chains start from nothing, and old
    databases and addresses would be of other chains."""
    chosen = (folder or Path(f"devnet-{datetime.now():%Y%m%d-%H%M%S}")).resolve()
    if chosen.exists() and (not chosen.is_dir() or any(chosen.iterdir())):
        raise ConfigError(
            f"--folder {chosen}: not empty; expected a new or empty folder: choose another one, or"
            " remove this one"
        )
    return chosen


def start(net: Devnet, narration: Narration) -> None:
    """Starts chains and agents, and deploys a core on each chain."""
    narration.log(f"two chains, four validators and a relayer in {net.folder}")
    net.start_chains()
    for name, chain in net.chains.items():
        narration.log(f"{name}, chain id {chain.chain_id}, answers at {chain.url}")
    for name in net.chains:
        sent = net.deploy_core(name, THRESHOLD)
        narration.log(f"core deployed on {name} in {sent} transactions")
    net.tick()
    net.start_agents()
    narration.log("validators and relayer started")


def send_first(net: Devnet, narration: Narration) -> None:
    """Sends a message from the first chain to the second and waits for it."""
    origin, destination = net.chains
    target = net.registry.addresses(destination)
    with net.connect(origin):
        sent = dispatch(
            net.user,
            net.registry.addresses(origin),
            net.registry.metadata(destination).domain_id,
            address_from_hex(target.require(destination, "testRecipient")),
            b"hello",
        )
    narration.log(f"message 0x{sent.id.hex()} dispatched on {origin}")
    arrived = await_delivery(
        sent, target, lambda: net.connect(destination), net.processes.check, seconds=300
    )
    narration.log(f"delivered on {destination} after {arrived.seconds:.1f} s")


def show_next(net: Devnet, console: Console, explorer: str | None) -> None:
    registry = shlex.quote(str(net.registry.folder))
    deployer = development_key(DEPLOYER)
    rows = [
        ("explorer", explorer or "needs pip install 'ape-hyperlane[explorer]'"),
        *((name, f"{chain.url}, chain id {chain.chain_id}") for name, chain in net.chains.items()),
        ("registry", net.registry.folder),
        ("agents' configs", net.folder / "config"),
        ("logs", net.processes.logs),
        ("relayer's pages", f"{net.pages['relayer']}/messages"),
        ("funded key", f"0x{bytes(deployer.key).hex()}, the deployer {deployer.address}"),
    ]
    console.print("\nRunning until Ctrl-C:")
    for what, value in rows:
        console.print(f"  {what:<16} {value}", highlight=False, markup=False)
    console.print("\nNext, in another terminal:")
    commands = [
        send_command(net),
        *(
            f"ape hyperlane check --network {chain.url} --registry {registry} --chain {name}"
            for name, chain in net.chains.items()
        ),
    ]
    for command in commands:
        console.print(f"  {command}", highlight=False, markup=False)
