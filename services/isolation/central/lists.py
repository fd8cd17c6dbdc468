"""Who waits for a bed in central isolation, who is on the way, and who is there; and the centres' rooms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, is_one_of, listed
from chassis.doors.declared import Asked, Column, ListQuery, Lookup, Sort, ThingQuery
from chassis.doors.within import Bounds
from chassis.unit_of_work import UnitOfWork
from field.ids import is_id
from field.scope import Scope
from services.isolation.cases import states as case_states
from services.isolation.cases.lists import CASE, LIVING, PERSON, in_scope
from services.isolation.cases.merged import going_on, known_as
from services.isolation.cases.tables import cases
from services.isolation.cases.waiting import OF_CASE, OF_TASK, OVERDUE, WAITING
from services.isolation.central.beds import read_rooms
from services.isolation.central.carers import adults_there, may_be_carers, without_carer
from services.isolation.central.rules import ADULT
from services.isolation.central.tables import IS_ADMITTED, IS_DECIDED, TAKES_BED, centres, moves
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import SETTLE_BREACH, SETTLE_CENTRAL, SETTLE_HOME, SETTLE_REFUSAL

_M, _K, _C = moves.c, tasks.c, cases.c
_OF_CASE: Final = (*OF_CASE, "version", "state", "owner")
_MOST_OF_HOUSEHOLD: Final = 11
_ALONE: Final = "without_carer"
"""The parameter that names the moves of those whose carer is not there."""
_OF_MOVE: Final = ("move_id", "centre_id", "room_id", "beds", "who", "decided_at")


def _waiting(conn: Connection, scope: Bounds) -> Select[Any]:
    """A refusal only of who is followed as refusing: of others an officer finds out first what would help."""
    columns = (_K.kind, *(_K[name] for name in OF_TASK), *(_C[name] for name in (*_OF_CASE, "person")))
    refuses = and_(_K.kind == SETTLE_REFUSAL, _C.state == case_states.REFUSED)
    proposed = or_(_K.kind.in_((SETTLE_BREACH, SETTLE_CENTRAL, SETTLE_HOME)), refuses)
    joined = select(*columns).select_from(tasks).join(cases, _C.case_id == _K.case_id)
    return joined.where(*WAITING, proposed, in_scope(conn, scope))


def _on_the_way(conn: Connection, scope: Bounds) -> Select[Any]:
    columns = (
        *(_M[name] for name in _OF_MOVE),
        *(_K[name] for name in OF_TASK),
        *(_C[name] for name in (*_OF_CASE, "person")),
    )
    joined = select(*columns).select_from(moves).join(tasks, _K.task_id == _M.task_id)
    # Where they are followed under another case, it is for its officers to see to.
    joined = joined.join(cases, _C.case_id == _K.case_id)
    return joined.where(IS_DECIDED, *WAITING, in_scope(conn, scope))


def _there(conn: Connection, scope: Bounds) -> Select[Any]:
    columns = (
        *(_M[name] for name in (*_OF_MOVE, "admitted_at")),
        is_one_of(_M.move_id, _ALONE).label("carer_gone"),
        *(_C[name] for name in (*_OF_CASE, "person", "release_on")),
    )
    joined = select(*columns).select_from(moves).join(cases, _C.case_id == _M.case_id)
    return joined.where(IS_ADMITTED, in_scope(conn, scope))


def _alone(conn: Connection, _asked: Asked) -> Mapping[str, Any]:
    return {_ALONE: listed({ward.move_id for ward in without_carer(conn)})}


def _move(conn: Connection, scope: Scope, _asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    columns = (
        *(_M[name] for name in (*_OF_MOVE, "carer", "said", "admitted_at")),
        _M.state.label("stands"),
        centres.c.name.label("centre"),
        *(_C[name] for name in (*_OF_CASE, "person")),
    )
    joined = select(*columns).select_from(moves).join(tasks, _K.task_id == _M.task_id)
    joined = joined.join(centres, centres.c.centre_id == _M.centre_id)
    joined = joined.join(cases, _C.case_id == _K.case_id)
    row = conn.execute(joined.where(_M.move_id == id, in_scope(conn, scope))).mappings().one_or_none()
    return {**row} if row else None


WAITING_FOR_BED = ListQuery(
    "waiting_for_bed",
    about="case",
    id="case_id",
    definition="people of your places of whom an officer has still to decide whether they go to central "
    "isolation: they refuse, a breach was confirmed again, or they were not admitted",
    rows=_waiting,
    columns=(*(Column(name) for name in ("kind", *OF_TASK, *_OF_CASE)), *PERSON),
    sorts=(Sort("due", ("due_by", "task_id")),),
    filters=("staff_id",),
    conditions={"overdue": OVERDUE},
    places=("grid", "community", "street"),
    households="household_id",
)
ON_THE_WAY = ListQuery(
    "on_the_way",
    about="case",
    id="case_id",
    definition="people of your places for whom a bed in central isolation is held, and who are not admitted "
    "yet; until they are, they are followed here",
    rows=_on_the_way,
    columns=(*(Column(name) for name in (*_OF_MOVE, *OF_TASK, *_OF_CASE)), *PERSON),
    sorts=(Sort("due", ("due_by", "move_id")),),
    filters=("staff_id", "centre_id"),
    conditions={"overdue": OVERDUE},
    places=("grid", "community", "street"),
    households="household_id",
)
IN_CENTRES = ListQuery(
    "in_centres",
    about="case",
    id="case_id",
    definition="people of your places who are in central isolation, by when they were admitted",
    rows=_there,
    columns=(
        *(Column(name) for name in (*_OF_MOVE, "admitted_at", "carer_gone", "release_on", *_OF_CASE)),
        *PERSON,
    ),
    sorts=(Sort("admitted", ("admitted_at", "move_id")),),
    filters=("centre_id",),
    places=("grid", "community", "street"),
    households="household_id",
    given=_alone,
)
MOVE = ThingQuery(
    "move",
    find=_move,
    columns=(
        *(Column(name) for name in (*_OF_MOVE, "carer", "stands", "centre", "admitted_at", *_OF_CASE)),
        Column("carer_named", sealed="said", field="carer"),
        Column("minded_by", sealed="said"),
        Column("note", sealed="said"),
        *PERSON,
    ),
    seen=lambda row: [("case", str(row["case_id"]))],
)


def _centres(uow: UnitOfWork, _scope: Scope, asked: Asked, _data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns `as_of` and `centres`: each with `centre_id`, `name`, `district`, and its `rooms` with
    `room_id`, `beds`, `families`, `taken`, `held`, `free`. It says of nobody that they are there.
    """
    by_centre = read_rooms(uow.conn)
    c = centres.c
    shown = [
        {
            "centre_id": row.centre_id,
            "name": row.name,
            "district": row.district,
            "rooms": [
                {
                    "room_id": room.room_id,
                    "beds": room.beds,
                    "families": room.families,
                    "taken": room.taken,
                    "held": room.held,
                    "free": room.free,
                }
                for room in by_centre.get(row.centre_id, ())
            ],
        }
        for row in uow.conn.execute(select(c.centre_id, c.name, c.district).order_by(c.name, c.centre_id))
    ]
    return {"as_of": asked.now.astimezone(asked.zone).isoformat(), "centres": shown}


