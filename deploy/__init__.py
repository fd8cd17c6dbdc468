"""Where and how Doorstep runs."""
