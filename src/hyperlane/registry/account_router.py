"""Model of `interchainAccountRouter` in `core-config.yaml`, with the reference's keys."""

from typing import Any, Literal

from pydantic import Field, model_validator

from hyperlane.registry.fields import ZERO_ADDRESS, Account, ByChain, Placed, Url, Word
from hyperlane.registry.hooks import Hook
from hyperlane.registry.models import HexAddress, StrictFileModel

COMMITMENT_URLS = ("http://127.0.0.1:9091/callCommitments/getCallsFromRevealMessage",)
"""URLs of the server of committed calls: by default a relayer's own, on the same machine."""


class RemoteRouter(StrictFileModel):
    """The account router of another chain; without `address` the one that the registry has."""

    address: Word | None = None


class CommitmentIsm(StrictFileModel):
    """The module that reveals committed calls. Relayers fetch them from `urls`; a server can keep
    calls back, but not change them."""

    type: Literal["offchainLookupIsm"] = "offchainLookupIsm"
    address: HexAddress | None = None
    """Written by other tools. The router has one module, which it made itself."""
    owner: Account | None = None
    urls: tuple[Url, ...] = Field(default=COMMITMENT_URLS, min_length=1)


class AccountRouting(StrictFileModel):
    """The router as security module of its messages. `isms`: by remote chain, the module there that
    accounts are made with; zero for the default module there."""

    type: Literal["interchainAccountRouting"] = "interchainAccountRouting"
    address: HexAddress | None = None
    owner: Account | None = None
    """Written by other tools: the router's owner."""
    isms: ByChain[Word] = Field(default_factory=dict)


class InterchainAccountRouter(Placed):
    """An account router to deploy, or the one at `address`, and the routers of other chains that it
    knows. Enrolments cannot be changed, so only verified routers are enrolled. Without
    `remoteRouters`, they stay as they are."""

    owner: Account | None = None
    mailbox: HexAddress | None = None
    """Written by this and other tools: the core's own."""
    hook: Hook = ZERO_ADDRESS
    interchain_security_module: AccountRouting | None = None
    remote_routers: ByChain[RemoteRouter] | None = None
    router_type: Literal["regular", "minimal"] = "regular"
    """`minimal`: without commitments."""
    commitment_ism: CommitmentIsm | None = None
    proxy_admin: dict[str, Any] | None = None
    """Read of routers that other tools deployed; this tool deploys no proxy for a router."""

    @model_validator(mode="after")
    def _has_module_if_regular(self) -> "InterchainAccountRouter":
        if self.router_type == "minimal" and self.commitment_ism is not None:
            raise ValueError("commitmentIsm: routerType minimal has none; remove this key")
        return self

    @property
    def revealing(self) -> CommitmentIsm | None:
        """The module that reveals commitments; None for a router without."""
        if self.router_type == "minimal":
            return None
        return CommitmentIsm() if self.commitment_ism is None else self.commitment_ism

    @property
    def isms(self) -> ByChain[str]:
        """Modules by remote chain that calls name."""
        module = self.interchain_security_module
        return {} if module is None else module.isms
