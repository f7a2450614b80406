"""One EVM chain over JSON-RPC: reading at a block, indexing logs, sending transactions."""
