"""Teams: staff and places, the team that looks after a case, and the staff of each level of the ladder."""
