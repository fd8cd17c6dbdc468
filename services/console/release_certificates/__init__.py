"""Certificates of release: what one says, and the signature by which anybody can check it."""
