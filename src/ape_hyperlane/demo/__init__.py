"""Demos on local chains, with all agents running."""
