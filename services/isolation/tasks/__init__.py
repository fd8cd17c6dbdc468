"""Tasks: what becomes of them once they are planned; overdue ones are brought up the ladder."""
