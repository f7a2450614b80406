"""Entry point of a watchtower."""

import asyncio
from collections.abc import Collection
from functools import partial

import structlog

from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.agents.runtime.announcements import Announcements
from hyperlane.agents.runtime.chain import Chain, connect
from hyperlane.agents.runtime.challenges import OpenChallenges
from hyperlane.agents.runtime.loops import repeat
from hyperlane.agents.runtime.process import Runtime, start
from hyperlane.agents.runtime.sender import Sender
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.censoring import CensorshipWatch
from hyperlane.agents.watchtower.challenging import Challenger
from hyperlane.agents.watchtower.deliveries.convicting import Court
from hyperlane.agents.watchtower.deliveries.guardian import Guardian, require_own_rpcs
from hyperlane.agents.watchtower.inspecting import Inspector
from hyperlane.agents.watchtower.keys import OperatorKeys
from hyperlane.agents.watchtower.redundancy.duty import RedundancyDuty
from hyperlane.agents.watchtower.redundancy.report import Findings, routes
from hyperlane.agents.watchtower.responding import Responder
from hyperlane.agents.watchtower.slashing import Slasher, is_staked
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.agents.watchtower.watching import Watcher
from hyperlane.protocol.typecasts import Address
from hyperlane.settings import WatchtowerSettings
from hyperlane.settings.independence import require_independent_rpcs
from hyperlane.store.censorships import CensorshipStore
from hyperlane.store.keys import KeyStore
from hyperlane.store.sequences import InsertionStore
from hyperlane.store.sightings import SightingStore

log = structlog.get_logger()


async def run(settings: WatchtowerSettings) -> None:
    """Watch until cancelled."""
    for name in settings.watch_chains:
        require_independent_rpcs(settings.chains[name], by_default=False)
    require_own_rpcs(settings)
    found: Findings = {}
    async with start(settings, lambda _: routes(found, settings.chain_name)) as runtime:
        alerts = Alerts(runtime.metrics, Alerter(settings.alert_webhook))
        courts: dict[int, Court] = {}
        async with asyncio.TaskGroup() as tasks:
            for name in settings.watch_chains:
                tasks.create_task(_watch(settings, runtime, alerts, name, courts))
            tasks.create_task(RedundancyDuty(settings, runtime, courts, found).run())
            if settings.watch_deliveries:
                tasks.create_task(Guardian(settings, runtime, alerts, courts).run())


async def _watch(
    settings: WatchtowerSettings,
    runtime: Runtime,
    alerts: Alerts,
    name: str,
    courts: dict[int, Court],
) -> None:
    async with connect(settings.chains[name], runtime.database) as chain:
        sightings = SightingStore(runtime.database, chain.domain, chain.settings.merkle_tree_hook)
        tree = _true_tree(chain, runtime)
        watcher = Watcher(
            chain=chain,
            tree=tree,
            sightings=sightings,
            metrics=runtime.metrics,
            allow_local=settings.allow_local_checkpoint_syncers,
            announcements=Announcements(chain),
            web=runtime.web,
        )
        sender = _sender(chain, runtime)
        slasher = _slasher(chain, sender, tree, sightings)
        staked = partial(is_staked, chain.client, chain.settings.staking_manager)
        keys = _keys(chain, runtime, tree)
        every_key = partial(_every_key, keys)
        courts[chain.domain] = Court(tree, sightings, partial(_signers, watcher, keys))
        responder = Responder(
            chain=name,
            sightings=sightings,
            alerts=alerts,
            slasher=slasher,
            is_staked=staked,
            staked_keys=every_key,
        )
        censors = _censors(settings, runtime, watcher, keys, alerts, sender)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(repeat(f"watch {name}", settings.interval, watcher.step))
            tasks.create_task(repeat(f"respond {name}", settings.interval, responder.step))
            if censors is not None:
                tasks.create_task(repeat(f"challenge {name}", settings.interval, censors.step))


def _true_tree(chain: Chain, runtime: Runtime) -> TrueTree:
    return TrueTree(
        chain,
        chain.insertions(runtime.database),
        InsertionStore(runtime.database, chain.domain),
        runtime.metrics,
    )


def _keys(chain: Chain, runtime: Runtime, tree: TrueTree) -> OperatorKeys | None:
    manager = chain.settings.staking_manager
    if manager is None:
        return None
    return OperatorKeys(chain, manager, tree, KeyStore(runtime.database, chain.domain, manager))


async def _every_key(keys: OperatorKeys | None) -> Collection[Address]:
    """Keys of operators up to the final block; none on a chain without stake."""
    if keys is None:
        return ()
    await keys.sync()
    return keys.all()


async def _signers(watcher: Watcher, keys: OperatorKeys | None) -> Collection[Address]:
    """Keys that announced a storage, or are an operator's."""
    return {*await watcher.announcements.validators(), *await _every_key(keys)}


def _sender(chain: Chain, runtime: Runtime) -> Sender | None:
    sender = runtime.sender(chain)
    if sender is None and chain.settings.staking_manager is not None:
        log.warning("watchtower.alerts_only", chain=chain.name, missing="signer")
    return sender


def _slasher(
    chain: Chain, sender: Sender | None, tree: TrueTree, sightings: SightingStore
) -> Slasher | None:
    manager = chain.settings.staking_manager
    if manager is None or sender is None:
        return None
    return Slasher(chain, sender, manager, tree, sightings)


def _censors(
    settings: WatchtowerSettings,
    runtime: Runtime,
    watcher: Watcher,
    keys: OperatorKeys | None,
    alerts: Alerts,
    sender: Sender | None,
) -> CensorshipWatch | None:
    chain = watcher.chain
    manager, budget = chain.settings.staking_manager, chain.settings.challenge_budget
    if manager is None or keys is None:
        return None
    store = CensorshipStore(runtime.database, chain.domain)
    challenger = (
        None
        if sender is None or budget is None
        else Challenger(
            chain=chain,
            sender=sender,
            manager=manager,
            budget=budget,
            challenges=OpenChallenges(chain, manager),
            tree=watcher.tree,
            store=store,
            sightings=watcher.sightings,
            alerts=alerts,
        )
    )
    return CensorshipWatch(
        chain=chain,
        manager=manager,
        margin=settings.censorship_margin,
        announced=watcher.validators,
        keys=keys,
        inspector=Inspector(
            chain=chain,
            announcements=watcher.announcements,
            tree=watcher.tree,
            sightings=watcher.sightings,
            allow_local=watcher.allow_local,
            web=watcher.web,
        ),
        tree=watcher.tree,
        sightings=watcher.sightings,
        store=store,
        alerts=alerts,
        challenger=challenger,
    )
