"""Stake on a devnet, with parameters as short as their bounds allow."""

from dataclasses import dataclass
from typing import Any

from eth_account.signers.local import LocalAccount
from tests.support.devnet import Devnet, key

from ape_hyperlane.staking.operators import possession

DAY = 24 * 3600
GRACE, ANSWER = 600, 3600
STAKE = 10_000
TREASURY = "0x" + "77" * 20


@dataclass
class Stake:
    """A staking manager and what it made."""

    chain: Devnet
    manager: Any
    token: Any
    slasher: Any
    challenges: Any

    def register(self, index: int, signer: LocalAccount) -> str:
        """Account `index` becomes an operator that signs with `signer`, with stake of its own."""
        operator = key(index)
        self.fund(operator)
        proof = self.possession(operator.address, signer)
        self.send(operator, self.manager.functions.register(signer.address, 0, proof))
        self.send(operator, self.token.functions.approve(self.manager.address, STAKE))
        self.send(operator, self.manager.functions.stake(operator.address, STAKE))
        return str(operator.address)

    def fund(self, account: LocalAccount, amount: int = STAKE) -> None:
        self.chain.send(self.token.functions.transfer(account.address, amount))

    def send(self, account: LocalAccount, call: Any) -> Any:
        return self.chain.wait(call.transact({"from": account.address}))

    def stake_of(self, operator: str) -> int:
        return int(self.manager.functions.pools(operator).call()[0])

    def status(self, operator: str) -> str:
        number = self.manager.functions.operatorState(operator).call()[0]
        return ("None", "Active", "Jailed", "Left", "Tombstoned")[number]

    def balance(self, account: str) -> int:
        return int(self.token.functions.balanceOf(account).call())

    def pass_time(self, seconds: int) -> None:
        # Blocks that are mined in quick succession have run ahead of anvil's clock.
        now = self.chain.w3.eth.get_block("latest")["timestamp"]
        self.chain.rpc("evm_setNextBlockTimestamp", now + seconds)
        self.chain.mine()

    def possession(self, operator: str, signer: LocalAccount) -> bytes:
        """The signer's proof that the operator has it."""
        return possession(self.chain.chain_id, self.manager.address, operator, signer)


def deploy_staking(chain: Devnet) -> Stake:
    token = chain.deploy("TestERC20", "Stake", "STK", 10**24, 18)
    proofs = chain.deploy("CheckpointFraudProofs")
    manager = chain.deploy(
        "StakingManager",
        token.address,
        TREASURY,
        key(0).address,
        (14 * DAY, 3600, GRACE, ANSWER, 5_000, 100, 1_000, 1_000, 100),
        chain.contracts["merkleTreeHook"].address,
        proofs.address,
    )
    return Stake(
        chain,
        manager,
        token,
        chain.at("CheckpointSlasher", manager.functions.slasher().call()),
        chain.at("CensorshipChallenges", manager.functions.challenges().call()),
    )
