"""The REST API for other systems: they hand in events and are told at once what became of each."""
