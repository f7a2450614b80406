"""Two chains and the warp command, as the tests of routes have them."""

from tests.deploy.warp.conftest import deployed, token, warp, world

__all__ = ["deployed", "token", "warp", "world"]
