"""The form of an identifier of ours."""

import re
from typing import Final

_VARIANT: Final = {f"{n:x}": "89ab"[n % 4] for n in range(16)}
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Whether it has that form; PostgreSQL compares identifiers with nothing else."""
    return _ID.fullmatch(text) is not None


def version_8(digits: str) -> str:
    """A UUID version 8 of 32 hex digits; the 13th, and half of the 17th, say that it is one."""
    variant = _VARIANT[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
