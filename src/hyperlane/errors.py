"""The one exception tree. Every error this package raises on purpose is a `HyperlaneError`.

Command lines print `str(error)` as their one line and exit non-zero, so a message names the field,
the value and what was expected.
"""


class HyperlaneError(Exception):
    """Base of everything raised on purpose; its text is fit to show an operator."""


class DecodeError(HyperlaneError):
    """Bytes that are not what their layout promises: truncated, over-long or dirty."""


class TreeError(HyperlaneError):
    """A merkle tree was asked for a leaf or a root it does not hold, or has no room left."""


class ConfigError(HyperlaneError):
    """A setting, file or argument that cannot be used; names the key, the value and the rule."""


class ChainError(HyperlaneError):
    """A chain did not answer, or answered something that contradicts its configuration."""


class StorageError(HyperlaneError):
    """Checkpoint storage that cannot be read or written, or holds something unusable."""


class StorageUnreachable(StorageError):
    """Checkpoint storage that gave no answer; asked again, it may have anything."""


class DatabaseError(HyperlaneError):
    """The agent's database cannot be used: locked, full, or made by or for something else."""
