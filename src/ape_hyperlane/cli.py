"""Options and commands of `ape hyperlane …` and `ape run deploy|warp|send`.

ape imports this module at every start, so each command imports its implementation when it runs.
"""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import click


class Whole(click.ParamType):
    """Option type: a decimal number of whole units, converted to the smallest unit."""

    def __init__(self, name: str, decimals: int) -> None:
        self.name, self.decimals = name, decimals

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        if isinstance(value, int):
            return value
        try:
            amount = Decimal(value).scaleb(self.decimals)
            if 0 < amount < 2**128 and amount == int(amount):
                return int(amount)
        except ArithmeticError:
            pass
        expected = f"more than 0 {self.name}, with {self.decimals} decimals at most"
        self.fail(f"{value!r}: expected {expected}", param, ctx)


NETWORK = click.option(
    "--network",
    help="ape network choice, or the URL of a node; default: the node that the registry has for"
    " --chain, else ethereum:local:foundry",
)
REGISTRY = click.option(
    "--registry",
    type=click.Path(path_type=Path, file_okay=False),
    default="registry",
    show_default=True,
    help="folder of chains/<name>/{metadata,addresses}.yaml",
)
MAX_GAS_PRICE = click.option(
    "--max-gas-price",
    type=Whole("gwei", 9),
    help="most to pay for gas, in gwei; default: ten times the price of recent blocks, up to 1000",
)
MAX_FEE = click.option(
    "--max-fee",
    type=Whole("coins", 18),
    default=5 * 10**16,
    show_default="0.05",
    help="most to pay for a delivery, in whole coins of the chain",
)
FORCE = click.option(
    "--force", is_flag=True, help="deploy in spite of the risks that the plan lists"
)
SALT = click.option(
    "--salt",
    help="text, or 0x and 32 bytes in hex: gives one address on all chains to what has this account"
    " and salt; default: as deployed, at first an address of its own on each",
)
CHAIN = click.option("--chain", help="name of the chain in the registry; default: the network's")


@click.group()
def cli() -> None:
    """Deploy, check and use Hyperlane."""


@cli.command()
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--config", type=click.Path(path_type=Path), help="core-config.yaml")
@REGISTRY
@CHAIN
@click.option("--domain", type=int, help="domain id; default: the chain id")
@SALT
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@FORCE
@click.option("--json", "as_json", is_flag=True, help="print the addresses as JSON")
def deploy(**options: Any) -> None:
    """Deploy and configure a core, or the missing parts of one, and write the registry."""
    from ape_hyperlane.core.command import run

    run(**options)


@cli.command()
@NETWORK
@REGISTRY
@CHAIN
@click.option("--json", "as_json", is_flag=True, help="print the differences as JSON")
def check(**options: Any) -> None:
    """Compare a core on its chain with its deployment."""
    from ape_hyperlane.core.command import check

    check(**options)


@cli.group()
def warp() -> None:
    """Deploy, check and use warp routes."""


ROUTE = click.option("--route", help="<SYMBOL>/<name>; default: the only one in the registry")


@warp.command("deploy")
@click.option(
    "--config", type=click.Path(path_type=Path), required=True, help="the route's *-deploy.yaml"
)
@REGISTRY
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--route", help="<SYMBOL>/<name> in the registry; default: symbol and chains")
@SALT
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@FORCE
@click.option("--json", "as_json", is_flag=True, help="print the routers as JSON")
def warp_deploy(**options: Any) -> None:
    """Deploy a route on all chains of a file, or the missing parts of one."""
    from ape_hyperlane.warp.command import deploy

    deploy(**options)


@warp.command("check")
@ROUTE
@REGISTRY
@click.option("--json", "as_json", is_flag=True, help="print the differences as JSON")
def warp_check(**options: Any) -> None:
    """Compare a route on its chains with its deployment."""
    from ape_hyperlane.warp.command import check

    check(**options)


