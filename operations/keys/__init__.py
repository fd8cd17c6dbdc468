"""Keys that seal personal data: which are in use, and what is sealed anew by the newest one."""
