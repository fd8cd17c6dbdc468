"""The ring of the services' keys, as a file: what is added, put first, taken off. Plain Python alone."""
