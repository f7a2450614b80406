"""Fills in the defaults of a core config before it is planned and written to the registry.

The reference's `core check` compares the file with the chain key by key and knows no defaults. So
the file names the owner of each contract and the recipients of fees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from hyperlane.registry import CoreConfig
from hyperlane.registry.core_config import ProxyAdmin
from hyperlane.registry.hooks import GasPrice, InterchainGasPaymaster, OpStackHook, ProtocolFee
from hyperlane.registry.isms import TestIsm, TrustedRelayerIsm
from hyperlane.registry.known import Decimals


def spelled_out(config: CoreConfig, deployer: str, decimals: Decimals) -> CoreConfig:
    """The config with owners, beneficiaries, relayers and decimals filled in, and without the keys
    that only other tools use. `deployer` stands in for accounts that it does not name."""
    owner = config.owner or deployer
    admin = config.proxy_admin or (ProxyAdmin() if config.upgradeable else None)
    updates: dict[str, Any] = {
        "owner": owner,
        "proxy_admin": admin,
        "owner_overrides": None,
        "contract_version": None,
        "deploy_quoted_calls": None,
    }
    found: CoreConfig = _Defaults(owner, deployer, decimals).fill(config.model_copy(update=updates))
    return found


REMOTES = ("destination_chain", "origin", "origin_chain")
"""Fields of modules that have a remote chain."""


def with_names(config: CoreConfig, names: Mapping[str, str]) -> CoreConfig:
    """The config with names of remote chains in place of domains, as other tools want them. `names`
    has the names by domain."""
    named: CoreConfig = _named(config, names)
    return named


def domains_in(value: Any) -> set[str]:
    """The domains by which a config names remote chains."""
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        own = {str(fields.get(name)) for name in REMOTES}
        return {text for text in own if text.isdecimal()}.union(*map(domains_in, fields.values()))
    if isinstance(value, tuple):
        return set().union(*map(domains_in, value))
    if isinstance(value, Mapping):
        keys = {key for key in value if str(key).isdecimal()}
        return keys.union(*map(domains_in, value.values()))
    return set()


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        updates = {
            name: names.get(str(content), content) if name in REMOTES else _named(content, names)
            for name, content in fields.items()
        }
        changed = {name: new for name, new in updates.items() if new != fields[name]}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, tuple):
        return tuple(_named(item, names) for item in value)
    if isinstance(value, Mapping):
        # A chain named twice, by name and by domain, stays so: the plan refuses it.
        keys = {key: names.get(key, key) for key in value}
        if len(set(keys.values())) < len(keys):
            keys = {key: key for key in value}
        return {keys[key]: _named(item, names) for key, item in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class _Defaults:
    owner: str
    deployer: str
    decimals: Decimals
    chain: str = ""
    """Key of the surrounding mapping by chain, which native coins' decimals depend on."""

    def fill(self, value: Any) -> Any:
        """`value` with defaults filled in at all levels."""
        if isinstance(value, BaseModel):
            nested = {name: self.fill(getattr(value, name)) for name in type(value).model_fields}
            return value.model_copy(update={**nested, **self._defaults_of(value)})
        if isinstance(value, tuple):
            return tuple(map(self.fill, value))
        if isinstance(value, Mapping):
            return {key: replace(self, chain=key).fill(item) for key, item in value.items()}
        return value

    def _defaults_of(self, value: BaseModel) -> dict[str, Any]:
        updates: dict[str, Any] = {}
        if getattr(value, "owner", "") is None and not isinstance(value, OpStackHook):
            updates["owner"] = self.owner
        match value:
            case InterchainGasPaymaster():
                updates["beneficiary"] = value.beneficiary or self.owner
                updates["oracle_key"] = value.oracle_key or value.owner or self.owner
            case ProtocolFee():
                updates["beneficiary"] = value.beneficiary or self.owner
            case TrustedRelayerIsm():
                updates["relayer"] = value.relayer or self.deployer
            case GasPrice(token_decimals=None):
                updates["token_decimals"] = self.decimals.of(self.chain)
            case TestIsm():
                updates |= {"threshold": None, "validators": ()}
        return updates
