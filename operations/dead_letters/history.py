"""Acts on dead letters: by whom, when, why, and how often a letter came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.masking import masked_text
from chassis.messaging.dead_letters import ACTS, DEAD
from operations.databases import database_of, databases
from operations.dead_letters.choice import Letter, came_back, letter


@dataclass
class PastAct:
    """A replay or a discard. An act on letters of several services is one.

    :param chosen: letters that it was about; `settled` of them it did settle. Of replayed ones, `handled` and
        `dead_again` say what the handlers made of them.
    """

    act: str
    at: datetime
    by: str
    what: str
    reason: str
    filter: dict[str, str]
    services: list[str] = field(default_factory=list)
    chosen: int = 0
    settled: int = 0
    handled: int = 0
    dead_again: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def acts(most: int) -> list[PastAct]:
    """At most so many, the newest last."""
    found: dict[str, PastAct] = {}
    for service, database in databases().items():
        last = select(ACTS).order_by(ACTS.c.id.desc()).limit(most)
        with database.read() as conn:
            rows = conn.execute(last).all()
            counts = _counts(conn, [row.id for row in rows])
        for row in rows:
            act = found.setdefault(row.id, _act(row))
            act.services.append(service)
            act.chosen += row.chosen
            if row.id in counts:
                act.settled += int(counts[row.id].settled)
                act.handled += int(counts[row.id].handled)
                act.dead_again += int(counts[row.id].dead_again)
    return sorted(found.values(), key=lambda act: act.act)[-most:]


def rounds(letter_id: str) -> list[Letter]:
    """The letter, all letters that it followed, and all that followed it, oldest first. Raises NotFound."""
    start = letter(letter_id)
    found = {start.row["id"]: start.row}
    edge = [start.row]
    with database_of(start.service).read() as conn:
        while edge:
            before = [row["follows"] for row in edge if row["follows"]]
            near = is_in(conn, DEAD.c.id, before) | is_in(conn, DEAD.c.follows, [row["id"] for row in edge])
            rows = [dict(row._mapping) for row in conn.execute(select(DEAD).where(near))]
            edge = [row for row in rows if row["id"] not in found]
            found |= {row["id"]: row for row in edge}
    return [Letter(start.service, found[id]) for id in sorted(found)]


def _act(row: Row[Any]) -> PastAct:
    chosen_by = {name: masked_text(value) for name, value in row.filter.items()}
    return PastAct(row.id, row.at, row.by, row.what, masked_text(row.reason), chosen_by)


def _counts(conn: Connection, act_ids: list[str]) -> Mapping[str, Row[Any]]:
    again = came_back()
    settled: Select[Any] = select(
        DEAD.c.act_id,
        _count(DEAD.c.state != "waiting").label("settled"),
        _count(DEAD.c.handled_at.is_not(None) & ~again).label("handled"),
        _count(again).label("dead_again"),
    ).group_by(DEAD.c.act_id)
    return {row.act_id: row for row in conn.execute(settled.where(DEAD.c.act_id.in_(act_ids)))}


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
