"""Commands with which a system is set up, started and described."""
