"""Reads proxies: what is behind them, and who may change that."""

from typing import Any

from ape_hyperlane.plans.chain import has_code
from ape_hyperlane.plans.steps import ADMIN_SLOT, IMPLEMENTATION_SLOT
from ape_hyperlane.plans.views import word_in_slot
from ape_hyperlane.reading.source import Source, address_of


def read_proxy(source: Source, address: str) -> dict[str, Any]:
    """`proxyAdmin` of a contract behind a proxy; nothing for another."""
    implementation = address_of(word_in_slot(address, IMPLEMENTATION_SLOT))
    admin = address_of(word_in_slot(address, ADMIN_SLOT))
    if implementation is None:
        return {}
    source.note(f"{address}: a proxy for the implementation {implementation}")
    if admin is None:
        source.note(f"{address}: its proxy has no admin, so the config has no proxyAdmin")
        return {}
    if not has_code(admin):
        source.note(f"{address}: the account {admin} itself is admin of its proxy")
        return {"proxyAdmin": {}}
    source.note(f"{address}: the admin of its proxy is {admin}")
    placed = {"address": admin} if source.with_addresses else {}
    return {"proxyAdmin": {**placed, **source.owner(admin)}}
