"""Starting a watchtower."""

import asyncio

from hyperlane.agents.runtime import Chain, Runtime, connect, repeat, start
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.responding import Responder
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.agents.watchtower.watching import Watcher
from hyperlane.settings import WatchtowerSettings
from hyperlane.store.sequences import InsertionStore
from hyperlane.store.sightings import SightingStore


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
        watcher = Watcher(
            chain,
            _true_tree(chain, runtime),
            sightings,
            runtime.metrics,
            settings.allow_local_checkpoint_syncers,
        )
        responder = Responder(name, sightings, alerts)
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
