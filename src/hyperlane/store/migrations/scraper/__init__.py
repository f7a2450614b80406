"""Revisions of the scraper's database, oldest first."""
