"""The report that a validator publishes when its chain contradicts what it signed."""

from dataclasses import dataclass

from hyperlane.protocol.typecasts import Bytes32


@dataclass(frozen=True, slots=True)
class ReorgReport:
    """Why a validator stopped: the chain contradicts what it has seen."""

    local_merkle_root: Bytes32
    canonical_merkle_root: Bytes32
    checkpoint_index: int
    unix_timestamp: int
    reorg_period: int | str
