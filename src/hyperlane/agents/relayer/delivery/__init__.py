"""Deliveries to one chain: prepared, simulated, batched, sent and confirmed."""
