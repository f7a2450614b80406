"""Entry point of a validator."""

import asyncio
from importlib.metadata import version
from urllib.parse import urlsplit

import structlog

from hyperlane.agents.runtime.chain import connect
from hyperlane.agents.runtime.challenges import OpenChallenges
from hyperlane.agents.runtime.dependence import warn_of_dependence
from hyperlane.agents.runtime.loops import repeat, until_done
from hyperlane.agents.runtime.process import make_sender, start
from hyperlane.agents.validator.announcing import Announcer
from hyperlane.agents.validator.answering import Answerer
from hyperlane.agents.validator.halting import Halted
from hyperlane.agents.validator.one_tree import require_staked_tree
from hyperlane.agents.validator.own_storage import require_own
from hyperlane.agents.validator.signing import make_signer
from hyperlane.agents.validator.witnesses import Witnesses
from hyperlane.chain.client import Consensus
from hyperlane.chain.signer import address_of, open_account
from hyperlane.checkpoints.documents import render_metadata
from hyperlane.checkpoints.storage import CheckpointStorage, open_storage
from hyperlane.errors import ConfigError, StorageError
from hyperlane.settings import ValidatorSettings
from hyperlane.settings.independence import (
    require_independent,
    require_independent_rpcs,
)
from hyperlane.store.commitments import CheckpointStore
from hyperlane.store.locks import exclusive
from hyperlane.store.sequences import InsertionStore

log = structlog.get_logger()

_PUBLIC = (
    "publicnode.com",
    "cloudflare-eth.com",
    "public.blastapi.io",
    "polygon-rpc.com",
    "mainnet.base.org",
    "mainnet.optimism.io",
    "arb1.arbitrum.io",
    "rpc.gnosischain.com",
)
"""Hosts of RPCs that serve anybody, without a key."""


async def run(settings: ValidatorSettings) -> None:
    """Validate until cancelled. Halted when a reorg flag exists or must be set."""
    storage = open_storage(settings.checkpoint_syncer)
    await storage.require_writable()
    await _require_no_reorg(storage)
    account = open_account("validator", settings.validator)
    await require_own(storage, settings.origin, account.address)
    _require_own_rpcs(settings)
    _require_independent_rpcs(settings)
    async with (
        start(settings, waiting=[settings.origin_chain_name]) as runtime,
        exclusive(runtime.database, f"the validator {account.address}"),
        # What one has seen of a chain is stored for all keys.
        exclusive(runtime.database, f"a validator of {settings.origin_chain_name}"),
        connect(settings.origin, runtime.database, Consensus.QUORUM) as chain,
        Witnesses(
            settings.origin, settings.additional_urls, chain.client.reorg_period
        ) as witnesses,
    ):
        commitments = CheckpointStore(
            runtime.database, chain.domain, chain.settings.merkle_tree_hook, address_of(account)
        )
        signer = make_signer(
            chain=chain,
            account=account,
            storage=storage,
            commitments=commitments,
            indexer=chain.insertions(runtime.database),
            leaves=InsertionStore(runtime.database, chain.domain),
            metrics=runtime.metrics,
            witnesses=witnesses,
            at_once=settings.max_sign_concurrency,
        )
        origin = settings.origin
        warn_of_dependence(origin.name, (*origin.urls, *settings.additional_urls))
        await require_staked_tree(chain, address_of(account))
        # On the origin, the validator's own key pays if no other does.
        sender = runtime.sender(chain) or make_sender(chain, account, runtime.database)
        announcer = Announcer(chain, account, sender, storage, runtime.metrics)

        async def introduce() -> None:
            await storage.write_metadata(_metadata(settings))
            await announcer.publish()

        pulse = signer.pulse()

        async def sign() -> None:
            if not await pulse.worth_a_look():
                return await signer.rest()
            more = True
            while more:
                before = signer.doubt
                try:
                    more = await signer.step()
                finally:
                    pulse.looked(signer.signed)
                    runtime.waiting.discard(before)
                    runtime.waiting.update({signer.doubt} - {""})
                runtime.waiting.discard(chain.name)

        await until_done("introduce", introduce)
        await signer.resume()
        async with asyncio.TaskGroup() as tasks:
            if not settings.skip_announce:
                tasks.create_task(announcer.run())
            tasks.create_task(repeat(f"sign {chain.name}", settings.interval, sign))
            manager = chain.settings.staking_manager
            if manager is not None:
                answerer = Answerer(
                    chain=chain,
                    account=account,
                    sender=sender,
                    storage=storage,
                    commitments=commitments,
                    metrics=runtime.metrics,
                    manager=manager,
                    challenges=OpenChallenges(chain, manager),
                )
                tasks.create_task(repeat(f"answer {chain.name}", settings.interval, answerer.look))


async def _require_no_reorg(storage: CheckpointStorage) -> None:
    """Halted if the storage has a reorg flag, or cannot be asked for one."""
    try:
        flagged = await storage.has_reorg_flag()
    except StorageError as error:
        raise Halted(
            f"it cannot be read whether there is a reorg flag, so nothing is signed: {error}"
        ) from None
    if flagged:
        raise Halted(
            f"{storage.reorg_flag} exists: this validator saw its chain contradict itself and does"
            " not start until a person has removed it"
        )


def _require_own_rpcs(settings: ValidatorSettings) -> None:
    """ConfigError for public RPCs: those who run them would decide what is signed."""
    declared = {url.http for url in settings.origin.rpc_urls if url.public}
    for url in () if settings.allow_public_rpcs else settings.origin.urls:
        host = urlsplit(url).hostname or ""
        if url in declared or any(host == item or host.endswith(f".{item}") for item in _PUBLIC):
            raise ConfigError(
                f"chains.{settings.origin.name}.rpcUrls: {host} is a public RPC, and a validator"
                " should not sign what strangers tell it: use your own or set allowPublicRpcs"
            )


def _require_independent_rpcs(settings: ValidatorSettings) -> None:
    """ConfigError if two of the RPCs that have to agree are at one host."""
    origin, additional = settings.origin, settings.additional_urls
    require_independent_rpcs(origin, by_default=True)
    if additional:
        lists = f"{origin.urls_setting} and additionalQuorumRpcUrls"
        require_independent(lists, (*origin.urls, *additional), 2)


def _metadata(settings: ValidatorSettings) -> str:
    return render_metadata(
        version("ape-hyperlane"),
        settings.origin.urls,
        settings.additional_urls,
        settings.allow_public_rpcs,
    )
