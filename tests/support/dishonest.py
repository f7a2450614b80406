"""A validator that can sign anything: it announces a folder and writes what it is told to."""

from pathlib import Path

from tests.support.devnet import Devnet, key

from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32


class DishonestValidator:
    """Of one chain, with development account `index`."""

    def __init__(self, chain: Devnet, index: int, folder: Path) -> None:
        self.chain = chain
        self.account = key(index)
        self.storage = FolderStorage(folder)
        self.hook = address_to_bytes32(address_from_hex(chain.contracts["merkleTreeHook"].address))

    @property
    def address(self) -> bytes:
        return address_from_hex(self.account.address)

    def announce(self) -> None:
        announce = self.chain.contracts["validatorAnnounce"]
        announcement = Announcement(
            self.chain.chain_id,
            address_to_bytes32(address_from_hex(self.chain.contracts["mailbox"].address)),
            self.address,
            self.storage.location,
        )
        self.chain.send(
            announce.functions.announce(
                self.account.address, self.storage.location, announcement.sign(self.account)
            )
        )

    def true(self, messages: list[Message], index: int) -> Checkpoint:
        """What an honest validator signs for leaf `index`."""
        tree = MerkleTree(message.id for message in messages)
        return Checkpoint(
            self.chain.chain_id, self.hook, tree.root(index), index, messages[index].id
        )

    async def publish(self, checkpoint: Checkpoint) -> SignedCheckpoint:
        signed = SignedCheckpoint(checkpoint, checkpoint.sign(self.account))
        await self.storage.write_checkpoint(signed)
        return signed
