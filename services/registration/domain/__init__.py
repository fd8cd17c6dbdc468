"""The rules of registration: pure, without I/O, clock or framework."""
