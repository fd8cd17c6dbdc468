"""A service as a process: its consumers, timers and loops, its health and figures."""
