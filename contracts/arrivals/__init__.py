"""Events about arrivals: what other systems report, and what registration makes of it."""
