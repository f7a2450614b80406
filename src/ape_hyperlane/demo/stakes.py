"""Stake behind the validators of a demo's chain."""

from collections.abc import Sequence
from dataclasses import dataclass

import ape
from ape.contracts import ContractInstance
from eth_account.signers.local import LocalAccount

from ape_hyperlane.demo.devnet import Devnet
from ape_hyperlane.plans.chain import container
from ape_hyperlane.staking.deploy import MANAGER, deploy_staking, manager_at, plan_staking
from ape_hyperlane.staking.operators import possession
from hyperlane.registry.staking_config import StakingConfig

STAKE = 1_000 * 10**18
"""Amount that each operator stakes, in the token's smallest units."""
TREASURY = "0x" + "77" * 20
OPERATORS = 12
"""Index of the first operator's development account."""
_STATUS = ("None", "Active", "Jailed", "Left", "Tombstoned")


@dataclass(frozen=True, slots=True)
class Standing:
    """Stake and status of an operator."""

    stake: int
    status: str


@dataclass(frozen=True, slots=True)
class Stakes:
    """The staking manager of a chain, and an operator for each of its validators."""

    token: ContractInstance
    manager: ContractInstance
    operators: tuple[str, ...]
    """Addresses, in the order of the validators."""

    def standing(self, position: int) -> Standing:
        """Stake and status of a validator's operator. The chain has to be connected."""
        operator = self.operators[position]
        stake = int(self.manager.pools(operator)[0])
        return Standing(stake, _STATUS[int(self.manager.operatorState(operator)[0])])

    def standings(self) -> list[Standing]:
        """Stake and status of every validator's operator, in the order of the validators."""
        return [self.standing(position) for position in range(len(self.operators))]


def stake_all(net: Devnet, chain: str, keys: Sequence[LocalAccount]) -> Stakes:
    """Deploys staking on the connected chain, and has an operator stake for each key."""
    deployer, accounts = net.deployer, ape.accounts.test_accounts
    token = deployer.deploy(container("TestERC20"), "Stake", "STK", 100 * STAKE, 18)
    config = StakingConfig(
        token=token.address,
        treasury=TREASURY,
        minimum_stake=STAKE // 1_000,
        challenge_bond=STAKE // 10_000,
    )
    plan = plan_staking(config, net.registry, chain, deployer.address)
    manager = manager_at(deploy_staking(plan, net.registry, deployer).addresses[MANAGER])
    operators = [accounts[OPERATORS + position] for position in range(len(keys))]
    for operator, key in zip(operators, keys, strict=True):
        token.transfer(operator, STAKE, sender=deployer)
        proof = possession(manager.provider.chain_id, manager.address, operator.address, key)
        manager.register(key.address, 0, proof, sender=operator)
        token.approve(manager, STAKE, sender=operator)
        manager.stake(operator, STAKE, sender=operator)
    return Stakes(token, manager, tuple(str(operator.address) for operator in operators))


def tokens(amount: int) -> str:
    """An amount of stake as text, in whole tokens."""
    return f"{amount / 10**18:,g} STK"
