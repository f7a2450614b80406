"""Deliveries to one chain: prepared, simulated, batched, sent, confirmed."""
