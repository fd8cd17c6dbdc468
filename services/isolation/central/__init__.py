"""Central isolation: centres with rooms and beds, and the life of one move to one of them."""
