"""Three FastStream services over SQLAlchemy's asyncio sessions, one process each."""
