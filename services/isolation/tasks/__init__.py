"""Tasks once they are planned: overdue ones, and failed messages, are brought up the ladder."""
