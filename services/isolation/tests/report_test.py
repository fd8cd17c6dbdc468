"""Laboratories report results: of somebody who is followed here, or of nobody here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select, text
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import add_to_rows, insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from field.documents import IDENTITY, compact_number
from field.words import RUNG_OF_ROLE
from services.isolation.cases.case import Case
from services.isolation.cases.decisions import REOPEN_WITHIN
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.merged import with_merged
from services.isolation.cases.tables import cases as cases_table
from services.isolation.plans.task import Task
from services.isolation.teams.alarm import on_duty
from services.isolation.teams.ladder import Informed
from services.isolation.tests.awaited import keep_awaited
from services.isolation.tests.batches import GATHERS, batch_of, count_results
from services.isolation.tests.corrections import Corrections
from services.isolation.tests.followed import corrected_of, look_again, look_at, results_of
from services.isolation.tests.judged import NEGATIVE, POSITIVE, SETTLING, standing
from services.isolation.tests.rules import TAKE_UP_WITHIN, faults_of, left_undone, tasks_served
from services.isolation.tests.tables import results_counted, results_of_nobody, test_results

_RESULTS = UUID("5a7c7f04-0f5b-4a8e-9d55-3f6f5c1b7e90")
_DISTRICT = "district_officer"


def report_test(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Keep each result with its case, and settle the test of the day on which the sample was taken, or one of
    before that nobody did.

    A result of nobody here is counted; a positive one is kept for the district, which is told at once.
    """
    whose = {said.event.key: _identity(uow, said) for said in commands}
    by_identity = _open_cases(uow.conn, {number for number in whose.values() if number})
    serious = {number for said in commands if (number := whose[said.event.key]) and _is_serious(said)}
    by_identity |= _ended_lately(uow, serious - by_identity.keys())
    ids = {said.event.key: _case_ids(said, whose[said.event.key], by_identity) for said in commands}
    corrected = _corrected_cases(uow.conn, commands)
    with cases_in_hand(uow, (id for of_one in (*ids.values(), *corrected.values()) for id in of_one)) as hand:
        corrections = Corrections(uow.conn, {id for said in commands if (id := _supersedes(said))})
        reporting = _Reporting(hand, whose, ids, _known(uow.conn, commands), corrected, corrections)
        outcomes = each_in_turn(commands, reporting.report)
        reporting.write()
    return outcomes


def result_id(source: str, event_id: str) -> str:
    """It follows from the laboratory's event, so a later one can name it."""
    return str(uuid5(_RESULTS, f"{source}\n{event_id}"))


def _identity(uow: UnitOfWork, said: Said) -> int | None:
    identity = said.data.get("identity")
    return uow.index.short(IDENTITY, compact_number(identity["number"])) if identity else None


def _open_cases(conn: Connection, identities: Collection[int]) -> dict[int, list[str]]:
    """Of one number there may be several: somebody came twice, or two people are said to have it."""
    c = cases_table.c
    these = is_in(conn, c.identity, identities) & c.closed_at.is_(None)
    found: dict[int, list[str]] = {}
    for identity, case_id in conn.execute(select(c.identity, c.case_id).where(these)):
        found.setdefault(identity, []).append(case_id)
    return found


def _is_serious(said: Said) -> bool:
    """A positive, or what corrects one: it is looked for among those, too, whose case has ended lately."""
    return said.data["result"] == POSITIVE or bool(said.data.get("supersedes"))


def _ended_lately(uow: UnitOfWork, identities: Collection[int]) -> dict[int, list[str]]:
    """An officer can open such a case again, and looks at it."""
    c = cases_table.c
    # Literals, so that the planner sees that the partial index holds all of them.
    ended = text("closed_at IS NOT NULL AND version > 0 AND identity <> 0")
    these = is_in(uow.conn, c.identity, identities) & (c.closed_at > uow.now - REOPEN_WITHIN)
    found: dict[int, list[str]] = {}
    for identity, case_id in uow.conn.execute(select(c.identity, c.case_id).where(ended, these)):
        found.setdefault(identity, []).append(case_id)
    return found


