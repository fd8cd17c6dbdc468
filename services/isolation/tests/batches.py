"""Batches of a laboratory: one with an unusual share of positives waits for one call.

What was swapped or contaminated there would else be told to dozens of people. A batch is the laboratory's own
run, where it names one, or what it reports of one hour. It gathers for half a minute, so that the first
positive of a run is not taken for the whole of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import RowMapping, select, update
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import add_to_rows, is_in
from chassis.doors.within import in_district
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from field.ids import is_id
from services.isolation.policies.rules import UnusualBatch
from services.isolation.reference import current
from services.isolation.teams.alarm import on_duty
from services.isolation.teams.ladder import Informed
from services.isolation.teams.tables import places
from services.isolation.tests.judged import POSITIVE
from services.isolation.tests.tables import positives, result_batches, test_results

GATHERS: Final = timedelta(seconds=30)
MISTAKE: Final = "mistake"
_CORRECTED_WITHIN: Final = timedelta(days=1)
"""So long positives of a batch that was a mistake wait for the laboratory's corrections."""
_BATCHES: Final = UUID("9c7c6a52-03c5-4f0e-9c39-8a1c9f2d7e64")
_DISTRICT: Final = "district_officer"
_B: Final = result_batches.c


def batch_of(said: Said) -> str | None:
    """The id of its batch; None: a member of staff entered it, and knows what they enter."""
    if said.author.kind != "publisher":
        return None
    hour = said.data["reported_at"].strftime("%Y-%m-%dT%H")
    return str(uuid5(_BATCHES, f"{said.author.source}\n{said.data.get('batch') or hour}"))


def count_results(conn: Connection, results: Sequence[tuple[str, str, str]]) -> None:
    """:param results: (id of the batch, source, result) of each that is new, and corrects nothing."""
    counted: dict[str, dict[str, Any]] = {}
    for batch_id, source, result in results:
        row = counted.setdefault(
            batch_id, {"batch_id": batch_id, "source": source, "results": 0, "positives": 0}
        )
        row["results"] += 1
        row["positives"] += result == POSITIVE
    rows = [counted[id] for id in sorted(counted)]
    add_to_rows(conn, result_batches, rows, key=["batch_id"], add=["results", "positives"])


def waiting_until(uow: UnitOfWork, batch_ids: Collection[str], limits: UnusualBatch) -> dict[str, datetime]:
    """Those of these batches for which one waits, each with until when. Of one that is found to be unusual
    now, whoever is on duty is told, once.
    """
    if not batch_ids:
        return {}
    locked = select(result_batches).where(is_in(uow.conn, _B.batch_id, batch_ids))
    found = {}
    for row in uow.conn.execute(locked.order_by(_B.batch_id).with_for_update()).mappings():
        until = row["wait_until"]
        if until is None and limits.is_unusual(row["results"], row["positives"]):
            until = uow.now + limits.wait
            _find_unusual(uow, row, until)
        if until is not None and until > uow.now:
            found[row["batch_id"]] = until
    return found


def _find_unusual(uow: UnitOfWork, row: RowMapping, until: datetime) -> None:
    changed = update(result_batches).where(_B.batch_id == row["batch_id"])
    uow.conn.execute(changed.values(unusual_at=uow.now, wait_until=until))
    officers = on_duty(_DISTRICT, current(uow).staff, uow.now)
    data = {
        "batch_id": row["batch_id"],
        "laboratory": row["source"],
        "results": row["results"],
        "positives": row["positives"],
        "wait_until": until,
        "staff": Informed("district", None, officers).as_data()["staff"],
    }
    uow.record("result_batch.unusual", row["batch_id"], 1, data, cause=None)


def decide_batch(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """What the laboratory said: it goes on at once, or waits for the corrections. Said once."""
    return each_in_turn(commands, lambda said: _decide(uow, said))


def _decide(uow: UnitOfWork, said: Said) -> Outcome:
    id, outcome = said.data["batch_id"], said.data["outcome"]
    columns = (_B.unusual_at, _B.decided_at, in_district(uow.conn, said.scope, places).label("reached"))
    waiting = select(*columns).where(_B.batch_id == id, _B.unusual_at.is_not(None)).with_for_update()
    row = uow.conn.execute(waiting).first() if is_id(id) else None
    if row is None or not row.reached:
        raise Refused.unknown("batch of results", id)
    if row.decided_at is not None:
        raise Refused.conflict("batch_id", "somebody decided it already")
    until = uow.now + _CORRECTED_WITHIN if outcome == MISTAKE else uow.now
    decided = {
        "wait_until": until,
        "decided_at": said.at,
        "decided_as": outcome,
        "decided_by": said.author.source,
        "decided_event": said.event.id,
    }
    uow.conn.execute(update(result_batches).where(_B.batch_id == id).values(decided))
    of_it = select(test_results.c.case_id).where(test_results.c.batch_id == id)
    of_it = of_it.where(test_results.c.result == POSITIVE)
    # As it was decided, so they are looked at: at once, or when the term has passed.
    uow.conn.execute(update(positives).where(positives.c.case_id.in_(of_it)).values(look_at=uow.now))
    return Outcome.done(batch_id=id, outcome=outcome)
