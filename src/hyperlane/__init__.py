"""Hyperlane v3 for Python: protocol codecs, chain access, storage and agents. Needs no ape."""
