"""The read side of the scraper's database: frozen records, and functions that take a `Database`.

Each walks an index, and a bounded part of it, however large the database is. Amounts are in wei,
times in Unix seconds, senders and recipients of 32 bytes.
"""
