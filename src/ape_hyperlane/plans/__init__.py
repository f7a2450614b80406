"""The deploy engine: plans of steps, comparison with the chain, transactions, journal."""
