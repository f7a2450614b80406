"""Starting a watchtower."""

import asyncio

import structlog

from hyperlane.agents.runtime import Chain, Runtime, connect, repeat, start
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.responding import Responder
from hyperlane.agents.watchtower.slashing import Slasher
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.agents.watchtower.watching import Watcher
from hyperlane.settings import WatchtowerSettings
from hyperlane.store.sequences import InsertionStore
from hyperlane.store.sightings import SightingStore

log = structlog.get_logger()


async def run(settings: WatchtowerSettings) -> None:
    """Watch until cancelled."""
    async with start(settings) as runtime:
        alerts = Alerts(runtime.metrics, settings.alert_webhook)
        async with asyncio.TaskGroup() as tasks:
            for name in settings.watch_chains:
                tasks.create_task(_watch(settings, runtime, alerts, name))


async def _watch(settings: WatchtowerSettings, runtime: Runtime, alerts: Alerts, name: str) -> None:
    async with connect(settings.chains[name], runtime.database) as chain:
        sightings = SightingStore(runtime.database, chain.domain, chain.settings.merkle_tree_hook)
        tree = _true_tree(chain, runtime)
        watcher = Watcher(
            chain,
            tree,
            sightings,
            runtime.metrics,
            settings.allow_local_checkpoint_syncers,
            runtime.web,
        )
        slasher = _slasher(chain, runtime, tree, sightings)
        responder = Responder(name, sightings, alerts, slasher)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(repeat(f"watch {name}", settings.interval, watcher.step))
            tasks.create_task(repeat(f"respond {name}", settings.interval, responder.step))


def _true_tree(chain: Chain, runtime: Runtime) -> TrueTree:
    return TrueTree(
        chain,
        chain.insertions(runtime.database),
        InsertionStore(runtime.database, chain.domain),
        runtime.metrics,
    )


def _slasher(
    chain: Chain, runtime: Runtime, tree: TrueTree, sightings: SightingStore
) -> Slasher | None:
    manager, sender = chain.settings.staking_manager, runtime.sender(chain)
    if manager is None:
        return None
    if sender is None:
        log.warning("watchtower.alerts_only", chain=chain.name, missing="signer")
        return None
    return Slasher(chain, sender, manager, tree, sightings)
