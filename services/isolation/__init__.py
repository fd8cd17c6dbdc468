"""Isolation: what must be done for an arrival, by whom, by when, and is it being done."""
