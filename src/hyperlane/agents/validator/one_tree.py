"""One key, one tree: why a validator does not start for a second one. See docs/protocol.

A database is bound to one tree when it is opened, and a storage that holds other checkpoints of the
key stops the signer. Here is what the chain knows.
"""

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.validator.signing import Halted
from hyperlane.chain.abi import CheckpointSlasher, StakingManager
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum, to_hex


async def require_staked_tree(chain: Chain, key: Address) -> None:
    """Halted if stake secures another tree of the chain than the one to be signed for.

    Each signature would cost the operator its stake: whoever delivers a message names the tree, so
    that a checkpoint of any other is as good as a lie about the staked one.
    """
    manager = chain.settings.staking_manager
    if manager is None:
        return
    slasher = await chain.client.call(manager, StakingManager.slasher)
    staked = await chain.client.call(slasher, CheckpointSlasher.merkle_tree)
    hook = address_to_bytes32(chain.settings.merkle_tree_hook)
    if staked != hook:
        raise Halted(
            f"chains.{chain.name}.merkleTreeHook: {to_hex(hook)}, but stakingManager"
            f" {to_checksum(manager)} punishes for all trees but {to_hex(staked)}: set the tree and"
            f" the manager that belong together, and if {to_checksum(key)} ever signed for another"
            " tree, take a new key"
        )
