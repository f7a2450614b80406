"""Check that a key signs for one tree only. See docs/protocol.

Two other checks are elsewhere: a database is bound to one tree when it is opened, and a storage
with checkpoints of another tree stops the signer. This one asks the chain.
"""

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.validator.halting import Halted
from hyperlane.chain.abi import CheckpointSlasher, StakingManager
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum, to_hex


async def require_staked_tree(chain: Chain, key: Address) -> None:
    """Halted if the key's stake secures another tree of the chain than the one to be signed for.

    Each signature could cost the operator its stake: the metadata of a delivery names the tree, so
    a checkpoint of another tree is punished like a false one of the staked tree.
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
