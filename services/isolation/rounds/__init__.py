"""Rounds of tests: at a place and in a term everybody is tested, and nobody who should be is missed."""
