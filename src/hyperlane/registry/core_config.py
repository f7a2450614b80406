"""`core-config.yaml`: what a core deployment should look like.

Keys and types are the reference's. Every key may be left out; `CoreConfig` says what that means.
"""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import ValidationInfo, field_validator, model_validator

from hyperlane.registry.fields import Account, ContractVersion
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
    """Who may change the code behind proxies; `address` is one that exists."""

    owner: Account | None = None
    address: HexAddress | None = None
    owner_overrides: dict[str, Any] | None = None
    """For checkers of other tools."""


class CoreConfig(StrictFileModel):
    """The core of a deployment: who owns it, what it believes, what its messages go through.

    Left out: the deployer owns it and is the only relayer that is believed, every message goes into
    the merkle tree, deliveries are paid to a gas paymaster, and no code can ever be changed.
    `upgradeable` puts Mailbox and paymaster behind proxies that `proxyAdmin` controls; naming that
    is enough.
    """

    owner: Account | None = None
    default_ism: Ism = TrustedRelayerIsm()
    default_hook: Hook = InterchainGasPaymaster()
    required_hook: Hook = MerkleTreeHook()
    upgradeable: bool = False
    proxy_admin: ProxyAdmin | None = None
    interchain_account_router: dict[str, Any] | None = None
    """What other tools read of theirs; this one neither makes nor changes one."""
    owner_overrides: dict[str, Any] | None = None
    """For checkers of other tools."""
    contract_version: ContractVersion | None = None
    deploy_quoted_calls: Literal[False] | None = None

    @model_validator(mode="before")
    @classmethod
    def _proxies_need_no_second_key(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("proxyAdmin") is not None:
            return {"upgradeable": True, **value}
        return value

    @model_validator(mode="before")
    @classmethod
    def _is_ours_to_do(cls, value: Any) -> Any:
        """Keys of the reference that ask for what this tool does not do."""
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
                "deployQuotedCalls: QuotedCalls is deployed by hand; remove this key, or say false"
            )
        if value.get("permit2") is not None:
            raise ValueError(
                "permit2: is for QuotedCalls, which is deployed by hand; remove this key"
            )
        return value

    def as_file(self) -> dict[str, Any]:
        """As the reference reads it: that there are proxies follows from `proxyAdmin`."""
        content = super().as_file()
        if not content.pop("upgradeable"):
            return content
        return {"proxyAdmin": {}, **content}

    @field_validator("required_hook")
    @classmethod
    def _no_way_around_the_tree(cls, hook: Hook, info: ValidationInfo) -> Hook:
        """A fee alone would leave no tree: it is taken beside the tree, unless the default hook has
        one (docs/decisions/0004)."""
        if not isinstance(hook, ProtocolFee) or "default_hook" not in info.data:
            return hook
        default = info.data["default_hook"]
        if any(isinstance(other, MerkleTreeHook) for other in all_hooks(default)):
            return hook
        return AggregationHook(type="aggregationHook", hooks=(MerkleTreeHook(), hook))

    @field_validator("default_ism")
    @classmethod
    def _default_ism_decides(cls, ism: Ism) -> Ism:
        for each in all_isms(ism):
            if isinstance(each, DefaultIsm):
                raise ValueError("defaultIsm asks the default module, which would be itself")
            if isinstance(each, RateLimitedIsm) and each.recipient is None:
                raise ValueError("rateLimitedIsm: recipient: required, but missing")
        return ism

    @field_validator("default_hook")
    @classmethod
    def _default_hook_acts(cls, hook: Hook) -> Hook:
        if any(isinstance(each, DefaultHook) for each in all_hooks(hook)):
            raise ValueError("defaultHook calls the default hook, which would be itself")
        return hook

    @model_validator(mode="after")
    def _one_leaf(self) -> "CoreConfig":
        if leaves(self.default_hook) + leaves(self.required_hook) > 1:
            raise ValueError("merkleTreeHook: a message would get two leaves; expected one")
        return self

    @model_validator(mode="after")
    def _senders_are_named(self) -> "CoreConfig":
        for hook in self.hooks():
            if isinstance(hook, RateLimitedHook) and hook.sender is None:
                raise ValueError("rateLimitedHook: sender: required, but missing")
        return self

    @model_validator(mode="after")
    def _proxies_are_wanted(self) -> "CoreConfig":
        if self.proxy_admin is not None and not self.upgradeable:
            raise ValueError("proxyAdmin: there are no proxies unless upgradeable is true")
        return self

    def hooks(self) -> Iterator[Hook]:
        """All hooks, wherever they are nested."""
        yield from all_hooks(self.default_hook)
        yield from all_hooks(self.required_hook)

    def isms(self) -> Iterator[Ism]:
        """All modules, wherever they are nested."""
        return all_isms(self.default_ism)