@warp.command("send")
@ROUTE
@REGISTRY
@click.option("--origin", required=True, help="chain to send from")
@click.option("--to", "destination", required=True, help="chain to deliver on")
@click.option("--amount", required=True, help="in whole tokens; the id of an NFT")
@click.option("--recipient", help="address that receives; default: the sender")
@click.option("--account", help="ape account that sends; development networks have a default")
@MAX_FEE
@click.option(
    "--max-token-fee",
    type=click.FloatRange(min=0, max=1_000_000),
    default=2,
    show_default=True,
    help="most to pay on top of the amount, in percent of it",
)
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the cost and stop")
@click.option(
    "--timeout", "seconds", type=float, default=120, show_default=True, help="seconds to wait"
)
def warp_send(
    max_fee: int, max_token_fee: float, max_gas_price: int | None, **options: Any
) -> None:
    """Send tokens over a route, wait for them and show both balances."""
    from ape_hyperlane.core.quotes import Bounds
    from ape_hyperlane.warp.command import send

    token_fee = Fraction(str(max_token_fee)) / 100
    send(bounds=Bounds(max_fee, token_fee, max_gas_price), **options)


@cli.command()
@click.option("--registry", type=click.Path(path_type=Path), default="registry", show_default=True)
@click.option("--origin", required=True, help="chain to send from")
@click.option("--to", "destination", required=True, help="chain to deliver on")
@click.option("--recipient", help="address that receives; default: the test recipient")
@click.option("--body", required=True, help="text, or hex after 0x")
@click.option("--account", help="ape account that pays; development networks have a default")
@MAX_FEE
@MAX_GAS_PRICE
@click.option(
    "--timeout", "seconds", type=float, default=120, show_default=True, help="seconds to wait"
)
@click.option("--yes", is_flag=True, help="send to an address without a contract without asking")
def send(**options: Any) -> None:
    """Dispatch a message, wait for its delivery and show it, or why it does not come."""
    from ape_hyperlane.core.send import run

    run(**options)


@cli.group()
def staking() -> None:
    """Put stake behind the validators of a chain."""


@staking.command("deploy")
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option(
    "--config", type=click.Path(path_type=Path), help="staking-config.yaml; default: as deployed"
)
@REGISTRY
@CHAIN
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@click.option("--json", "as_json", is_flag=True, help="print the addresses as JSON")
def staking_deploy(**options: Any) -> None:
    """Deploy the staking contracts of a core, or the missing ones."""
    from ape_hyperlane.staking.command import deploy

    deploy(**options)


@cli.group()
def ism() -> None:
    """Make configs of security modules."""


@ism.command("from-stake")
@NETWORK
@REGISTRY
@CHAIN
@click.option(
    "--type",
    "kind",
    type=click.Choice(["weightedMessageIdMultisigIsm", "weightedMerkleRootMultisigIsm"]),
    default="weightedMessageIdMultisigIsm",
    show_default=True,
)
@click.option(
    "--percent",
    type=click.IntRange(0, 99),
    default=66,
    show_default=True,
    help="percentage of the stake that signatures must exceed",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="file to write; default: print"
)
def ism_from_stake(**options: Any) -> None:
    """Print or write the config of a security module for other chains, made of the validators that
    have stake on this one."""
    from ape_hyperlane.staking.command import from_stake

    from_stake(**options)


MESSAGE = click.argument("message", metavar="MESSAGE")
ORIGIN = click.option("--origin", help="chain that the message was sent from; default: search all")
SEARCH_BLOCKS = click.option(
    "--search-blocks",
    type=click.IntRange(min=1),
    default=1_000_000,
    show_default=True,
    help="blocks of each chain, back from the newest, in which logs are looked for",
)


@cli.command()
@MESSAGE
@REGISTRY
@ORIGIN
@click.option("--relayer", help="URL of a relayer's pages, to ask it too")
@click.option("--watch", is_flag=True, help="go on until it is delivered, or Ctrl-C")
@click.option("--json", "as_json", is_flag=True, help="print JSON, an object a line")
@SEARCH_BLOCKS
def status(**options: Any) -> None:
    """Show where a message is, what holds it up, and what to do about it.

    MESSAGE is its id, the hash of a transaction that sent or delivered it, or an explorer's link to
    either. Chains and validators' public storages are asked; no relayer is needed.
    """
    from ape_hyperlane.core.status import run

    run(**options)


@cli.command()
@MESSAGE
@REGISTRY
@ORIGIN
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--gas", type=click.IntRange(min=21_000), help="gas limit; default: as estimated")
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="simulate, show the cost and stop")
@SEARCH_BLOCKS
def deliver(**options: Any) -> None:
    """Deliver a message yourself, as a relayer would.

    MESSAGE is as in `status`. The delivery is simulated first, and its cost shown.
    """
    from ape_hyperlane.core.deliver import run

    run(**options)


