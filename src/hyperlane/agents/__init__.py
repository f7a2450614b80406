"""The long-running programs. Each is a small set of loops over the store and the chains."""
