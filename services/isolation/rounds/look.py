"""Where people stand in their rounds, worked out from all that is known, however often it is looked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.merged import ended_in, going_on
from services.isolation.cases.states import RELEASED
from services.isolation.cases.tables import cases
from services.isolation.cases.watched import ROUNDS, watch
from services.isolation.contacts.tables import contacts
from services.isolation.plans import states
from services.isolation.plans.acts import DONE
from services.isolation.plans.rows import read_tasks
from services.isolation.policies.rules import SECOND_SAMPLE, TEST
from services.isolation.reference import current
from services.isolation.rounds.enrol import places_of
from services.isolation.rounds.rules import (
    LISTED_TWICE,
    MOVED_AWAY,
    Facts,
    Found,
    Said,
    Standing,
    Term,
    standing,
)
from services.isolation.rounds.tables import round_acts, round_people, test_rounds
from services.isolation.tests.followed import corrected_of
from services.isolation.tests.tables import awaited_results, test_results

LATE_RESULTS: Final = timedelta(hours=72)
"""So long after a round is closed it is looked for results of samples that were taken before."""
_AGAIN_AFTER: Final = timedelta(hours=1)
"""Whoever is in a round is watched, and looked at when something becomes new of them; what nobody says of
them, such as that places were put together, is found by then.
"""
_C, _P, _R, _T, _A = cases.c, round_people.c, test_rounds.c, test_results.c, round_acts.c
_WRITTEN: Final = ("visit", "street", "community", "grid", "state", "why", "tested_at", "look_at")
_PLACES: Final = ("street", "community", "grid")


def rounds_of(conn: Connection, ids: Collection[str], *, held: bool = False) -> dict[str, Row[Any]]:
    """By id.

    :param held: nobody closes one of them meanwhile. They are locked before their people.
    """
    these = select(test_rounds).where(is_in(conn, _R.round_id, set(ids))).order_by(_R.round_id)
    these = these.with_for_update(read=True) if held else these
    return {row.round_id: row for row in conn.execute(these)} if ids else {}


def term_of(round: Row[Any]) -> Term:
    return Term(round.begins_at, round.ends_at, round.closed_at)


def look(uow: UnitOfWork, people: Sequence[Row[Any]], rounds: Mapping[str, Row[Any]]) -> dict[str, Standing]:
    """Write how each stands, and when it is looked again. Returns it by person.

    :param people: rows of `round_people`, locked.
    """
    # Before it is read how they stand: what becomes new from now on is looked at.
    watch(uow.conn, ROUNDS, {person.case_id or person.person_id for person in people})
    known = _Known(uow, people, rounds)
    rows, found = [], {}
    for person in sorted(people, key=lambda one: one.person_id):
        round = rounds[person.round_id]
        now = standing(known.facts(person, round), term_of(round))
        found[person.person_id] = now
        over = round.closed_at is not None and uow.now > round.closed_at + LATE_RESULTS
        again = None if over else uow.now + _AGAIN_AFTER
        unable = now.why == "cannot_come_out" or known.cannot_walk(person)
        rows.append(
            {
                "person_id": person.person_id,
                "visit": "cannot_walk" if unable else person.visit,
                **known.places(person, round),
                "state": now.state,
                "why": now.why,
                "tested_at": now.tested_at,
                "look_at": again,
            }
        )
    update_rows(uow.conn, round_people, rows, key=["person_id"], set=_WRITTEN)
    return found


class _Known:
    """What is known of these people, read in a few statements."""

    def __init__(self, uow: UnitOfWork, people: Sequence[Row[Any]], rounds: Mapping[str, Row[Any]]) -> None:
        conn = uow.conn
        self._uow = uow
        own = {person.case_id for person in people if person.case_id}
        self._goes_on = going_on(conn, own)
        go_on = {id: id for id in own if id not in self._goes_on}
        self._whose = go_on | ended_in(conn, go_on)
        columns = [_C[name] for name in ("case_id", "household_id", "state", "closed_at", *_PLACES)]
        of_cases = select(*columns).where(is_in(conn, _C.case_id, own))
        self._cases = {row.case_id: row for row in conn.execute(of_cases)} if own else {}
        tree = current(uow).places
        self._places = {id: places_of(tree, round.place) for id, round in rounds.items()}
        self._found, by_result = self._read_results(conn)
        self._samples = self._read_samples(conn, by_result)
        self._awaited = _read_awaited(conn, [person.person_id for person in people])
        self._said = _read_said(conn, [person.person_id for person in people])
        households = {case.household_id or case.case_id for case in self._cases.values()}
        marks = select(contacts.c.household, contacts.c.marks)
        rows = conn.execute(marks.where(is_in(conn, contacts.c.household, households))) if own else ()
        self._unable = {household for household, told in rows if "cannot_walk" in (told or ())}

    def facts(self, person: Row[Any], round: Row[Any]) -> Facts:
        of_case = person.case_id or ""
        return Facts(
            self._said.get(person.person_id, ()),
            [*self._found.get(of_case, ()), *self._awaited.get(person.person_id, ())],
            self._samples.get(of_case, ()),
            self._left(of_case, round),
        )

    def places(self, person: Row[Any], round: Row[Any]) -> dict[str, str | None]:
        """Where they are while they are at the place of the round; else where they were last."""
        case = self._cases.get(person.case_id or "")
        there = case is not None and self._is_there(case, round)
        return {name: getattr(case if there else person, name) for name in _PLACES}

    def cannot_walk(self, person: Row[Any]) -> bool:
        case = self._cases.get(person.case_id or "")
        return case is not None and (case.household_id or case.case_id) in self._unable

    def _left(self, case_id: str, round: Row[Any]) -> str | None:
        case = self._cases.get(case_id)
        if case is None:
            return None
        if case_id in self._goes_on:
            return LISTED_TWICE
        if case.closed_at is not None and case.state != RELEASED:
            return str(case.state)
        return None if self._is_there(case, round) else MOVED_AWAY

    def _is_there(self, case: Row[Any], round: Row[Any]) -> bool:
        return not self._places[round.round_id].isdisjoint(getattr(case, name) for name in _PLACES)

    def _read_results(self, conn: Connection) -> tuple[dict[str, list[Found]], set[tuple[str, str]]]:
        """By the case under which they stand in a round, without what was corrected; and (source, id) of all
        commands that said one."""
        names = (
            "case_id",
            "result_id",
            "sampled_at",
            "reported_at",
            "result",
            "supersedes",
            "source",
            "event_id",
        )
        columns = [_T[name] for name in names]
        these = select(*columns).where(is_in(conn, _T.case_id, self._whose))
        rows = conn.execute(these).all() if self._whose else []
        corrected = corrected_of(conn, {row.result_id for row in rows})
        found: dict[str, list[Found]] = defaultdict(list)
        for row in rows:
            if row.result_id not in corrected:
                one = Found(row.sampled_at, row.reported_at, row.result)
                found[self._whose[row.case_id]].append(one)
        return found, {(row.source, row.event_id) for row in rows}

    def _read_samples(
        self, conn: Connection, by_result: Collection[tuple[str, str]]
    ) -> Mapping[str, list[datetime]]:
        """When somebody said that a sample was taken: a task that a result settled says it not."""
        found: dict[str, list[datetime]] = defaultdict(list)
        of_cases = read_tasks(conn, list(self._whose)) if self._whose else {}
        for case_id, tasks in of_cases.items():
            for task in tasks:
                if task.kind not in (TEST, SECOND_SAMPLE) or task.state != states.DONE or not task.acts:
                    continue
                done = task.acts.last(DONE)
                if done and done.key not in by_result:
                    found[self._whose[case_id]].append(done.at)
        return found


def _read_awaited(conn: Connection, ids: Collection[str]) -> Mapping[str, list[Found]]:
    """What laboratories said of them before they had a case, without what was corrected."""
    w = awaited_results.c
    found: dict[str, list[Found]] = defaultdict(list)
    rows = conn.execute(select(awaited_results).where(is_in(conn, w.person_id, ids))).all() if ids else []
    corrected = {row.supersedes for row in rows if row.supersedes}
    corrected |= corrected_of(conn, {row.result_id for row in rows})
    for row in rows:
        if row.result_id not in corrected:
            found[row.person_id].append(Found(row.sampled_at, row.reported_at, row.result))
    return found


def _read_said(conn: Connection, ids: Collection[str]) -> Mapping[str, list[Said]]:
    found: dict[str, list[Said]] = defaultdict(list)
    these = select(_A.person_id, _A.at, _A.act_id, _A.what).where(is_in(conn, _A.person_id, ids))
    for person_id, at, act_id, what in conn.execute(these) if ids else ():
        found[person_id].append(Said(at, act_id, what))
    return found
