"""The token of a link: 12 characters, 60 random bits, as people can type them from a text message."""

from __future__ import annotations

import os
import re
from base64 import b32encode
from typing import Final

LENGTH: Final = 12
LINK: Final = "link"
"""Names the blind index of a token, and the purpose under which one is sealed."""

# Crockford's: without i, l, o, which look like others, and without u.
_ALPHABET: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz")
_TOKEN: Final = re.compile(f"[0-9a-hjkmnp-tv-z]{{{LENGTH}}}")
_AS_TYPED: Final = str.maketrans("ilo", "110")


def new_token() -> str:
    return b32encode(os.urandom(8))[:LENGTH].translate(_ALPHABET).decode()


def read_token(typed: str) -> str | None:
    """The token that somebody typed: capitals count too, and what looks like a digit. None: it is none."""
    token = typed.strip().lower().translate(_AS_TYPED)
    return token if _TOKEN.fullmatch(token) else None
