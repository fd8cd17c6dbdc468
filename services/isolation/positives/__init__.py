"""Somebody is positive, or may be: who calls them, who decides, and what is taken back after a correction."""
