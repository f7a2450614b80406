"""The explorer: what the scraper has stored, as a JSON API and as pages. Reads only."""
