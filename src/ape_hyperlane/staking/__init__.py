"""Stake behind validators: deploying it, joining it, and modules that follow it."""
