"""Checks of what belongs to one agent: its port, its lists, a validator's storage."""

import asyncio
from collections.abc import Mapping

import aiohttp

from hyperlane.agents.runtime.announcements import Announcements
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.validator.own_storage import require_own
from hyperlane.bounded_json import parse_json
from hyperlane.chain.signer import address_of, open_account
from hyperlane.checkpoints.storage import CheckpointStorage, open_storage
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ChainError, HyperlaneError
from hyperlane.protocol.typecasts import Address, bytes32_to_address, to_checksum
from hyperlane.settings import RelayerSettings, ValidatorSettings
from hyperlane.setup.chain_checks import ChainState, check_balance, without_code
from hyperlane.setup.checks import Check
from hyperlane.setup.signature_checks import SignatureChecks

_SECONDS = 5.0
_MAX_PAGE = 64 * 1024


async def check_port(host: str, port: int) -> Check:
    """Check that the agent runs, or that its port is free for it."""
    subject = f"metricsPort {port}"
    if port == 0:
        return Check(True, subject, "a free one will be taken")
    try:
        running = await _ready(host, port)
    except (aiohttp.ClientError, TimeoutError, ValueError, AttributeError):
        running = None
    if running is not None:
        return Check(not running, subject, f"an agent answers there, {running or 'ready'}", running)
    try:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        return Check(
            False,
            subject,
            f"no agent answers at {host}, and it cannot be listened on ({reason})",
            "set metricsPort to a free port",
        )
    server.close()
    return Check(True, subject, f"free on {host}; no agent runs there yet")


async def _ready(host: str, port: int) -> str:
    """Ask the agent at a port what it waits for; an empty text if it is ready."""
    place = f"[{host}]" if ":" in host else host
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(f"http://{place}:{port}/ready") as response,
    ):
        content = parse_json(await response.content.read(_MAX_PAGE))
    waiting = content.get("waiting_for")
    if not isinstance(waiting, list):
        raise ValueError("not an agent's page")
    return f"but waits for {', '.join(map(str, waiting))}; look at its output" if waiting else ""


async def check_whitelist(
    settings: RelayerSettings, states: Mapping[str, ChainState]
) -> list[Check]:
    """Check that the whitelist lets messages through, and that recipients in it are contracts."""
    subject = "whitelist"
    domains = {chain.domain_id for chain in settings.chains.values()}
    served = [
        rule
        for rule in settings.whitelist
        if (rule.origins is None or rule.origins & domains)
        and (rule.destinations is None or rule.destinations & domains)
    ]
    total = len(settings.whitelist)
    if not served:
        return [
            Check(
                False,
                subject,
                f"none of its {total} entries is between relayChains: nothing is delivered",
                "add the chains to relayChains, or correct the domains",
            )
        ]
    checks = [Check(True, subject, f"{len(served)} of {total} entries are between relayChains")]
    for state in states.values():
        recipients = sorted(
            bytes32_to_address(word)
            for rule in served
            if rule.destinations and state.settings.domain_id in rule.destinations
            for word in rule.recipients or ()
            if not any(word[:12])
        )
        try:
            empty = await without_code(state.client, list(dict.fromkeys(recipients)))
        except ChainError as error:
            checks.append(Check(False, f"{state.settings.name}: whitelist", str(error)))
            continue
        if empty:
            checks.append(
                Check(
                    False,
                    f"{state.settings.name}: whitelist",
                    f"no contract at {', '.join(map(to_checksum, empty))}",
                    "correct recipientAddress of the entry",
                )
            )
    return checks


async def check_own_storage(
    settings: ValidatorSettings, origin: ChainState | None, web: Web
) -> list[Check]:
    """Check that a validator can write its storage, has announced it and signs."""
    try:
        account = address_of(open_account("validator", settings.validator))
    except HyperlaneError as error:
        return [Check(False, "validator", str(error), "correct the key")]
    storage = open_storage(settings.checkpoint_syncer)
    checks = [await _check_storage(settings, storage, account)]
    if origin is not None:
        checks += await _check_announced(settings, storage, account, origin, web)
    return checks


async def _check_storage(
    settings: ValidatorSettings, storage: CheckpointStorage, account: Address
) -> Check:
    try:
        await storage.require_writable()
        await require_own(storage, settings.origin, to_checksum(account))
        flagged = await storage.has_reorg_flag()
    except HyperlaneError as error:
        return Check(False, "checkpointSyncer", str(error), "correct checkpointSyncer")
    if flagged:
        return Check(
            False,
            "checkpointSyncer",
            f"{storage.reorg_flag} exists: a reorg stopped this validator",
            "see docs/operate/agents.md, When something is wrong",
        )
    return Check(True, "checkpointSyncer", f"{storage.location} can be written")


async def _check_announced(
    settings: ValidatorSettings,
    storage: CheckpointStorage,
    account: Address,
    origin: ChainState,
    web: Web,
) -> list[Check]:
    subject, who = f"{origin.settings.name}: validator", to_checksum(account)
    try:
        reader = Announcements(Chain(origin.settings, origin.client))
        locations = (await reader.of([account]))[account]
    except ChainError as error:
        return [Check(False, subject, str(error), "look at the node")]
    if isinstance(locations, ChainError) or storage.location not in locations:
        payer = settings.signer(origin.settings.name)
        announced = Check(
            False,
            subject,
            f"{who} has not announced {storage.location}",
            "start it: it announces by itself once its key has funds",
        )
        if payer is not None:
            return [announced]
        name = origin.settings.name
        return [announced, await check_balance(origin.client, name, "validator", account)]
    look = SignatureChecks(allow_local=True, web=web)
    passed, found = await look.last_checkpoint([storage.location], account, origin)
    return [Check(passed, subject, f"{who} {found}", "start it, or look at what it says")]
