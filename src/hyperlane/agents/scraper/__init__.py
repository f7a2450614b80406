"""The scraper: copies what happens to messages on all of its chains into one database."""

from hyperlane.agents.scraper.agent import run

__all__ = ["run"]
