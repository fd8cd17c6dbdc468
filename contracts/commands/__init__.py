"""What became of a command, as its author is told."""
