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
    updates = {
        "owner": owner,
        "proxy_admin": admin,
        "interchain_account_router": None,
        "owner_overrides": None,
        "contract_version": None,
        "deploy_quoted_calls": None,
    }
    found: CoreConfig = _Defaults(owner, deployer, decimals).fill(config.model_copy(update=updates))
    return found


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
