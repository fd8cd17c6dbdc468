"""Notices that households sign or refuse, and refusals of what a measure asks, each with a witness."""
