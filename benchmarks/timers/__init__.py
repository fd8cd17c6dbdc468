"""How fast the timers are, with a million open cases and beside intake."""
