"""Permits: leave to go out of those who stay in, who decides on it, and whether they are back in time."""
