"""Staff: the grid workers, and whose turn it is."""
