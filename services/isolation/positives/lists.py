"""Whom the contacts' lists of positives name and nobody has told yet, as officers see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ListQuery, Sort, ThingQuery
from chassis.doors.within import Bounds
from field.ids import is_id
from field.scope import Scope
from services.isolation.cases.lists import PERSON, in_scope
from services.isolation.cases.tables import cases
from services.isolation.policies.rules import CORRECT_CONTACTS, TELL_CONTACTS
from services.isolation.positives.tables import close_contacts

_T, _C = close_contacts.c, cases.c
_FACTS: Final = ("contact_id", "case_id", "kind", "last_on", "lives_there", "mistake", "at", "due_by")
_PLACES: Final = ("street", "community", "grid")
_COLUMNS: Final = (*(Column(name) for name in (*_FACTS, *_PLACES)), *PERSON)


def _all(conn: Connection, scope: Scope | Bounds) -> Select[Any]:
    columns = (*(_T[name] for name in (*_FACTS, "settled_as")), *(_C[name] for name in _PLACES))
    joined = select(*columns, _T.said.label("person"), _T.settled_at)
    return joined.join(cases, _C.case_id == _T.case_id).where(in_scope(conn, scope))


def _to_tell(conn: Connection, scope: Bounds) -> Select[Any]:
    return _all(conn, scope).where(_T.settled_at.is_(None), _C.stripped_at.is_(None))


def _one(conn: Connection, scope: Scope, _asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    row = conn.execute(_all(conn, scope).where(_T.contact_id == id)).mappings().one_or_none()
    if row is None:
        return None
    to_hear = CORRECT_CONTACTS if row["mistake"] else TELL_CONTACTS
    return {**row, "waits": row["settled_at"] is None, "state": row["settled_as"] or to_hear}


CLOSE_CONTACTS = ListQuery(
    "close_contacts",
    about="close_contact",
    id="contact_id",
    definition="people and places on the contacts' lists of your places, whom nobody has told yet, "
    "or not yet that it was a mistake",
    rows=_to_tell,
    columns=_COLUMNS,
    sorts=(Sort("due", ("due_by", "contact_id")),),
    filters=("kind", "case_id"),
    places=("grid", "community", "street"),
)
CLOSE_CONTACT = ThingQuery(
    "close_contact",
    find=_one,
    columns=(
        *(*_COLUMNS, Column("note", "address", sealed="person")),
        *(Column(name) for name in ("waits", "state", "settled_as")),
    ),
)
