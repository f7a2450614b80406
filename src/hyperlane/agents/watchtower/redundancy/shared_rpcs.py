"""RPCs of this agent that a validator uses, too: such a node can lie to both.

A validator publishes the hashes of its RPCs' URLs and hosts. It may hide or invent some, so this
only warns.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.watchtower.redundancy.signers import LiveSigners
from hyperlane.checkpoints.documents import RpcHashes
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.settings.independence import host_of, is_here

log = structlog.get_logger()

_INTERVAL = 600.0
"""Seconds between two comparisons: a validator writes this when it starts."""


@dataclass(slots=True)
class SharedRpcs:
    """Comparison with the validators of watched modules that sign for one origin."""

    metrics: Metrics
    clock: Callable[[], float] = time.monotonic
    _told: set[tuple[str, Address]] = field(default_factory=set)
    _published: dict[Address, frozenset[RpcHashes]] = field(default_factory=dict)
    """What each validator said last; a storage that cannot be read takes nothing back."""
    _asked: Collection[Address] = ()
    _asked_at: float = 0

    async def step(self, signers: LiveSigners) -> None:
        """Compare if there are other validators than before, or the last time is long ago. Each
        host and validator is told of once."""
        validators, now = signers.validators, self.clock()
        if not validators:
            return
        if set(validators) <= set(self._asked) and now < self._asked_at + _INTERVAL:
            return
        chain = signers.chain
        published = self._published | await signers.signatures.rpcs(validators)
        self._published = {each: published[each] for each in validators if each in published}
        self._asked, self._asked_at = validators, now
        shared = {
            (host_of(url), validator)
            for url in chain.settings.urls
            for validator, rpcs in self._published.items()
            if any(is_same(url, theirs) for theirs in rpcs)
        }
        for host, validator in sorted(shared - self._told):
            log.warning(
                "rpc.shared_with_validator",
                chain=chain.name,
                host=host,
                validator=to_checksum(validator),
            )
        self._told |= shared
        hosts = {host for host, _ in shared}
        self.metrics.shared_rpcs.labels(chain.name).set(len(hosts))


def is_same(url: str, theirs: RpcHashes) -> bool:
    """Tell whether a URL is at the host of another one; on this machine, whether it is the same
    URL, as nodes and tunnels have ports of their own."""
    ours = RpcHashes.of(url)
    return ours.url == theirs.url or (ours.host == theirs.host and not is_here(host_of(url)))
