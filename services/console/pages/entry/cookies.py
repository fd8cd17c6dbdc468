"""The two cookies. `__Host-`: no other host, and no page without TLS, can set them."""

from __future__ import annotations

from typing import Final

from werkzeug.wrappers import Response

SESSION: Final = "__Host-doorstep"
FORM: Final = "__Host-doorstep-form"


def give_cookie(answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="Lax")


def take_cookie(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="Lax")
