"""Where a message is, and why: told from chains and public storages, without a relayer."""
