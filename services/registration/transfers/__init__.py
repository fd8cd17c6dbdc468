"""Arrivals that another community is asked to take over, and those that it took over."""
