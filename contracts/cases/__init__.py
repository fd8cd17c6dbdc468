"""Events about cases and their tasks."""
