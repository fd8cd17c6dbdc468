"""Events about leave to go out of those who stay in."""