@cli.command()
@REGISTRY
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default="core.yaml",
    show_default=True,
    help="core config to write",
)
@click.option("--rpc", help="URL of a chain's node: adds the chain to the registry, with --name")
@click.option("--name", help="name of the chain that the core is for")
@click.option("--domain", type=int, help="domain id of the chain; default: its chain id")
@click.option("--symbol", help="symbol of the chain's coin; default: ETH, or as known")
@click.option("--owner", help="address that owns all contracts; default: who deploys")
@click.option(
    "--validators",
    multiple=True,
    help="addresses, with commas, of those who sign messages that come here; <chain>=… for those of"
    " one chain",
)
@click.option("--threshold", type=int, help="how many have to sign; default: more than half")
@click.option("--remote", multiple=True, help="chains that messages go to; may be added later")
@click.option("--chain-only", is_flag=True, help="add the chain and write no config")
@click.option("--force", is_flag=True, help="replace files that exist")
@click.option(
    "--interactive/--no-interactive",
    default=None,
    help="ask for what is not given; default: at a terminal",
)
def init(**options: Any) -> None:
    """Write a first core config with explanations, and add a chain to the registry."""
    from ape_hyperlane.setup.init import run

    run(**options)


@cli.command("agent-config")
@REGISTRY
@click.option("--chains", multiple=True, help="chains to relay between, with commas")
@click.option("--route", help="<SYMBOL>/<name>: relay this route's messages and no others")
@click.option("--validator", help="chain to sign for: a validator's configuration")
@click.option(
    "--storage",
    help="where the validator's signatures go: a folder, s3://bucket/region or gs://bucket;"
    " default: checkpoints-<chain>",
)
@click.option(
    "--gas-policy",
    type=click.Choice(["paid", "none"]),
    default="paid",
    show_default=True,
    help="deliver what was paid for, or everything",
)
@click.option(
    "--local-validators", is_flag=True, help="read signatures in folders of this machine, too"
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="file to write; default: print"
)
@click.option("--force", is_flag=True, help="replace a file that exists")
def agent_config(**options: Any) -> None:
    """Make the configuration of a relayer or a validator from the registry."""
    from ape_hyperlane.setup.agents import run

    run(**options)


@cli.command()
@click.option(
    "--config",
    "configs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="an agent's JSON; several are merged, as by the agent",
)
@REGISTRY
@click.option("--chain", "chains", multiple=True, help="chains to look at; default: all")
@click.option("--json", "as_json", is_flag=True, help="print the checks as JSON")
def doctor(**options: Any) -> None:
    """Find what is wrong with agents, or with the cores of a registry, and say what to do."""
    from ape_hyperlane.setup.doctor import run

    run(**options)


@cli.group()
def registry() -> None:
    """Show the chains of a registry."""


@registry.command("list")
@REGISTRY
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def registry_list(**options: Any) -> None:
    """List the chains, of all protocols."""
    from ape_hyperlane.setup.listing import list_chains

    list_chains(**options)


@registry.command("show")
@click.argument("chain")
@REGISTRY
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def registry_show(**options: Any) -> None:
    """Show a chain's metadata and addresses."""
    from ape_hyperlane.setup.listing import show

    show(**options)


@registry.command("addresses")
@REGISTRY
@click.option("--chains", multiple=True, help="chains, with commas; default: all that have a core")
@click.option("--json", "as_json", is_flag=True, help="print JSON: an addresses.json for dapps")
def registry_addresses(**options: Any) -> None:
    """Print all addresses, by chain and key."""
    from ape_hyperlane.setup.listing import addresses

    addresses(**options)


@cli.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="new folder for registry, configs, logs and databases; default: devnet-<time>",
)
@click.option("--once", is_flag=True, help="end after the first message")
def devnet(**options: Any) -> None:
    """Run two connected chains with validators and a relayer until Ctrl-C, and send a message.

    For development: the keys are public, and everything is on this machine's loopback interface.
    """
    from ape_hyperlane.demo.command import run

    run(**options)


DEMO_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    callback=lambda _context, _option, folder: (folder or _demo_folder()).resolve(),
    help="where files go; default: build/demo-<time>",
)


def _demo_folder() -> Path:
    from datetime import datetime

    return Path("build") / f"demo-{datetime.now():%Y%m%d-%H%M%S}"


