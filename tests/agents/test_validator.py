import json
from pathlib import Path

from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32, to_hex

from .conftest import eventually, validating
from .devnet import key


async def test_every_leaf_is_signed_in_the_reference_layout(origin, validator_config, tmp_path):
    messages = [origin.dispatch(7331, key(3).address, bytes([n])) for n in range(3)]
    folder = tmp_path / "v1"
    async with validating(validator_config(origin)) as task:
        await eventually(lambda: _latest(folder) == 2, task)
        messages.append(origin.dispatch(7331, key(3).address, b"later"))
        await eventually(lambda: _latest(folder) == 3, task)

    hook = address_to_bytes32(address_from_hex(origin.contracts["merkleTreeHook"].address))
    tree = IncrementalMerkle()
    for index, message in enumerate(messages):
        tree.insert(message.id)
        checkpoint = Checkpoint(1337, hook, tree.root(), index, message.id)
        signature = checkpoint.sign(key(1))
        assert (folder / f"{index}_with_id.json").read_text() == json.dumps(
            {
                "value": {
                    "checkpoint": {
                        "merkle_tree_hook_address": to_hex(hook),
                        "mailbox_domain": 1337,
                        "root": to_hex(tree.root()),
                        "index": index,
                    },
                    "message_id": to_hex(message.id),
                },
                "signature": {
                    "r": hex(int.from_bytes(signature[:32])),
                    "s": hex(int.from_bytes(signature[32:64])),
                    "v": signature[64],
                },
                "serialized_signature": to_hex(signature),
            },
            indent=2,
        )
    root, index = origin.contracts["merkleTreeHook"].functions.latestCheckpoint().call()
    assert (root, index) == (tree.root(), 3)


def _latest(folder: Path) -> int | None:
    path = folder / "index.json"
    return int(path.read_text()) if path.exists() else None
