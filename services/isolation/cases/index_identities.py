"""Open cases of before get the blind index of the number of a document from what is sealed."""

from __future__ import annotations

from sqlalchemy import select

from chassis.database.statements import update_rows
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from field.documents import IDENTITY, compact_number
from services.isolation.cases.casebook import CHUNK
from services.isolation.cases.tables import cases as table


def index_identities(uow: UnitOfWork) -> int:
    """Look at a bounded number of open cases whose identity is not known, each once."""
    c = table.c
    wanted = select(c.case_id, c.person).where(c.identity.is_(None), c.closed_at.is_(None))
    found = uow.take(wanted.with_for_update(skip_locked=True), c.case_id, CHUNK)
    rows = [{"case_id": row.case_id, "identity": _identity(uow, row.person)} for row in found]
    update_rows(uow.conn, table, rows, key=["case_id"], set=["identity"])
    return len(rows)


def _identity(uow: UnitOfWork, person: str) -> int:
    try:
        number = uow.sealer.unseal(person).get("identity_number")
    except SealBroken:  # of a key that is gone: nobody can know it any more
        return 0
    return uow.index.short(IDENTITY, compact_number(number)) if number else 0