def _case_ids(said: Said, identity: int | None, by_identity: Mapping[int, list[str]]) -> list[str]:
    if case_id := said.data.get("case_id"):
        return [case_id]
    return sorted(by_identity.get(identity or 0, ()))


def _supersedes(said: Said) -> str | None:
    """The id of the laboratory's earlier result that this one corrects; None: it corrects none."""
    before = said.data.get("supersedes")
    return result_id(said.event.source, before) if before else None


def _circle(alone: bool) -> Fault:
    """:param alone: it names itself, not one that corrects it."""
    if alone:
        return Fault("supersedes", "itself", "names this very result: name the one it corrects")
    message = (
        "names a result that corrects this one, so neither would count: report it without, under a new id"
    )
    return Fault("supersedes", "each_other", message)


def _corrected_cases(conn: Connection, commands: Iterable[Said]) -> dict[str, list[str]]:
    """Results that are corrected, each with the cases with which it was kept: the laboratory may have taken
    another person for whoever the sample is of.
    """
    r, found = test_results.c, dict[str, list[str]]()
    ids = {before for said in commands if (before := _supersedes(said))}
    if ids:
        for id, case_id in conn.execute(select(r.result_id, r.case_id).where(is_in(conn, r.result_id, ids))):
            found.setdefault(id, []).append(case_id)
    return found


def _known(conn: Connection, commands: Iterable[Said]) -> set[str]:
    """Results that are written down already; their outcomes are forgotten after a month."""
    ids = [result_id(said.event.source, said.event.id) for said in commands]
    r = test_results.c
    return set(conn.execute(select(r.result_id).where(is_in(conn, r.result_id, ids))).scalars())


def _kept(id: str, cases: Sequence[Case]) -> Outcome:
    return Outcome.done(result_id=id, case_ids=[case.case_id for case in cases])


