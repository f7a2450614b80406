"""The agents' state. Every step is a transaction keyed by chain facts, so it can be repeated."""
