"""A browser by which somebody has logged in before: its tries are counted apart from others under the name.

So whoever guesses at a name from elsewhere keeps nobody out who works at their own desk. The mark opens
nothing: it only says whose counter a try is put to.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from chassis.sealing import BlindIndex

LASTS_S: Final = 400 * 24 * 3600
"""No browser keeps a cookie for longer."""
_PURPOSE: Final = "browser that logged in"


def mark(index: BlindIndex, name: str) -> str:
    """For the browser to keep, of whoever has logged in under this name."""
    token = secrets.token_urlsafe(16)
    return f"{token}.{_signed(index, name, token)}"


def known_as(index: BlindIndex, name: str, held: str) -> str | None:
    """Under which its tries are counted; None where nobody has logged in by it under this name.

    :param held: what the browser says that it was given.
    """
    token, _, signed = held[:200].partition(".")
    if token and hmac.compare_digest(signed.encode(), _signed(index, name, token).encode()):
        return f"{name}\n{token}"
    return None


def _signed(index: BlindIndex, name: str, token: str) -> str:
    return index(_PURPOSE, f"{name}\n{token}")