class _Reporting:
    """The results of a batch of commands."""

    def __init__(
        self,
        hand: CasesInHand,
        whose: Mapping[tuple[str, str], int | None],
        ids: Mapping[tuple[str, str], Sequence[str]],
        known: set[str],
        corrected: Mapping[str, Sequence[str]],
        corrections: Corrections,
    ) -> None:
        self.hand = hand
        self.uow = hand.uow
        self._whose = whose
        self._ids = ids
        self._known = known
        self._negative = _days_negative(hand)
        self._corrected = corrected
        self._corrections = corrections
        self._results: list[dict[str, Any]] = []
        self._found: dict[str, datetime] = {}
        self._in_batches: list[tuple[str, str, str]] = []
        self._said_of: set[str] = set()
        self._of_nobody: list[dict[str, Any]] = []
        self._counted: Counter[tuple[Any, str, str]] = Counter()
        self._awaited: list[tuple[int, dict[str, Any]]] = []

    def report(self, said: Said) -> Outcome:
        id = result_id(said.event.source, said.event.id)
        if id in self._known:
            return _kept(id, self._cases(said))
        faults = faults_of(said.data, self.uow.now)
        before = _supersedes(said)
        if before and self._corrections.leads_back(id, before):
            faults.append(_circle(before == id))
        if faults:
            raise Refused.invalid(faults)
        cases = self._cases(said)
        if before:
            self._corrections.note(id, before)
        if (batch_id := batch_of(said)) and not said.data.get("supersedes"):
            self._in_batches.append((batch_id, said.author.source, said.data["result"]))
        self._correct(said, id, cases)
        if not cases:
            return self._keep_of_nobody(said, id)
        for case in cases:
            self._keep(said, id, case)
        return _kept(id, cases)

    def _cases(self, said: Said) -> list[Case]:
        """By a number only those that the author reaches; what lies elsewhere is to them of nobody here.

        Raises Refused, `unknown`, where they name a case that they do not reach.
        """
        if case_id := said.data.get("case_id"):
            return [self.hand.case(said, case_id)]
        return self.hand.reached(said, self._ids[said.event.key])

    def _correct(self, said: Said, id: str, cases: Sequence[Case]) -> None:
        """Of whom the earlier result was said to be, and is no more, it is looked what does not hold."""
        own = {case.case_id for case in cases}
        for case_id in self._corrected.get(_supersedes(said) or "", ()):
            case = self.hand.find(case_id)
            if case is not None and case_id not in own:
                followed = self.hand.followed_as(case)
                self._said_of |= {case_id, *([followed.case_id] if followed else [])}
                self.hand.add_line(
                    said, case, "test_result_corrected", result_id=_supersedes(said), by_result=id
                )

    def _keep(self, said: Said, id: str, case: Case) -> None:
        data = said.data
        followed = self.hand.followed_as(case)
        served = self._served(data, followed or case)
        if followed:
            for task in served:
                self.hand.done(said, followed, task)
        row = {"result_id": id, "case_id": case.case_id} | self._row(said)
        self._results.append(row)
        row["batch_id"] = batch_of(said)
        if data["result"] == POSITIVE or row["supersedes"]:
            gathers = data["result"] == POSITIVE and row["batch_id"]
            self._found[case.case_id] = self.uow.now + GATHERS if gathers else self.uow.now
        self._said_of |= {case.case_id, *([followed.case_id] if followed else [])}
        told = {name: data[name] for name in ("result", "stage", "method", "sampled_at", "reported_at")}
        more = {"supersedes": row["supersedes"]} if row["supersedes"] else {}
        if row["pool_size"] > 1:
            more["pool_size"] = row["pool_size"]
        self.hand.add_line(
            said, case, "test_result", result_id=id, tasks=[task.task_id for task in served], **told, **more
        )

    def _served(self, data: Mapping[str, Any], case: Case) -> Sequence[Task]:
        if data["result"] not in SETTLING:
            return ()
        day = local_day(data["sampled_at"], self.uow.zone)
        negative = self._negative.setdefault(case.case_id, set())
        if data["result"] == NEGATIVE:
            negative.add(day)
        return tasks_served(self.hand.tasks(case), day, negative, self.uow.zone)

    def _keep_of_nobody(self, said: Said, id: str) -> Outcome:
        if identity := self._whose[said.event.key]:
            self._awaited.append((identity, {"result_id": id, **self._row(said)}))
        positive = said.data["result"] == POSITIVE
        if not positive and not said.data.get("supersedes"):
            day = local_day(said.data["sampled_at"], self.uow.zone)
            self._counted[day, said.author.source, said.data["result"]] += 1
            return Outcome.not_noted(counted=True)
        row = {"result_id": id, "identity": self.uow.sealer.seal(said.data["identity"], "identity")}
        due_by = self.uow.now + TAKE_UP_WITHIN if positive else None
        self._of_nobody.append(row | self._row(said) | {"due_by": due_by})
        return Outcome.not_noted(result_id=id)

    def _row(self, said: Said) -> dict[str, Any]:
        data = said.data
        return {
            "sample_id": data["sample_id"],
            "tube_id": data.get("tube_id"),
            "pool_size": data.get("pool_size") or 1,
            "sampled_at": data["sampled_at"],
            "reported_at": data["reported_at"],
            "method": data["method"],
            "stage": data["stage"],
            "result": data["result"],
            "supersedes": _supersedes(said),
            "source": said.author.source,
            "event_id": said.event.id,
            "received_at": self.uow.now,
        }

    def write(self) -> None:
        conn = self.uow.conn
        insert_rows(conn, test_results, self._results)
        count_results(conn, self._in_batches)
        keep_awaited(conn, self._awaited, self.uow.now)
        look_at(conn, self._found)
        look_again(conn, self._said_of - self._found.keys(), self.uow.now)
        new = insert_rows(
            conn, results_of_nobody, self._of_nobody, ignore_conflicts=True, returning=["result_id"]
        )
        fresh = {id for (id,) in new}
        kept = [row for row in self._of_nobody if row["result_id"] in fresh]
        self._tell_positives([row for row in kept if row["due_by"]])
        corrections = [row for row in kept if not row["due_by"]]
        corrections += [row for row in self._results if row["supersedes"]]
        fresh |= {row["result_id"] for row in self._results}
        self._tell_corrections({row["supersedes"]: row for row in corrections}, fresh)
        counted = [
            {"day": day, "source": source, "result": result, "number": number}
            for (day, source, result), number in sorted(self._counted.items())
        ]
        add_to_rows(conn, results_counted, counted, key=["day", "source", "result"], add=["number"])

    def _tell_positives(self, positives: Sequence[Mapping[str, Any]]) -> None:
        """The district hears of each positive of nobody here, at any hour: whoever is on duty there.

        A correction that came first leaves nothing to tell.
        """
        if not positives:
            return
        corrected = corrected_of(self.uow.conn, [row["result_id"] for row in positives])
        told = {"staff": self._on_duty(self.uow.now)}
        for row in positives:
            if row["result_id"] not in corrected:
                data = {name: row[name] for name in ("result_id", "sampled_at", "reported_at", "due_by")}
                self.uow.record("test.unmatched", row["result_id"], 1, data | told, cause=None)

    def _tell_corrections(self, corrections: Mapping[str, Mapping[str, Any]], fresh: Collection[str]) -> None:
        """Whoever was on duty when the positive came hears, once, that the laboratory corrected it.

        :param corrections: by the result that each corrects.
        :param fresh: the results that are written down just now.
        """
        if not corrections:
            return
        for id, since in _told_before(self.uow.conn, corrections, fresh).items():
            row = corrections[id]
            data = {"result_id": id, "corrected_by": row["result_id"], "reported_at": row["reported_at"]}
            told = {"staff": self._on_duty(since)}
            self.uow.record("test.unmatched_corrected", id, 2, data | told, cause=None)

    def _on_duty(self, at: datetime) -> object:
        """The officers of the district who were on duty then, as events name them."""
        officers = on_duty(_DISTRICT, self.hand.book.reference.staff, at)
        return Informed(RUNG_OF_ROLE[_DISTRICT], None, officers).as_data()["staff"]


