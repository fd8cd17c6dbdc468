"""What is said of moves to central isolation."""
