"""Warnings about configs that work, and that an operator would regret."""
