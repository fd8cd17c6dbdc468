"""What whoever asks said today of arrivals whom they followed, and has not taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, case, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.database.tables import TABLES
from chassis.doors.declared import Asked, Column, Lookup
from chassis.doors.showing import shown
from chassis.unit_of_work import UnitOfWork
from field.days import day_begins, local_day
from field.scope import Scope
from services.registration.arrivals.followed import TAKEN_BACK
from services.registration.arrivals.lists import in_scope
from services.registration.arrivals.tables import arrival_history, arrivals
from services.registration.following.take_back_following import REVOCABLE

MOST: Final = 500
"""Acts of one day, the newest ones; a round has a hundred or two."""
_HANDLER: Final = "registration.follow_arrival"
_HANDLED: Final = timedelta(days=2)
"""In real time. What was said today came today, also where the clock of the field runs ahead."""
_PERSON: Final = (
    Column("name", "name", sealed="sealed"),
    Column("address", "address", sealed="sealed_address", field="address"),
)
_H, _A, _I = arrival_history.c, arrivals.c, TABLES["inbox"].c


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whoever said it reached them then, and may take it back, also where they live elsewhere by now; where
    that is, only who reaches it reads.

    :param data: nothing.
    Returns `as_of` and `said`, the newest first.
    """
    conn = uow.conn
    lines = [line for line in _lines(conn, scope, asked) if line.what in REVOCABLE]
    back = _taken_back(conn, {line.arrival_id for line in lines})
    counted = [line for line in lines if (line.arrival_id, line.number) not in back]
    return {
        "as_of": asked.now.astimezone(asked.zone).isoformat(),
        "said": [_shown(uow, asked, line) for line in counted],
    }


def _lines(conn: Connection, scope: Scope, asked: Asked) -> list[Row[Any]]:
    """By the inbox, which finds what one author said by its key; it keeps it longer than a day."""
    author = asked.author.source
    results = select(_I.result).where(
        _I.handler == _HANDLER,
        _I.source == author,
        _I.outcome == "done",
        _I.handled_at >= datetime.now(UTC) - _HANDLED,
    )
    ids = {result["arrival_id"] for (result,) in conn.execute(results) if result}
    today = day_begins(local_day(asked.now, asked.zone), asked.zone)
    columns = (_H.arrival_id, _H.number, _H.what, _H.happened_at, _A.household_id, _A.sealed)
    found = (
        select(*columns, case((in_scope(conn, scope, _A), _A.sealed)).label("sealed_address"))
        .join(arrivals, _A.id == _H.arrival_id)
        .where(_H.source == author, is_in(conn, _H.arrival_id, ids), _H.happened_at >= today)
        .order_by(_H.happened_at.desc(), _H.arrival_id, _H.number)
        .limit(MOST)
    )
    return list(conn.execute(found))


def _taken_back(conn: Connection, arrival_ids: Iterable[str]) -> set[tuple[str, int]]:
    back = select(_H.arrival_id, _H.detail).where(
        is_in(conn, _H.arrival_id, set(arrival_ids)), _H.what == TAKEN_BACK
    )
    return {(row.arrival_id, row.detail["of"]) for row in conn.execute(back)}


def _shown(uow: UnitOfWork, asked: Asked, line: Row[Any]) -> dict[str, Any]:
    sealed = {"sealed": line.sealed, "sealed_address": line.sealed_address}
    person = shown(sealed, _PERSON, uow.sealer, asked.zone, purpose="person", in_full=True)
    return {
        "arrival_id": line.arrival_id,
        "household": line.household_id or line.arrival_id,
        "number": line.number,
        "what": line.what,
        "at": line.happened_at.astimezone(asked.zone).isoformat(),
        **person,
    }


def _arrivals_in(document: Mapping[str, Any]) -> set[str]:
    return {one["arrival_id"] for one in document["said"]}


SAID_TODAY = Lookup("followed_today", _find, own=_arrivals_in, about="arrival")
