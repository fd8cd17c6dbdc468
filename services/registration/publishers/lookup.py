"""Whose API key it is: the HTTP edge asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.doors.declared import Asked, Lookup
from chassis.unit_of_work import UnitOfWork
from field.scope import Scope
from services.registration.publishers.queries import publisher_with_key


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """:param data: `key`. Returns the publisher's `name`, and the event types that it `may` publish."""
    key = data.get("key")
    found = publisher_with_key(uow.conn, uow.index, key) if isinstance(key, str) else None
    return {"name": found.name, "may": list(found.may)} if found else None


PUBLISHER = Lookup("publisher", _find)
