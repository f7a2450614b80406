"""Hyperlane v3 for Python: protocol codecs, chain access, storage and agents. Needs no ape."""

import os
from importlib.util import find_spec

if find_spec("sha3"):
    # Hashing is ten times as fast as with the default; it is chosen when something is first hashed.
    os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
