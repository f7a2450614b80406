"""Warp routes: deploying, checking and using them. Start at `deploy.deploy_route`."""
