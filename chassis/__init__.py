"""What every service stands on, and nothing about epidemics."""
