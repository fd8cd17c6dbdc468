"""What a certificate of release says of somebody, and whether a certificate still holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from chassis.doors.declared import Asked, Lookup
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from field.days import local_day
from field.documents import compact_number
from field.ids import is_id
from field.scope import Scope
from field.telling_apart import Someone, tell_apart
from services.isolation.cases.first_day import FIRST_DAY_COLUMNS
from services.isolation.cases.lists import in_scope
from services.isolation.cases.served import stages_served
from services.isolation.cases.states import RELEASED
from services.isolation.cases.tables import cases
from services.isolation.reference import current

_SHOWN_OF_NUMBER: Final = 4
_C = cases.c
_COLUMNS: Final = (_C.case_id, _C.person, _C.community, _C.release_on, *FIRST_DAY_COLUMNS)


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """:param data: `case_id`.

    Of whoever is released; not of a case that ended in another way, and not of one that is open again. Name
    and number are the ends that whoever has the document in hand can compare: who finds the paper learns
    neither.
    """
    id = data.get("case_id")
    if not isinstance(id, str) or not is_id(id):
        return None
    wanted = select(*_COLUMNS).where(_C.case_id == id, _C.state == RELEASED, _C.stripped_at.is_(None))
    row = uow.conn.execute(wanted.where(in_scope(uow.conn, scope))).one_or_none()
    if row is None:
        return None
    try:
        person = uow.sealer.unseal(row.person)
    except SealBroken:  # of a key that is gone
        return None
    if not person.get("name"):  # nobody could compare such a paper with a document
        return None
    released_on = local_day(row.closed_at, asked.zone)
    [label] = tell_apart([Someone(person.get("name"), None)], released_on)
    reference = current(uow)
    place = reference.places.by_id.get(row.community)
    stages = stages_served(uow.conn, row, reference.policies.by_id, asked.zone)
    return {
        "case_id": row.case_id,
        "name_ends": label.name,
        "number_ends": compact_number(person.get("identity_number") or "")[-_SHOWN_OF_NUMBER:],
        "stages": stages,
        "measure": row.measure,
        "community": place.name if place else "",
        "began": stages[-1]["begins"],
        "released_on": released_on.isoformat(),
    }


def _stands(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """:param data: `case_id` and `released_on`, as a certificate says them.

    Whoever reads a certificate may ask; the answer says nothing but yes or no.
    """
    id, said = data.get("case_id"), data.get("released_on")
    if not isinstance(id, str) or not is_id(id):
        return {"stands": False}
    closed = select(_C.closed_at).where(_C.case_id == id, _C.state == RELEASED)
    closed_at = uow.conn.execute(closed).scalar_one_or_none()
    return {"stands": closed_at is not None and local_day(closed_at, asked.zone).isoformat() == said}


RELEASE_CERTIFICATE = Lookup("release_certificate", _find)
RELEASE_STANDS = Lookup("release_stands", _stands)
