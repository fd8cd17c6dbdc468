"""Events about messages to people."""
