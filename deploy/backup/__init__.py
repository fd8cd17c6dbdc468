"""Backup and restore of the compose deployment: `make backup`, `make restore`. See docs/operations/backup.md.

Runs on the machine that runs docker compose, and needs nothing there but Python and docker.
"""
