"""The form of an identifier of ours."""

import re

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Whether it has that form; PostgreSQL compares identifiers with nothing else."""
    return _ID.fullmatch(text) is not None
