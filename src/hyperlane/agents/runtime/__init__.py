"""Parts that every agent is made of: process, chains, indexer, transaction sender, loops."""
