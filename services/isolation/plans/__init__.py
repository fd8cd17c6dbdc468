"""Plans: the tasks of a case, day by day, and the way from an old plan to a new one."""
