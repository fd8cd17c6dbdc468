"""Cases: one for each arrival, opened, revised, planned, handed over, and at last closed."""
