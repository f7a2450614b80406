"""Demonstrations on local chains, each with all its processes."""
