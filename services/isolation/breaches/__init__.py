"""Breaches: what contradicts a measure, what an officer finds of it, and what follows."""
