"""Warnings of RPCs that depend on one provider."""

from collections.abc import Sequence

import structlog

from hyperlane.settings.independence import host_of, shared_domains

log = structlog.get_logger()


def warn_of_dependence(chain: str, urls: Sequence[str]) -> None:
    """Warn if several RPCs are below one registered domain, or there is only one RPC."""
    for domain in shared_domains(urls):
        log.warning("rpc.one_provider", chain=chain, domain=domain)
    if len(urls) == 1:
        log.warning("rpc.alone", chain=chain, host=host_of(urls[0]))
