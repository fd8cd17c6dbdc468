"""Errors that end a backup or a restore, each with a text of one line."""


class Refused(Exception):
    """Something is not as it must be; the message says what and what to do."""
