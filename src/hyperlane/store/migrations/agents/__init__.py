"""Revisions of the agents' database, oldest first."""
