"""One interface to SQLite and PostgreSQL."""
