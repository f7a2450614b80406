"""Check of a validator's storage before its location is announced, which is for ever."""

from hyperlane.checkpoints.storage import CheckpointStorage
from hyperlane.errors import ConfigError, DecodeError, StorageError, StorageUnreachable
from hyperlane.protocol.typecasts import address_from_hex, to_checksum
from hyperlane.settings import ChainSettings


async def require_own(storage: CheckpointStorage, chain: ChainSettings, validator: str) -> None:
    """ConfigError when its latest signature is by another key, or for another chain.

    StorageUnreachable when it does not answer. An unusable signature is ignored. One for another
    tree of the same chain is not refused here: the signer halts, as it needs another key.
    """
    try:
        latest = await storage.latest_index()
        stored = None if latest is None else await storage.checkpoint(latest)
        signer = None if stored is None else stored.signer
    except StorageUnreachable:
        raise
    except (StorageError, DecodeError):
        return
    if stored is None or signer is None:
        return
    whose = None
    if signer != address_from_hex(validator):
        whose = f"of the validator {to_checksum(signer)}, not of {validator}"
    elif stored.checkpoint.origin != chain.domain_id:
        whose = f"for domain {stored.checkpoint.origin}, not for {chain.domain_id}"
    if whose is not None:
        raise ConfigError(
            f"checkpointSyncer: {storage.location} holds signatures {whose}: give each validator a"
            " storage of its own"
        )
