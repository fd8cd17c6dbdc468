"""One way to consume, one way to publish, and what happens when either fails."""
