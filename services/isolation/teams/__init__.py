"""Teams: the staff and places there are, who looks after a case, and whom a level of the ladder has."""
