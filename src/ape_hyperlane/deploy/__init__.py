"""Deploying a core: plan, apply, check. Start at `core.deploy_core`."""
