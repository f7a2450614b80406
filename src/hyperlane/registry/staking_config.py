"""Model of `staking-config.yaml`: the config of a staking deployment."""

from typing import Annotated

from pydantic import Field

from hyperlane.registry.fields import DAY, Account
from hyperlane.registry.models import HexAddress, StrictFileModel

HOUR = 60 * 60
BASIS = 10_000


class StakingConfig(StrictFileModel):
    """Config of the staking contracts. Periods are in seconds, fractions in basis points, amounts
    in the smallest unit; bounds are those of `StakingParameters.sol`."""

    token: Account
    """The staked token, an ERC-20."""
    treasury: HexAddress
    """Recipient of slashed stake; an address without a known key burns it."""
    owner: Account | None = None
    """Account that may change parameters, after a notice period; None for the deployer."""
    minimum_stake: Annotated[int, Field(ge=1, lt=2**96)]
    challenge_bond: Annotated[int, Field(ge=1, lt=2**88)]
    unbonding_period: Annotated[int, Field(ge=7 * DAY, le=60 * DAY)] = 14 * DAY
    jail_period: Annotated[int, Field(ge=HOUR, le=30 * DAY)] = 2 * DAY
    grace_period: Annotated[int, Field(ge=HOUR // 6, le=7 * DAY)] = HOUR
    answer_period: Annotated[int, Field(ge=HOUR, le=3 * DAY)] = DAY
    fraud_fraction: Annotated[int, Field(ge=BASIS // 10, le=BASIS)] = BASIS // 2
    censorship_fraction: Annotated[int, Field(ge=1, le=BASIS // 10)] = BASIS // 100
    reporter_fraction: Annotated[int, Field(ge=BASIS // 100, le=BASIS // 5)] = BASIS // 10

    @property
    def parameters(self) -> tuple[int, ...]:
        """The parameters in the order of the contracts' struct."""
        return (
            self.unbonding_period,
            self.jail_period,
            self.grace_period,
            self.answer_period,
            self.fraud_fraction,
            self.censorship_fraction,
            self.reporter_fraction,
            self.minimum_stake,
            self.challenge_bond,
        )
