"""Warp routes: deployment, check and transfers. The entry point is `deploy.deploy_route`."""
