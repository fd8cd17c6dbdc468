"""The same pipeline as users of nameko and of FastStream would write it; see ../README.md for what is equal."""
