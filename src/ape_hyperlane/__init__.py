"""The ape plugin: deploy, check and use Hyperlane from `ape`."""
