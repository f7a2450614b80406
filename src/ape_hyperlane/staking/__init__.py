"""Staking: deployment, registration of operators, and modules made of the active set."""
