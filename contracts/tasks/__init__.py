"""What people and other systems say of tasks and of who does them, and what isolation publishes of it."""
