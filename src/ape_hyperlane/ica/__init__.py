"""Interchain accounts: accounts on other chains that an account here owns.

```python
from ape_hyperlane import ica

with ica.on("arbitrum", owner=me) as account:
    token.transfer(receiver, 1, sender=account)
print(account.receipt)
```
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ape_hyperlane.ica.container import InterchainAccount, Proposal, on, propose

__all__ = ["InterchainAccount", "Proposal", "on", "propose"]


def __getattr__(name: str) -> Any:
    """Imports on first use: ape imports this package at every start."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ape_hyperlane.ica import container

    return getattr(container, name)