def _days_negative(hand: CasesInHand) -> dict[str, set[date]]:
    """By case, the days of samples that were reported before and were negative; of those who have a test left
    undone from an earlier day.
    """
    uow = hand.uow
    today = local_day(uow.now, uow.zone)
    cases = {case.case_id: case for id in hand.ids if (case := hand.find(id))}
    followed = {case.case_id: case for one in cases.values() if (case := hand.followed_as(one))}
    late = [id for id, case in followed.items() if left_undone(hand.tasks(case), today, uow.zone)]
    if not late:
        return {}
    whose = with_merged(uow.conn, late)
    return {
        id: {one.taken_on for one in standing(results) if one.result == NEGATIVE}
        for id, results in results_of(uow, whose).items()
    }


def _told_before(
    conn: Connection, corrected: Collection[str], new: Collection[str]
) -> Mapping[str, datetime]:
    """Which of these positives the district was told of, and when; none that was corrected before.

    :param new: the results that are written down just now.
    """
    r = results_of_nobody.c
    told = is_in(conn, r.result_id, set(corrected) - set(new)) & r.due_by.is_not(None)
    for earlier in (results_of_nobody.alias("earlier").c, test_results.c):
        corrects = earlier.supersedes == r.result_id, earlier.supersedes.is_not(None)
        told &= ~select(earlier.result_id).where(*corrects, ~is_in(conn, earlier.result_id, new)).exists()
    return {id: at for id, at in conn.execute(select(r.result_id, r.received_at).where(told))}
