"""One arrival from its first report to the last message, across the services."""
