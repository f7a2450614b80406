"""Two chains and the warp command, as the tests of routes have them."""

from tests.support.warp_world import deployed, token, warp, world

__all__ = ["deployed", "token", "warp", "world"]
