"""The scraper's database: what happened on all chains, for the API, the explorer and followers."""
