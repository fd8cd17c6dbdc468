"""Copies of what others keep: places and staff of registration, phones of the console."""
