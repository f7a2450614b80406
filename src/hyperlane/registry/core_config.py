"""Model of `core-config.yaml`: the config of a core deployment.

Keys and types are the reference's. All keys are optional; `CoreConfig` documents the defaults.
"""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import ValidationInfo, field_validator, model_validator

from hyperlane.registry.account_router import InterchainAccountRouter
from hyperlane.registry.erc7786_gateway import Erc7786Gateway
from hyperlane.registry.fields import ZERO_ADDRESS, Account, ContractVersion
from hyperlane.registry.hooks import (
    AggregationHook,
    DefaultHook,
    Hook,
    InterchainGasPaymaster,
    MerkleTreeHook,
    ProtocolFee,
    RateLimitedHook,
    all_hooks,
    leaves,
)
from hyperlane.registry.isms import DefaultIsm, Ism, RateLimitedIsm, TrustedRelayerIsm, all_isms
from hyperlane.registry.models import HexAddress, StrictFileModel


class ProxyAdmin(StrictFileModel):
    """The owner of the code behind proxies. `address`: an existing admin contract to use."""

    owner: Account | None = None
    address: HexAddress | None = None
    owner_overrides: dict[str, Any] | None = None
    """Read by the checkers of other tools only."""


class CoreConfig(StrictFileModel):
    """Config of a core: owner, default security module, default and required hook.

    Defaults: the deployer is the owner and the only trusted relayer, the required hook is the
    merkle tree, the default hook a gas paymaster, and contracts cannot be upgraded. `upgradeable`
    puts Mailbox and paymaster behind proxies that `proxyAdmin` controls; `proxyAdmin` implies it.
    `staticSets: clones` makes each multisig of the default module a small proxy, which is cheaper
    to deploy and dearer to ask than one with the set in its code. There is a router of interchain
    accounts, and no ERC-7786 gateway.
    """

    owner: Account | None = None
    default_ism: Ism = TrustedRelayerIsm()
    default_hook: Hook = InterchainGasPaymaster()
    required_hook: Hook = MerkleTreeHook()
    static_sets: Literal["code", "clones"] = "code"
    upgradeable: bool = False
    proxy_admin: ProxyAdmin | None = None
    interchain_account_router: InterchainAccountRouter | None = InterchainAccountRouter()
    """None for a core without one."""
    erc7786_gateway: Erc7786Gateway | None = None
    """None for a core without one."""
    owner_overrides: dict[str, Any] | None = None
    """Read by the checkers of other tools only."""
    contract_version: ContractVersion | None = None
    deploy_quoted_calls: Literal[False] | None = None

    @model_validator(mode="before")
    @classmethod
    def _proxy_admin_implies_upgradeable(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("proxyAdmin") is not None:
            return {"upgradeable": True, **value}
        return value

    @model_validator(mode="before")
    @classmethod
    def _is_supported(cls, value: Any) -> Any:
        """Refuses keys of the reference whose feature this tool does not have."""
        if not isinstance(value, dict):
            return value
        overrides = value.get("ownerOverrides")
        if isinstance(overrides, dict) and overrides.get("mailbox") not in (
            None,
            value.get("owner"),
        ):
            raise ValueError(
                "ownerOverrides.mailbox: the Mailbox's owner is owner; name that account there, and"
                " the owner of each hook and module at it"
            )
        if value.get("deployQuotedCalls"):
            raise ValueError(
                "deployQuotedCalls: QuotedCalls is deployed by hand; remove this key, or set it to"
                " false"
            )
        if value.get("permit2") is not None:
            raise ValueError(
                "permit2: is for QuotedCalls, which is deployed by hand; remove this key"
            )
        return value

    def as_file(self) -> dict[str, Any]:
        """Without what the reference does not know: `upgradeable`, which `proxyAdmin` implies, and
        `staticSets` where it is the default."""
        content = super().as_file()
        if self.static_sets == "code":
            del content["staticSets"]
        if not content.pop("upgradeable"):
            return content
        return {"proxyAdmin": {}, **content}

    @field_validator("required_hook")
    @classmethod
    def _keep_merkle_tree(cls, hook: Hook, info: ValidationInfo) -> Hook:
        """Adds the merkle tree to a protocol fee, which would otherwise replace it, unless the
        default hook has a tree (docs/decisions/0004)."""
        if not isinstance(hook, ProtocolFee) or "default_hook" not in info.data:
            return hook
        default = info.data["default_hook"]
        if any(isinstance(other, MerkleTreeHook) for other in all_hooks(default)):
            return hook
        return AggregationHook(type="aggregationHook", hooks=(MerkleTreeHook(), hook))

    @field_validator("default_ism")
    @classmethod
    def _no_default_in_default_ism(cls, ism: Ism) -> Ism:
        for module in all_isms(ism):
            if isinstance(module, DefaultIsm):
                raise ValueError("defaultIsm asks the default module, which would be itself")
            if isinstance(module, RateLimitedIsm) and module.recipient is None:
                raise ValueError("rateLimitedIsm: recipient: required, but missing")
        return ism

    @field_validator("default_hook")
    @classmethod
    def _no_default_in_default_hook(cls, hook: Hook) -> Hook:
        if any(isinstance(nested, DefaultHook) for nested in all_hooks(hook)):
            raise ValueError("defaultHook calls the default hook, which would be itself")
        return hook

    @model_validator(mode="after")
    def _one_leaf_per_message(self) -> "CoreConfig":
        if leaves(self.default_hook) + leaves(self.required_hook) > 1:
            raise ValueError("merkleTreeHook: a message would get two leaves; expected one")
        return self

    @model_validator(mode="after")
    def _rate_limits_have_senders(self) -> "CoreConfig":
        for hook in self.hooks():
            if isinstance(hook, RateLimitedHook) and hook.sender is None:
                raise ValueError("rateLimitedHook: sender: required, but missing")
        return self

    @model_validator(mode="after")
    def _proxy_admin_has_proxies(self) -> "CoreConfig":
        if self.proxy_admin is not None and not self.upgradeable:
            raise ValueError("proxyAdmin: there are no proxies unless upgradeable is true")
        return self

    def hooks(self) -> Iterator[Hook]:
        """All hooks, at all levels of nesting."""
        yield from all_hooks(self.default_hook)
        yield from all_hooks(self.required_hook)
        for client in (self.interchain_account_router, self.erc7786_gateway):
            if client is not None and client.hook != ZERO_ADDRESS:
                yield from all_hooks(client.hook)

    def isms(self) -> Iterator[Ism]:
        """All modules, at all levels of nesting."""
        yield from all_isms(self.default_ism)
        gateway = self.erc7786_gateway
        if gateway is not None and gateway.interchain_security_module != ZERO_ADDRESS:
            yield from all_isms(gateway.interchain_security_module)
