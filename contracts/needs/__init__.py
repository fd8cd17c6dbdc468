"""Events about what households in isolation need."""
