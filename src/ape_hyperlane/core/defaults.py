"""A core config with all that it leaves out: what is planned, written down and compared later.

The reference's `core check` compares a file with what it reads from the chain, key by key, and
knows no defaults: so the file says who owns each contract, and who is paid.
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
    """The same core, with owners, beneficiaries, relayers and decimals named, and without what is
    read because other tools write it. `deployer` is what an unnamed account means."""
    owner = config.owner or deployer
    admin = config.proxy_admin or (ProxyAdmin() if config.upgradeable else None)
    known = {
        "owner": owner,
        "proxy_admin": admin,
        "interchain_account_router": None,
        "owner_overrides": None,
        "contract_version": None,
        "deploy_quoted_calls": None,
    }
    found: CoreConfig = _Speller(owner, deployer, decimals).whole(config.model_copy(update=known))
    return found


@dataclass(frozen=True, slots=True)
class _Speller:
    owner: str
    deployer: str
    decimals: Decimals
    chain: str = ""
    """Which the mapping at hand has a value for."""

    def whole(self, value: Any) -> Any:
        """`value` and all within it."""
        if isinstance(value, BaseModel):
            within = {name: self.whole(getattr(value, name)) for name in type(value).model_fields}
            return value.model_copy(update={**within, **self._left_out(value)})
        if isinstance(value, tuple):
            return tuple(map(self.whole, value))
        if isinstance(value, Mapping):
            return {key: replace(self, chain=key).whole(each) for key, each in value.items()}
        return value

    def _left_out(self, value: BaseModel) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if getattr(value, "owner", "") is None and not isinstance(value, OpStackHook):
            told["owner"] = self.owner
        match value:
            case InterchainGasPaymaster():
                told["beneficiary"] = value.beneficiary or self.owner
                told["oracle_key"] = value.oracle_key or value.owner or self.owner
            case ProtocolFee():
                told["beneficiary"] = value.beneficiary or self.owner
            case TrustedRelayerIsm():
                told["relayer"] = value.relayer or self.deployer
            case GasPrice(token_decimals=None):
                told["token_decimals"] = self.decimals.of(self.chain)
            case TestIsm():
                told |= {"threshold": None, "validators": ()}
        return told
