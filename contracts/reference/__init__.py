"""Events about reference data: risk lists, policies, places, staff."""
