"""What registration does, one function per use case: each takes a unit of work and its input."""
