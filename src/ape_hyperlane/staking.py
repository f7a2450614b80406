"""Stake behind validators: deploying it, and joining with a signing key."""

from dataclasses import astuple, dataclass

from ape.api import AccountAPI
from ape.contracts import ContractInstance
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from ape_hyperlane.deploy.survey import container

DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class StakingParameters:
    """As `StakingManager` has them: seconds, basis points, smallest units of the stake token."""

    unbonding_period: int = 14 * DAY
    jail_period: int = 2 * DAY
    grace_period: int = 3600
    answer_period: int = DAY
    fraud_fraction: int = 5_000
    censorship_fraction: int = 100
    reporter_fraction: int = 1_000
    minimum_stake: int = 10**18
    challenge_bond: int = 10**17


def deploy_staking(
    deployer: AccountAPI,
    token: str,
    treasury: str,
    merkle_tree_hook: str,
    parameters: StakingParameters,
) -> ContractInstance:
    """The manager of a new staking on the connected chain, owned by the deployer."""
    proofs = deployer.deploy(container("CheckpointFraudProofs"))
    return deployer.deploy(
        container("StakingManager"),
        token,
        treasury,
        deployer.address,
        astuple(parameters),
        merkle_tree_hook,
        proofs,
    )


def possession(manager: ContractInstance, operator: str, key: LocalAccount) -> bytes:
    """The proof that an operator has a signing key: EIP-712, see `StakingManager.register`."""
    domain = {
        "name": "Hyperlane Staking",
        "version": "1",
        "chainId": manager.provider.chain_id,
        "verifyingContract": manager.address,
    }
    types = {
        "Possession": [
            {"name": "operator", "type": "address"},
            {"name": "key", "type": "address"},
        ]
    }
    message = {"operator": operator, "key": key.address}
    return bytes(key.sign_message(encode_typed_data(domain, types, message)).signature)
