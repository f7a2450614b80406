"""The ape plugin: deploys, checks and uses Hyperlane."""
