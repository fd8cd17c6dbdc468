"""Arrivals: which reports are one arrival, its risk, its doorstep and its worker."""