@cli.command()
@click.option("--keep", is_flag=True, help="leave everything running until Ctrl-C")
@DEMO_FOLDER
def demo(keep: bool, folder: Path) -> None:
    """Run two chains with agents, and send a message and a token in each direction."""
    from ape_hyperlane.console import one_line_errors
    from ape_hyperlane.demo.messages import run

    with one_line_errors():
        verified = run(folder, keep)
    raise SystemExit(0 if verified else 1)


@cli.command("demo-slash")
@DEMO_FOLDER
def demo_slash(folder: Path) -> None:
    """Have a validator sign a false checkpoint and lose its stake."""
    from ape_hyperlane.console import one_line_errors
    from ape_hyperlane.demo.slashing import run

    with one_line_errors():
        verified = run(folder)
    raise SystemExit(0 if verified else 1)


@cli.command("verify-input")
@click.argument("contract")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="file to write; default: print"
)
def verify_input(contract: str, out: Path | None) -> None:
    """Print or write the compiler's input that verifies a CONTRACT on a block explorer.

    It is Solidity standard JSON, as Etherscan and Sourcify take it.
    """
    import json

    from ape_hyperlane.artifacts import artifact, compiler, verification_input
    from ape_hyperlane.console import one_line_errors
    from hyperlane.files import write_atomic

    with one_line_errors():
        text = json.dumps(verification_input(contract), indent=1)
        source = artifact(contract).source
        if out is None:
            click.echo(text)
        else:
            write_atomic(out, text)
    click.echo(f"{source}:{contract}, compiled with solc {compiler()}", err=True)


OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="new file to write; default: print",
)
WITH_ADDRESSES = click.option(
    "--addresses",
    "with_addresses",
    is_flag=True,
    help="name each contract's address, so that deploy uses the contracts read",
)


@cli.command("read")
@NETWORK
@click.option("--mailbox", required=True, help="address of the Mailbox")
@REGISTRY
@OUT
@WITH_ADDRESSES
def read_core(**options: Any) -> None:
    """Print or write the core-config.yaml of any live core, whoever deployed it."""
    from ape_hyperlane.reading.command import read

    read(**options)


@warp.command("read")
@click.option(
    "--router",
    "routers",
    multiple=True,
    required=True,
    metavar="CHAIN=ADDRESS",
    help="a router to start from; those that it has enrolled are read, too",
)
@REGISTRY
@OUT
@WITH_ADDRESSES
def warp_read(**options: Any) -> None:
    """Print or write the deploy file of any live route, whoever deployed it."""
    from ape_hyperlane.reading.command import read_route

    read_route(**options)


PROPOSALS = click.option(
    "--proposals",
    type=click.Path(path_type=Path, file_okay=False),
    default="proposals",
    show_default=True,
    help="folder for the calls of Safes and timelocks",
)


@cli.command("apply")
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--config", type=click.Path(path_type=Path), help="core-config.yaml")
@REGISTRY
@CHAIN
@MAX_GAS_PRICE
@PROPOSALS
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@FORCE
def apply_core(**options: Any) -> None:
    """Bring a core into line with its config, and write what Safes and timelocks have to do."""
    from ape_hyperlane.core.command import run

    run(**options, domain=None, salt=None, as_json=False)


@warp.command("apply")
@click.option(
    "--config", type=click.Path(path_type=Path), required=True, help="the route's *-deploy.yaml"
)
@REGISTRY
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--route", help="<SYMBOL>/<name> in the registry; default: symbol and chains")
@MAX_GAS_PRICE
@PROPOSALS
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@FORCE
def warp_apply(**options: Any) -> None:
    """Bring a route into line with its file, and write what Safes and timelocks have to do."""
    from ape_hyperlane.warp.command import deploy

    deploy(**options, salt=None, as_json=False)


@cli.command("upgrade")
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@REGISTRY
@CHAIN
@click.option("--contract", help="name of a proxy, such as mailbox; default: all of the core")
@click.option("--force", is_flag=True, help="also replace code of unknown versions")
@MAX_GAS_PRICE
@PROPOSALS
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
def upgrade_core(**options: Any) -> None:
    """Replace the code behind a core's proxies by this version's, if its storage fits."""
    from ape_hyperlane.core.upgrade import run

    run(**options)
