"""Places: administrative divisions, the place tree, and where a destination lies in it."""
