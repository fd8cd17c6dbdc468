"""Copies of the places and staff of registration."""
