"""Policies: the copy of what isolation publishes, for the days that a stop is looked back on."""
