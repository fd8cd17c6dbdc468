"""The outings of cases in hand, with what was reported of them, and the tasks that follow."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.commands.command import Said
from chassis.database.statements import insert_rows, is_in, update_rows
from contracts.envelope import Event
from field.words import NOT_KEPT_IN
from services.isolation.breaches.in_hand import BreachesInHand, Shown, followed_as
from services.isolation.breaches.rules import DOOR_SENSOR, LATE_BACK, NO_PERMIT, NOT_AT_HOME
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.permits.passages import ABSENT, EARLY, OPENED, OUT, Passage, judge
from services.isolation.permits.rules import EMERGENCY, GRANTED, REFUSED, Outing
from services.isolation.permits.tables import IS_OUT, outings, passages, permits

_WHY: Final = {OUT: NO_PERMIT, ABSENT: NOT_AT_HOME, OPENED: DOOR_SENSOR}
_AGAIN_AFTER: Final = timedelta(hours=6)
_LOOKED_BACK: Final = timedelta(days=60)
"""So long a case that ended may be opened again."""
_OF_OUTING: Final = ("left_at", "back_at", "check_at", "task_id")


class OutingsInHand:
    """What becomes of the outings and passages of these cases; `write` writes it."""

    def __init__(self, hand: CasesInHand, case_ids: Collection[str]) -> None:
        self._hand = hand
        conn, o, p = hand.uow.conn, outings.c, permits.c
        # Whose case ended merged goes on under another one: what was said of both is theirs.
        self._as = followed_as(hand, case_ids)
        self._breaches = BreachesInHand(hand, self._as)
        ids = list(self._as)
        joined = select(outings, p.kind, p.decision, p.decided_at, p.withdrawn_at).join(
            permits, p.permit_id == o.permit_id
        )
        rows = conn.execute(joined.where(is_in(conn, o.case_id, ids)).order_by(o.begins)).mappings()
        self._outings = [{str(name): value for name, value in row.items()} for row in rows]
        seen = select(passages).where(is_in(conn, passages.c.case_id, ids))
        self._passages = [{str(n): v for n, v in row.items()} for row in conn.execute(seen).mappings()]
        self._new: list[dict[str, Any]] = []
        self._heard: dict[str, Event] = {}

    def hear(
        self, said: Said, people: Iterable[Case], direction: str, kind: UUID, saw: str | None = None
    ) -> None:
        """Each of them passed so, by a command. What follows is seen to with all of the batch
        (`look_at_heard`): a gate that was away says in one go that somebody left, and is back.

        :param people: cases that are followed.
        :param kind: of command: with its source, its id and the case it makes the passage's id.
        :param saw: sealed.
        """
        for case in people:
            id = str(uuid5(kind, f"{said.author.source}\n{said.event.id}\n{case.case_id}"))
            if any(row["passage_id"] == id for row in self._passages):
                continue  # said again when nobody remembers the outcome any more
            passage = {
                "passage_id": id,
                "case_id": case.case_id,
                "direction": direction,
                "at": said.at,
                "task_id": None,
                "saw": saw,
                "event_id": said.event.id,
                "received_at": self._hand.uow.now,
                "source": said.author.source,
            }
            self._new.append(passage)
            self._passages.append(passage)
            self._hand.add_line(said, case, f"passage_{direction}", staff_id=said.author.staff_id)
            self._heard[case.case_id] = said.event

    def look_at_heard(self) -> None:
        """See to all of whom something was heard."""
        for case_id, cause in self._heard.items():
            if case := self._hand.find(case_id):
                self.look(case, cause)

    def look(self, case: Case, cause: Event | None = None) -> Case:
        """See to it by all that is known now, however often it is looked.

        :param cause: the command that says something new; None: the clock.
        """
        now = self._hand.uow.now
        own = [row for row in self._outings if self._as[row["case_id"]] == case.case_id]
        if case.closed_at is not None:
            for row in own:  # nobody follows them; opened again it is looked once more
                may_open = now < row["ends"] + _LOOKED_BACK
                row["check_at"] = now + _AGAIN_AFTER if row["check_at"] and may_open else None
            return case
        granted = [row for row in own if _was_leave(row)]
        for row in own:
            if row not in granted:
                row["check_at"] = None
                case = self._in_order(case, row, _late(row))
        of_case = [row for row in self._passages if self._as[row["case_id"]] == case.case_id]
        seen = [Passage(row["passage_id"], row["at"], row["direction"]) for row in of_case]
        times = [Outing(row["begins"], row["ends"]) for row in granted]
        until = [min(row["ends"], _ended_at(row) or row["ends"]) for row in granted]
        by_id = {row["passage_id"]: row for row in of_case if row["direction"] in _WHY}
        first_judged = {id: self._breaches.first_judged_at(_away(row)) for id, row in by_id.items()}
        settled = {id: at for id, at in first_judged.items() if at is not None}
        judged = judge(times, seen, now, until, settled)
        kept_in = case.measure not in NOT_KEPT_IN
        for row, course, late_from in zip(granted, judged.courses, judged.late_from, strict=True):
            row |= {"left_at": course.left_at, "back_at": course.back_at, "check_at": None}
            if course.late and kept_in:
                case = self._suspect(case, row, _late(row), cause)
                continue
            # What an officer confirmed stays so when a later measure lets them go out.
            if not (course.late and self._breaches.is_judged(_late(row))):
                case = self._in_order(case, row, _late(row))
            if course.is_out:
                row["check_at"] = late_from if late_from >= now else now + _AGAIN_AFTER
        # What they did before the measure in force began was in order then.
        since = self._hand.book.standing(case).clock
        times_away = [[by_id[one.id] for one in away if one.at >= since] for away in judged.without_leave]
        without = [self._that_counts(away)["passage_id"] for away in times_away if away and kept_in]
        for id, row in by_id.items():
            if id in without:
                case = self._suspect(case, row, _away(row), cause)
            elif row["at"] >= since:
                case = self._in_order(case, row, _away(row))
        return case

    def _that_counts(self, away: list[dict[str, Any]]) -> dict[str, Any]:
        """Of passages that tell of one going out: that on which an officer has judged, else the first."""
        return next((row for row in away if self._breaches.is_judged(_away(row))), away[0])

    def _suspect(self, case: Case, row: dict[str, Any], shown: Shown, cause: Event | None) -> Case:
        case = self._breaches.suspect(case, shown, cause)
        row["task_id"] = self._breaches.task_of(shown)
        return case

    def _in_order(self, case: Case, row: dict[str, Any], shown: Shown) -> Case:
        row["task_id"] = None
        return self._breaches.in_order(case, shown)

    def write(self) -> None:
        conn = self._hand.uow.conn
        rows = [{name: row[name] for name in (*_KEY, *_OF_OUTING)} for row in self._outings]
        update_rows(conn, outings, rows, key=_KEY, set=_OF_OUTING)
        new = {row["passage_id"] for row in self._new}
        known = [row for row in self._passages if row["passage_id"] not in new]
        insert_rows(conn, passages, self._new)
        rows = [{name: row[name] for name in ("passage_id", "task_id")} for row in known]
        update_rows(conn, passages, rows, key=["passage_id"], set=["task_id"])
        self._breaches.write()


_KEY: Final = ("permit_id", "number", "case_id")


def look_at(hand: CasesInHand, people: Collection[str], cause: Event) -> None:
    """See to the outings of these people as they are now that something was decided about one of them."""
    found = OutingsInHand(hand, hand.ids)
    named = [case for case_id in people if (case := hand.find(case_id))]
    followed = [case for one in named if (case := hand.followed_as(one))]
    for case_id in {case.case_id for case in followed}:
        if case := hand.find(case_id):
            found.look(case, cause)
    found.write()


def any_out(conn: Connection, permit_id: str) -> bool:
    """Whether anybody is out by this permit."""
    out = select(outings.c.case_id).where(outings.c.permit_id == permit_id, IS_OUT).limit(1)
    return conn.execute(out).first() is not None


def _was_leave(row: dict[str, Any]) -> bool:
    """Whether they may go, or might when they went. An emergency found to be none never was leave."""
    ended_at = _ended_at(row)
    if ended_at is None:
        return row["decision"] == GRANTED or (row["decision"] is None and row["kind"] == EMERGENCY)
    if row["kind"] == EMERGENCY:
        return False
    if row["decision"] == GRANTED:
        return bool(row["begins"] - EARLY <= ended_at)
    return row["left_at"] is not None


def _ended_at(row: dict[str, Any]) -> datetime | None:
    """When the leave was taken back, or refused in the end."""
    refused_at = row["decided_at"] if row["decision"] == REFUSED else None
    return min((at for at in (row["withdrawn_at"], refused_at) if at), default=None)


def _late(row: dict[str, Any]) -> Shown:
    """Of an outing: what shows that they are not back in time."""
    about = f"{row['permit_id']}:{row['number']}"
    return Shown(
        LATE_BACK,
        f"{about}:{row['case_id']}",
        row["case_id"],
        row["ends"],
        {"permit_id": row["permit_id"]},
        task_id=row["task_id"],
        together=(about,),
    )


def _away(row: dict[str, Any]) -> Shown:
    """Of a passage: what shows that they are out without leave, or not at home."""
    return Shown(
        _WHY[row["direction"]],
        row["passage_id"],
        row["case_id"],
        row["at"],
        {"passage_id": row["passage_id"]},
        saw=row["saw"],
        by=row["source"],
        task_id=row["task_id"],
        together=(row["event_id"],),
    )
