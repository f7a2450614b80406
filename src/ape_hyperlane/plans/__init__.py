"""The deploy engine: steps, what is pending of them, transactions, journal."""
