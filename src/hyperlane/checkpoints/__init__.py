"""Checkpoint storages: validators publish signatures there, and relayers read them."""
