"""The idempotency key of an act that a form says: doors absorb what comes twice under the same key."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import orjson
from flask import request

from chassis.ids import new_id

_KEY: Final = re.compile(r"[A-Za-z0-9-]{8,80}")


def key_of_form() -> str:
    """Of a form that says one thing: the same for the same content, however often it is sent."""
    return key_of_act(
        [(name, values) for name, values in sorted(request.form.lists()) if name not in ("key", "form_token")]
    )


def key_of_act(said: Any, *of: str) -> str:
    """Of one act of a form. One that was refused, and is sent with something else after going back, is
    another act: doors keep what was invalid under its key.

    :param said: what the act says.
    :param of: tells several acts of the same form apart.
    """
    digest = hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    return ":".join((key_that_stays(), *of, digest))


def key_that_stays() -> str:
    """The one that was made when the page of the form was, also where the form comes back; else a new one."""
    key = request.form.get("key", "")
    return key if _KEY.fullmatch(key) else new_id()
