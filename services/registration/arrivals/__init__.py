"""Arrivals: the reports of one coming joined, its risk, its doorstep and its worker."""
