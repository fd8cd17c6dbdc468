"""Persons: who a report is about, found again by blind index."""
