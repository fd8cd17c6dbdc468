"""Files that somebody sends with a form: what stands in them is personal, and is written to no disk."""

from __future__ import annotations

from io import BytesIO
from typing import IO, Any

from flask import Request


class KeptInMemory(Request):
    """A form is small enough for that (guard.py); else Werkzeug writes what is above 500 kB to a file."""

    def _get_file_stream(self, *_args: Any, **_more: Any) -> IO[bytes]:
        return BytesIO()
