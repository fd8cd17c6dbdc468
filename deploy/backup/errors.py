"""What ends a backup or a restore, in one line."""


class Refused(Exception):
    """Something is not as it must be; the message says what and what to do."""
