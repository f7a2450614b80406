"""Commands of `ape hyperlane …` and `ape run deploy|warp|send|demo`.

ape imports these modules at every start, so each command imports its implementation when it runs.
"""

import click

from ape_hyperlane.cli.core import (
    apply_core,
    check,
    deploy,
    pause,
    read_core,
    rearm,
    unpause,
    upgrade_core,
    wire,
)
from ape_hyperlane.cli.demo import demo, demo_guard, demo_slash, devnet, verify_input
from ape_hyperlane.cli.ica import ica
from ape_hyperlane.cli.messages import deliver, send, status
from ape_hyperlane.cli.setup import agent_config, doctor, init, registry
from ape_hyperlane.cli.staking import ism, staking
from ape_hyperlane.cli.warp import warp

__all__ = [
    "agent_config",
    "apply_core",
    "check",
    "cli",
    "deliver",
    "demo",
    "demo_guard",
    "demo_slash",
    "deploy",
    "devnet",
    "doctor",
    "ica",
    "init",
    "ism",
    "pause",
    "read_core",
    "rearm",
    "registry",
    "send",
    "staking",
    "status",
    "unpause",
    "upgrade_core",
    "verify_input",
    "warp",
    "wire",
]


@click.group()
def cli() -> None:
    """Deploy, check and use Hyperlane."""


for _command in (
    *(deploy, check, read_core, apply_core, upgrade_core, wire, warp, staking, ism),
    *(pause, unpause, rearm),
    *(send, status, deliver, ica),
    *(init, agent_config, doctor, registry),
    *(devnet, demo, demo_slash, demo_guard, verify_input),
):
    cli.add_command(_command)
