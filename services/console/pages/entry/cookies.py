"""The cookies. `__Host-`: no other host, and no page without TLS, can set them."""

from __future__ import annotations

from typing import Final

from werkzeug.wrappers import Response

SESSION: Final = "__Host-doorstep"
OPENING: Final = "__Host-doorstep-open"
"""Of a phone: the browser forgets it when it is closed, and the PIN is asked for again."""
KNOWN: Final = "__Host-doorstep-known"
"""Stays when its owner logs out; it opens nothing."""
FORM: Final = "__Host-doorstep-form"


def give_cookie(answer: Response, name: str, value: str, seconds: int | None) -> None:
    """:param seconds: how long the browser keeps it; None: until it is closed."""
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="Lax")


def take_cookie(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="Lax")
