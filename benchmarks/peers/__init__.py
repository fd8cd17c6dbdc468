"""The same pipeline as users of nameko and of FastStream would write it; ../README.md says what is equal."""
