"""Policies: documents that say which measure follows from which risk, and who is informed when."""
