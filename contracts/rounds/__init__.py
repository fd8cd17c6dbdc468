"""Events about rounds of tests."""
