"""What the attacked routes hold, and how much of it may go."""

HELD = 10**9
"""What belongs to a route at first."""
DAY = 86_400
BPS = 1000
FULL = HELD * BPS // 10_000
