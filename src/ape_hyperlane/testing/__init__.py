"""Test kit: several Mailboxes in a test, and messages that cross when the test says so.

Every pytest run imports this by the plugin's entry point, so names are loaded when they are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ape_hyperlane.testing.chains import LocalChain as LocalChain
    from ape_hyperlane.testing.errors import TestKitError as TestKitError
    from ape_hyperlane.testing.messages import InterchainMessage as InterchainMessage
    from ape_hyperlane.testing.messages import Outcome as Outcome
    from ape_hyperlane.testing.messages import Status as Status
    from ape_hyperlane.testing.network import LocalNetwork as LocalNetwork
    from ape_hyperlane.testing.places import Existing as Existing
    from ape_hyperlane.testing.places import Fork as Fork
    from ape_hyperlane.testing.reverts import Revert as Revert
    from ape_hyperlane.testing.words import bytes32 as bytes32

_HOMES = {
    "Existing": "places",
    "Fork": "places",
    "InterchainMessage": "messages",
    "LocalNetwork": "network",
    "Outcome": "messages",
    "Revert": "reverts",
    "Status": "messages",
    "LocalChain": "chains",
    "TestKitError": "errors",
    "bytes32": "words",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
