"""Model of `erc7786Gateway` in `core-config.yaml`, a key of our own."""

from typing import Annotated

from pydantic import Field, field_validator

from hyperlane.registry.fields import ZERO_ADDRESS, Account, ByChain, Placed
from hyperlane.registry.hooks import Hook
from hyperlane.registry.isms import Ism, RateLimitedIsm, all_isms
from hyperlane.registry.models import StrictFileModel

DELIVERY_GAS = 200_000
"""Gas limit of deliveries for which no message asks another one."""


class RemoteGateway(StrictFileModel):
    """The gateway of another chain; without `address` and `chainId` those that the registry has."""

    address: Account | None = None
    chain_id: Annotated[int, Field(gt=0, lt=2**96)] | None = None
    gas_limit: Annotated[int, Field(ge=0, lt=2**56)] = DELIVERY_GAS


class Erc7786Gateway(Placed):
    """A gateway to deploy, or the one at `address`, and the gateways of other chains that it knows.
    Without `remoteGateways`, they stay as they are."""

    owner: Account | None = None
    hook: Hook = ZERO_ADDRESS
    interchain_security_module: Ism = ZERO_ADDRESS
    remote_gateways: ByChain[RemoteGateway] | None = None

    @field_validator("interchain_security_module")
    @classmethod
    def _rate_limits_have_recipients(cls, ism: Ism) -> Ism:
        for module in all_isms(ism):
            if isinstance(module, RateLimitedIsm) and module.recipient is None:
                raise ValueError("rateLimitedIsm: recipient: required, but missing")
        return ism
