"""The idempotency key of an act that a form says: doors absorb what comes twice under the same key."""

from __future__ import annotations

import hashlib
import re
from typing import Final

import orjson
from flask import request

from chassis.ids import new_id

_KEY: Final = re.compile(r"[A-Za-z0-9-]{8,80}")


def key_of_form() -> str:
    """The same for the same form with the same content, however often it is sent.

    A form that was refused, and is sent with something else after going back, is another act: doors keep
    what was invalid under its key.
    """
    key = request.form.get("key", "")
    content = [
        (name, values) for name, values in sorted(request.form.lists()) if name not in ("key", "form_token")
    ]
    digest = hashlib.sha256(orjson.dumps(content)).hexdigest()[:16]
    return f"{key if _KEY.fullmatch(key) else new_id()}:{digest}"
