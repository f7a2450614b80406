"""The wire formats of the protocol: frozen dataclasses and pure functions, bytes in, bytes out.

Nothing here does I/O, and importing one module does not import web3. Field orders, sizes and
hashes are described in `docs/protocol/`; the docstrings name the page.
"""
