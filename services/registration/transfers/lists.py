"""Transfers that somebody has still to see to, as both sides see them; places to which one can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.engine import Connection

from chassis.doors.declared import NOW, Asked, Column, Condition, ListQuery, Lookup, Sort, ThingQuery
from chassis.doors.within import Bounds, within
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from field.scope import Scope
from services.registration.arrivals.lists import in_scope
from services.registration.arrivals.tables import arrivals
from services.registration.following.lists import level_by_clock, steps_ago
from services.registration.places.tables import places
from services.registration.transfers.states import ASKED, REFUSED
from services.registration.transfers.tables import OPEN, transfers

_A, _T, _P = arrivals.c, transfers.c, places.c
ASKED_OF_US: Final = "asked_of_us"
ASKED_BY_US: Final = "asked_by_us"
NOT_TAKEN: Final = "transfer_refused"
STATES: Final = (ASKED_OF_US, ASKED_BY_US, NOT_TAKEN)
_OF_TRANSFER: Final = ("transfer_id", "place", "moves_on", "asked_at", "answer_by", "version")
_OF_ARRIVAL: Final = ("household_id", "risk_level", "street", "community", "grid", "worker")
_MOST: Final = 2000


def _asked_here(conn: Connection, scope: Scope | Bounds) -> ColumnElement[bool]:
    """Whether the place that is asked is one of the scope's or below."""
    return within(conn, scope, places, {"street": _T.street, "community": _T.community, "grid": _T.grid})


def _state(here: ColumnElement[bool]) -> Any:
    return case(
        (_T.state == REFUSED, NOT_TAKEN),
        (here, ASKED_OF_US),
        else_=ASKED_BY_US,
    )


def _open(conn: Connection, scope: Scope | Bounds) -> Select[Any]:
    """Of one that was refused, whoever asked has to see to them."""
    here = _asked_here(conn, scope)
    overdue = case((_T.answer_by < NOW, True), else_=False).label("overdue")
    since = case((_T.state == REFUSED, _T.decided_at), else_=_T.answer_by)
    columns = (
        *(_T[name] for name in _OF_TRANSFER),
        *(_A[name] for name in _OF_ARRIVAL),
        _A.id.label("arrival_id"),
        _state(here).label("state"),
        overdue,
        level_by_clock(since),
        _A.sealed,
        _T.asked,
        _T.said,
    )
    joined = select(*columns).select_from(transfers).join(arrivals, _A.id == _T.arrival_id)
    # A literal, so that the planner sees that the partial index holds all of them.
    return joined.where(OPEN, or_(in_scope(conn, scope, _A), and_(_T.state == ASKED, here)))


def _transfer(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    """Of several people one; None where nobody has to see to it any more."""
    if not is_id(id):
        return None
    found = _open(conn, scope).where(_T.transfer_id == id).order_by(_A.id).limit(1)
    row = conn.execute(found, {NOW.key: asked.now, **steps_ago(asked)}).mappings().one_or_none()
    if row is None:
        return None
    persons = select(func.count()).select_from(transfers).where(_T.transfer_id == id, OPEN)
    return {**row, "waits": True, "persons": conn.execute(persons).scalar_one()}


def _in_state(value: str | None) -> ColumnElement[bool]:
    if value is None:
        return true()
    if value not in (ASKED, REFUSED):
        raise Refused.invalid([Fault("answer", "unknown_word", f"must be {ASKED} or {REFUSED}")])
    return _T.state == value


def _overdue(value: str | None) -> ColumnElement[bool]:
    if value is None:
        return true()
    if value not in ("yes", "no"):
        raise Refused.invalid([Fault("overdue", "unknown_word", "must be yes or no")])
    return _T.answer_by < NOW if value == "yes" else _T.answer_by >= NOW


def _communities(
    uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Which communities there are, also where whoever asks does not work: their names are no secret.

    Returns `communities`: place_id, name, and the name of what lies above.
    """
    above = places.alias("above")
    columns = (_P.place_id, _P.name, above.c.name.label("above"))
    rows = uow.conn.execute(
        select(*columns)
        .outerjoin(above, above.c.place_id == _P.parent)
        .where(_P.level == "community", _P.removed.is_(False))
        .order_by(above.c.name, _P.name, _P.place_id)
        .limit(_MOST)
    )
    return {"communities": [{"place_id": row.place_id, "name": row.name, "above": row.above} for row in rows]}


_COLUMNS: Final = (
    *(Column(name) for name in (*_OF_TRANSFER, "arrival_id", *_OF_ARRIVAL, "state", "overdue", "level")),
    Column("name", "name", sealed="sealed"),
    Column("phone", "phone", sealed="sealed"),
    Column("address", "address", sealed="sealed"),
)
TRANSFERS_TO_ANSWER = ListQuery(
    "transfers_to_answer",
    about="arrival",
    id="arrival_id",
    definition="people whom another community is asked to take over: those for whom yours is asked, those "
    "for whom yours asked, and those whom the other one did not take over",
    rows=_open,
    columns=_COLUMNS,
    sorts=(Sort("due", ("answer_by", "transfer_id", "arrival_id")),),
    conditions={"answer": Condition(_in_state), "overdue": Condition(_overdue)},
    households="household_id",
    given=lambda _conn, asked: steps_ago(asked),
)
TRANSFER = ThingQuery(
    "transfer",
    find=_transfer,
    columns=(
        *_COLUMNS,
        Column("waits"),
        Column("persons"),
        Column("new_address", "address", sealed="asked", field="address"),
        Column("note", sealed="asked"),
        Column("answer", sealed="said"),
    ),
    seen=lambda row: [("arrival", str(row["arrival_id"]))],
)
COMMUNITIES = Lookup("communities", _communities)
