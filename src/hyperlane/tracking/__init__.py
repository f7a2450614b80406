"""Tracking of a message: the stage that it has reached, and why. Needs chains and public storages,
no relayer."""
