"""Results of tests: which case they are of, and what becomes of those that are of nobody here."""
