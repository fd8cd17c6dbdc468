"""The history of arrivals: numbered lines of what people said of them, each with the event that said it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in
from chassis.sealing import Sealer
from chassis.unit_of_work import UnitOfWork
from field.days import local_day
from services.registration.arrivals.followed import TRANSFER_ACCEPTED, Act, in_order
from services.registration.arrivals.tables import arrival_history, arrivals
from services.registration.persons.sealed import unsealed
from services.registration.places.placing import PlaceIndex

SEAL_PURPOSE: Final = "act"
"""The purpose under which lines of history are sealed."""

_RIGHT: Final = ("name", "phone", "language", "division", "address")


def read_acts(
    uow: UnitOfWork, places: PlaceIndex, arrival_ids: Sequence[str]
) -> Mapping[str, tuple[Act, ...]]:
    """The acts on each arrival in order, doors to be placed by the place table as it is now."""
    if not arrival_ids:
        return {}
    h = arrival_history.c
    these = is_in(uow.conn, h.arrival_id, sorted(arrival_ids))
    rows = uow.conn.execute(select(arrival_history).where(these)).all()
    acts: dict[str, list[Act]] = defaultdict(list)
    left = _left(uow.conn, rows)
    for row in rows:
        inside = uow.sealer.unseal(row.sealed, SEAL_PURPOSE) if row.sealed else {}
        moment = row.detail.get("moment")
        acts[row.arrival_id].append(
            act_of(
                uow,
                places,
                row.number,
                row.what,
                row.happened_at,
                moment=datetime.fromisoformat(moment) if moment else None,
                inside=inside,
                place=row.detail.get("place"),
                takes_back=row.detail.get("of"),
                other=row.detail.get("other"),
                leaves=row.detail.get("leaves") or left.get((row.arrival_id, row.number)),
            )
        )
    return {arrival_id: in_order(of_it) for arrival_id, of_it in acts.items()}


def _left(conn: Connection, rows: Sequence[Row[Any]]) -> Mapping[tuple[str, int], str]:
    """(arrival, number) of each line by which somebody was taken over and that does not say which place they
    left, for an earlier version wrote it -> the place, as far as the transfer knows it.
    """
    silent = [row for row in rows if row.what == TRANSFER_ACCEPTED and "leaves" not in row.detail]
    if not silent:
        return {}
    # Its own sub-domain stands above this one.
    t = arrival_history.metadata.tables["transfers"].c
    place = func.coalesce(t.from_community, t.from_street)
    named = sorted({row.detail["transfer"] for row in silent})
    places: dict[str, dict[str, str | None]] = defaultdict(dict)
    asked = select(t.transfer_id, t.arrival_id, place).where(is_in(conn, t.transfer_id, named))
    for transfer_id, arrival_id, left in conn.execute(asked):
        places[transfer_id][arrival_id] = left
    found: dict[tuple[str, int], str] = {}
    for row in silent:
        of_each = places[row.detail["transfer"]]
        every = set(of_each.values())
        # That version wrote it of the arrival as which they were followed, which need not be one of them.
        left = of_each.get(row.arrival_id) or (every.pop() if len(every) == 1 else None)
        if left:
            found[row.arrival_id, row.number] = left
    return found


def act_of(
    uow: UnitOfWork,
    places: PlaceIndex,
    number: int,
    what: str,
    at: datetime,
    *,
    moment: datetime | None,
    inside: Mapping[str, Any],
    place: str | None = None,
    takes_back: int | None = None,
    other: str | None = None,
    leaves: str | None = None,
) -> Act:
    """
    :param inside: what of the line is sealed.
    :param place: of `placed` and `transfer_accepted`: its id.
    :param takes_back: of `taken_back`: the number of the other.
    :param other: of `same_as` and `absorbed`: the other arrival. Of `transfer_accepted`: the one as which
        they were followed by then.
    :param leaves: of `transfer_accepted`: the id of the community that they leave, or of the street.
    """
    right = {name: inside[name] for name in _RIGHT if inside.get(name)}
    day = local_day(at, uow.zone)
    put = places.at(place) if place else None
    wrong = inside.get("wrong_phone")
    left = places.at(leaves) if leaves else None
    return Act(number, what, at, day, moment, right, places.find, wrong, put, takes_back, other, left)


def line_of(
    uow: UnitOfWork,
    arrival_id: str,
    act: Act,
    *,
    event_id: str,
    source: str,
    detail: Mapping[str, Any],
    inside: Mapping[str, Any],
) -> dict[str, Any]:
    """The row of an act.

    :param inside: what of it is sealed; nothing personal stands in `detail`.
    """
    known = {"moment": act.moment.isoformat()} if act.moment else {}
    return {
        "arrival_id": arrival_id,
        "number": act.number,
        "at": uow.now,
        "happened_at": act.at,
        "what": act.what,
        "event_id": event_id,
        "source": source,
        "detail": {**known, **detail},
        "sealed": uow.sealer.seal(dict(inside), SEAL_PURPOSE) if inside else None,
    }


def add_lines(conn: Connection, lines: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(conn, arrival_history, list(lines))


def add_detail(conn: Connection, arrival_id: str, number: int, more: Mapping[str, Any]) -> None:
    """More of what came of an act, on the line that this transaction has added."""
    h = arrival_history.c
    line = (h.arrival_id == arrival_id) & (h.number == number)
    detail = conn.execute(select(h.detail).where(line)).scalar_one()
    conn.execute(update(arrival_history).where(line).values(detail={**detail, **more}))


def history_of(conn: Connection, arrival_id: str, sealer: Sealer | None = None) -> list[dict[str, Any]]:
    """The lines of an arrival, the first one first. With `sealer` also what is personal in them."""
    h = arrival_history.c
    rows = conn.execute(select(arrival_history).where(h.arrival_id == arrival_id).order_by(h.number))
    found = []
    for row in rows:
        line = {
            "number": row.number,
            "at": row.at,
            "happened_at": row.happened_at,
            "what": row.what,
            "event_id": row.event_id,
            "source": row.source,
            **row.detail,
        }
        if sealer and row.sealed:
            line["said"] = unsealed(sealer, row.sealed, SEAL_PURPOSE)
        found.append(line)
    return found


def noted(conn: Connection) -> Select[tuple[str, str]]:
    """(source, id) of the command or event of each line."""
    return select(arrival_history.c.source, arrival_history.c.event_id)


def short_of_lines(conn: Connection, most: int) -> list[tuple[str, int, int, int]]:
    """(arrival, lines that it counts, lines that are there, how many such arrivals in all)."""
    a, h = arrivals.c, arrival_history.c
    there = select(h.arrival_id, func.count().label("lines")).group_by(h.arrival_id).subquery()
    counted, found = func.coalesce(a.acts, 0), func.coalesce(there.c.lines, 0)
    rows = conn.execute(
        select(a.id, counted, found, func.count().over())
        .join(there, there.c.arrival_id == a.id, isouter=True)
        .where(a.acts.is_not(None) | there.c.lines.is_not(None), counted != found)
        .order_by(a.id)
        .limit(most)
    )
    return [(id, said, lines, in_all) for id, said, lines, in_all in rows]