CENTRES = Lookup("centres", _centres)


def _to_move(
    uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """
    :param data: `case_id` of one who is followed.
    Returns `people`: theirs first, then whoever of their household is followed beside them, each with
    `case_id` and `version`; and `adults`: whoever of them may be a carer in a centre, as they are there or on
    the way, each with `case_id`, `centre_id` and `room_id`. It says nothing personal. None where the author
    does not reach them.
    """
    named = CASE.find(uow.conn, scope, asked, str(data.get("case_id")))
    if named is None:
        return None
    c, people = cases.c, [{"case_id": named["case_id"], "version": named["version"]}]
    if named["household_id"] and named["community"]:
        # By the index of the community's open cases: no index has households.
        others = select(c.case_id, c.version).where(
            c.community == named["community"],
            c.closed_at.is_(None),
            c.household_id == named["household_id"],
            c.case_id != named["case_id"],
            in_scope(uow.conn, scope),
        )
        found = uow.conn.execute(others.order_by(c.case_id).limit(_MOST_OF_HOUSEHOLD))
        people += [{"case_id": row.case_id, "version": row.version} for row in found]
    there = adults_there(uow.conn, str(named["household_id"] or named["case_id"]))
    adults = [{"case_id": one.case_id, "centre_id": one.centre_id, "room_id": one.room_id} for one in there]
    return {"people": people, "adults": adults}


HOUSEHOLD_TO_MOVE = Lookup("household_to_move", _to_move)


def _carers(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """
    :param data: `case_id` of one who cannot be alone.
    Returns `move`: that for which a bed is held or taken, with `move_id`, `room_id`, `who`, `carer` and
    `stands`, null where there is none; and `adults`: whoever of the household may be their carer there, each
    with `case_id` and `room_id`. It says nothing personal. None where the author does not reach the case.
    """
    named = CASE.find(uow.conn, scope, asked, str(data.get("case_id")))
    if named is None:
        return None
    case_id = str(named["case_id"])
    theirs = known_as(uow.conn, case_id)
    columns = [_M[name] for name in ("move_id", "room_id", "who", "carer", "centre_id")]
    of_them = select(*columns, _M.state.label("stands"), LIVING.label("household"))
    of_them = of_them.join(cases, _C.case_id == _M.case_id)
    of_them = of_them.where(is_in(uow.conn, _M.case_id, theirs), TAKES_BED, _M.who != ADULT)
    row = uow.conn.execute(of_them.order_by(_M.decided_at.desc(), _M.move_id).limit(1)).one_or_none()
    if row is None:
        return {"move": None, "adults": []}
    end = going_on(uow.conn, [case_id]).get(case_id, case_id)
    household = select(LIVING).where(_C.case_id == end)
    its = uow.conn.execute(household).scalar() or row.household
    may = may_be_carers(uow.conn, its, row.centre_id, row.stands)
    return {
        "move": {name: getattr(row, name) for name in ("move_id", "room_id", "who", "carer", "stands")},
        "adults": [{"case_id": one.goes_on_as, "room_id": one.room_id} for one in may],
    }


CARERS_THERE = Lookup("carers_there", _carers)
