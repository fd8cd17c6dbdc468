"""Plans: which tasks a case has, day by day, and how one plan turns into another."""
