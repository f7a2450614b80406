"""Gas that a delivery gets beyond what it was simulated to need."""

TRANSACTION_GAS = 75_000
"""Gas for the transaction itself, and a reserve in case an estimate is short."""
ITEM_GAS = 5_000
"""Gas that a batch adds to each delivery."""
MARGIN = TRANSACTION_GAS + ITEM_GAS
"""Gas that a delivery alone gets beyond what it needs."""
