"""Reads live deployments, also foreign ones: from contracts back to the configs that make them."""
