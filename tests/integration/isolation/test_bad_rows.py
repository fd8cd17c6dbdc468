"""One bad row stops nobody: each timer sets it aside, goes on with the others, and tries it again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, update

from chassis.ids import new_id
from chassis.taking import RowKey
from services.isolation import tables as t
from services.isolation.cases.casebook import Casebook
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.handlers import TIMERS
from services.isolation.needs.ask_need import ask_need
from services.isolation.permits.report_passage import report_passage
from services.isolation.permits.request_permit import request_permit
from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from services.isolation.positives.see_to_positives import see_to_positives
from services.isolation.reference import current
from services.isolation.rounds.open_round import open_round
from services.isolation.tasks.plan_staff_days import plan_staff_days
from services.isolation.teams.copies import PLACES, STAFF
from services.isolation.tests.report_test import report_test
from tests.bad_rows import SECRET, bad_row, one_look, retry, stuck
from tests.integration.isolation.saying import CLINIC, LINK, speaking
from tests.integration.isolation.trial import (
    COMMUNITY,
    GRID,
    MORNING,
    PEOPLE,
    STREET,
    TREE,
    Trial,
    arrival,
    china,
    place,
    staff,
)

request = speaking(request_permit, "permit.requested")
of_laboratory = speaking(report_test, "test.reported")
passed = speaking(report_passage, "passage.reported")
opened = speaking(open_round, "test_round.opened")
USE_CASES = {timer.name: timer.use_case for timer in TIMERS}
MANY = 7
ask = speaking(ask_need, "need.asked")


@dataclass(frozen=True)
class Work:
    """What a timer has to do.

    :param prepare: gives it something to do for MANY rows.
    :param waiting: keys of the rows that wait for it.
    :param fails: a statement on such a row, as (table, column, kind).
    """

    prepare: Callable[[Trial], None]
    waiting: Callable[[Trial], set[str]]
    fails: tuple[Table, str, str]
    known_by: Table = t.cases

    def bad(self, isolation: Trial, key: str) -> AbstractContextManager[None]:
        table, column, kind = self.fails
        return bad_row(isolation.database, table, column, key, on=kind)


def came(isolation: Trial) -> None:
    isolation.follow(*(arrival(household_id=new_id()) for _ in range(MANY)))


def ready(isolation: Trial) -> None:
    came(isolation.with_policies().with_neighbourhood())


def cases(wanted: Callable[[dict[str, Any]], bool]) -> Callable[[Trial], set[str]]:
    return lambda isolation: {row["case_id"] for row in isolation.rows(t.cases) if wanted(row)}


def put(**values: Any) -> Callable[[Trial], None]:
    """Cases as an earlier version left them."""

    def prepare(isolation: Trial) -> None:
        ready(isolation)
        with isolation.database.begin() as conn:
            if values:
                conn.execute(update(t.cases).values(**values))
            conn.execute(t.district_walks.delete())
            conn.execute(t.links.delete())

    return prepare


def without_policies(isolation: Trial) -> None:
    came(isolation.with_neighbourhood())
    isolation.clock.advance(minutes=30)
    isolation.with_policies()


def without_staff(isolation: Trial) -> None:
    isolation.with_policies()
    isolation.do(PLACES.keep, [place(*one) for one in TREE])
    came(isolation)
    isolation.do(STAFF.keep, [staff(*one) for one in PEOPLE])


def one_leaves(isolation: Trial) -> None:
    isolation.with_policies().with_neighbourhood([("only", "grid_worker", GRID)])
    came(isolation)
    isolation.do(STAFF.keep, [staff("only", "grid_worker", GRID, version=2, active=False)])
    isolation.do(STAFF.keep, [staff("next", "grid_worker", GRID)])


def a_correction(isolation: Trial) -> None:
    ready(isolation)
    used = isolation.rows(t.cases)[0]["policy_id"]
    document = next(one for one in documents.shipped() if one["policy_id"] == used)
    isolation.do(import_policy, {**document, "remarks": ["corrected"]})


def the_next_day(isolation: Trial) -> None:
    ready(isolation)
    isolation.clock.moment = china("2022-10-02 00:05")


def overdue(isolation: Trial) -> None:
    ready(isolation)
    isolation.clock.advance(hours=3)


def at_their_end(isolation: Trial) -> None:
    ready(isolation)
    while isolation.clock.moment < china("2022-10-09 07:00"):
        isolation.clock.advance(days=1)
        isolation.until_done(plan_next_day)


def needs_left_behind(isolation: Trial) -> None:
    """Each of a household of two, of whom the one whose case has the task does not come."""
    isolation.with_policies().with_neighbourhood()
    for _ in range(MANY):
        home = new_id()
        both = [arrival(household_id=home) for _ in range(2)]
        isolation.follow(*both)
        asked = {"case_ids": [one.subject for one in both], "kind": "food", "text": "rice"}
        ask(isolation, asked)
        [need] = [row for row in isolation.rows(t.needs) if both[0].subject in row["people"]]
        gone = arrival(need["case_id"], version=2, why=["called_off"], not_coming=True, household_id=home)
        isolation.follow(gone)


def all_informed(isolation: Trial) -> None:
    isolation.with_policies().with_neighbourhood()
    isolation.follow(*(arrival(level="none", household_id=new_id()) for _ in range(MANY)))
    isolation.clock.moment = china("2022-10-02 00:05")
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).values(state="done", tell_at=None))


def left_behind(isolation: Trial) -> set[str]:
    taken_back = {row["task_id"] for row in isolation.rows(t.tasks) if row["state"] == "cancelled"}
    return {row["task_id"] for row in isolation.rows(t.needs)} & taken_back


def made_one(isolation: Trial) -> None:
    ready(isolation)
    goes_on = arrival()
    isolation.follow(goes_on)
    merged = {"not_coming": True, "merged": True, "goes_on_as": goes_on.subject}
    others = [row["case_id"] for row in isolation.rows(t.cases) if row["case_id"] != goes_on.subject]
    isolation.follow(*(arrival(id, version=2, why=["same_as_other"], **merged) for id in others))


def merged_to_look_at(isolation: Trial) -> set[str]:
    return {row["case_id"] for row in isolation.rows(t.merged_cases) if row["look_at"]}


def ended_long_ago(isolation: Trial) -> None:
    ready(isolation)
    with isolation.database.begin() as conn:
        ended = {"closed_at": MORNING, "state": "released", "plan_next": None}
        conn.execute(update(t.cases).values(strip_on=MORNING.date(), **ended))
        conn.execute(update(t.tasks).values(state="cancelled", tell_at=None))
    isolation.clock.advance(days=200)


def to_be_looked_at(isolation: Trial) -> set[str]:
    now = isolation.clock.now()
    rows = isolation.rows(t.release_checks)
    return {row["case_id"] for row in rows if row["check_at"] and row["check_at"] <= now}


def out_too_long(isolation: Trial) -> None:
    ready(isolation)
    for case in isolation.rows(t.cases):
        named = {"case_ids": [case["case_id"]]}
        request(isolation, {**named, "kind": "emergency", "where": "hospital"}, author=LINK)
        passed(isolation, {**named, "direction": "out"})
    isolation.clock.advance(hours=13)


def to_be_back(isolation: Trial) -> set[str]:
    now = isolation.clock.now()
    rows = isolation.rows(t.outings)
    return {row["case_id"] for row in rows if row["check_at"] and row["check_at"] <= now}


def found_positive(isolation: Trial) -> None:
    ready(isolation)
    for case in isolation.rows(t.cases):
        result = {"sample_id": "S", "method": "pcr", "stage": "confirmed", "result": "positive"}
        at = isolation.clock.now()
        lab = {"author": CLINIC, "id": case["case_id"]}
        of_laboratory(
            isolation, {"case_id": case["case_id"], **result, "sampled_at": at, "reported_at": at}, **lab
        )
    isolation.clock.advance(minutes=1)


def found_by_one_of_before(isolation: Trial) -> None:
    found_positive(isolation)
    with isolation.database.begin() as conn:
        conn.execute(t.positives.delete())


def without_a_row(isolation: Trial) -> set[str]:
    return cases(bool)(isolation) - {row["case_id"] for row in isolation.rows(t.positives)}


def judged_after_the_end(isolation: Trial) -> None:
    """And open again."""
    ready(isolation)
    for case in isolation.rows(t.cases):
        passed(isolation, {"case_ids": [case["case_id"]], "direction": "out"})
    with isolation.database.begin() as conn:
        judged = {"state": "confirmed", "judgement": "confirmed", "judged_at": isolation.clock.now()}
        conn.execute(update(t.breaches).values(told_confirmed=False, **judged))


def not_told_of(isolation: Trial) -> set[str]:
    return {row["case_id"] for row in isolation.rows(t.breaches) if row["told_confirmed"] is not None}


def nobody_called(isolation: Trial) -> None:
    found_positive(isolation)
    isolation.until_done(see_to_positives)
    isolation.clock.advance(hours=3)


def of_positives(column: str) -> Callable[[Trial], set[str]]:
    def waiting(isolation: Trial) -> set[str]:
        now = isolation.clock.now()
        rows = isolation.rows(t.positives)
        return {row["case_id"] for row in rows if row[column] and row[column] <= now}

    return waiting


def a_round(isolation: Trial) -> None:
    ready(isolation)
    term = {"begins_at": MORNING, "ends_at": MORNING + timedelta(hours=9)}
    assert opened(isolation, {"place": COMMUNITY, **term}).kind == "done"


def not_in_a_round(isolation: Trial) -> set[str]:
    found = {row["case_id"] for row in isolation.rows(t.round_people)}
    return {row["case_id"] for row in isolation.rows(t.cases)} - found


def climbing(isolation: Trial) -> set[str]:
    now = isolation.clock.now()
    return {row["task_id"] for row in isolation.rows(t.tasks) if row["tell_at"] and row["tell_at"] <= now}


def behind_policies(isolation: Trial) -> set[str]:
    newest = isolation.do(lambda uow: current(uow).policies.open_epoch(uow.now))
    return cases(lambda row: row["policy_epoch"] < newest)(isolation)


def unlinked(isolation: Trial) -> set[str]:
    linked = {row["household"] for row in isolation.rows(t.links)}
    return cases(lambda row: row["household_id"] not in linked)(isolation)


def unplanned(isolation: Trial) -> set[str]:
    tomorrow = isolation.clock.today(china("2022-10-01").tzinfo).toordinal() + 1  # type: ignore[arg-type]
    return cases(lambda row: row["plan_next"] and row["plan_next"].toordinal() <= tomorrow)(isolation)


ON_CASES = (t.cases, "case_id", "UPDATE")
WORK = {
    "open_waiting": Work(
        without_policies,
        lambda isolation: {row["arrival_id"] for row in isolation.rows(t.waiting_for_policy)},
        (t.waiting_for_policy, "arrival_id", "DELETE"),
        t.waiting_for_policy,
    ),
    "assign_waiting": Work(without_staff, cases(lambda row: row["unassigned_since"] is not None), ON_CASES),
    "hand_over": Work(one_leaves, cases(lambda row: row["owner"] == "only"), ON_CASES),
    "apply_policies": Work(a_correction, behind_policies, ON_CASES),
    "name_districts": Work(put(district=None), cases(lambda row: row["district"] is None), ON_CASES),
    "link_households": Work(put(), unlinked, (t.links, "household", "INSERT")),
    "index_identities": Work(put(identity=None), cases(lambda row: row["identity"] is None), ON_CASES),
    "plan_next_day": Work(the_next_day, unplanned, ON_CASES),
    "look_at_merged": Work(
        made_one, merged_to_look_at, (t.merged_cases, "case_id", "UPDATE"), t.merged_cases
    ),
    "plan_again": Work(needs_left_behind, left_behind, (t.needs, "task_id", "UPDATE"), t.tasks),
    "see_to_rounds": Work(a_round, not_in_a_round, (t.round_people, "case_id", "INSERT")),
    "propose_releases": Work(at_their_end, to_be_looked_at, (t.release_checks, "case_id", "UPDATE")),
    "end_informed": Work(all_informed, cases(lambda row: row["closed_at"] is None), ON_CASES),
    "find_late": Work(out_too_long, to_be_back, ON_CASES),
    "tell_breaches": Work(judged_after_the_end, not_told_of, ON_CASES),
    "find_positives": Work(
        found_by_one_of_before, without_a_row, (t.positives, "case_id", "INSERT"), t.cases
    ),
    "see_to_positives": Work(found_positive, of_positives("look_at"), ON_CASES),
    "make_contacts": Work(
        nobody_called, of_positives("contacts_at"), (t.positives, "case_id", "UPDATE"), t.cases
    ),
    "strip_cases": Work(ended_long_ago, cases(lambda row: row["strip_on"] is not None), ON_CASES),
    "find_overdue": Work(overdue, climbing, (t.tasks, "task_id", "UPDATE"), t.tasks),
}


def test_every_timer_is_tried() -> None:
    assert {*WORK, plan_staff_days.__name__} == set(USE_CASES)


@pytest.mark.parametrize("name", WORK)
def test_one_bad_row_is_set_aside_and_the_others_are_done_in_the_same_turn(empty: Trial, name: str) -> None:
    work, chore = WORK[name], f"isolation.{name}"
    work.prepare(empty)
    waiting = work.waiting(empty)
    assert len(waiting) >= MANY
    key = sorted(waiting)[len(waiting) // 2]
    guilty = key
    if work.fails[0] is t.links:
        guilty = empty.case(key)["household_id"]
    with work.bad(empty, guilty):
        one_look(empty.work, chore, USE_CASES[name])
        assert work.waiting(empty) == {key}
        [found] = stuck(empty.database)
        assert (found.chore, found.row, found.times) == (chore, RowKey(work.known_by.name, key), 1)
        assert found.error and ".py:" in found.place and not set(SECRET.split()) & set(str(found).split())
        assert one_look(empty.work, chore, USE_CASES[name]) == 1, "it is left alone for an hour"
        retry(empty.database)
        one_look(empty.work, chore, USE_CASES[name])
        [again] = stuck(empty.database)
        assert again.times == 2 and again.since == found.since
        assert (again.retry_at - found.retry_at).total_seconds() > 20 * 3600, "daily from now on"
    retry(empty.database)
    one_look(empty.work, chore, USE_CASES[name])
    assert not work.waiting(empty) and not stuck(empty.database)
    assert empty.audit()["balanced"]


def test_of_whoever_left_and_has_only_cases_that_are_set_aside_no_more_are_searched_for(empty: Trial) -> None:
    one_leaves(empty)
    key = min(WORK["hand_over"].waiting(empty))
    with bad_row(empty.database, t.cases, "case_id", key):
        one_look(empty.work, "isolation.hand_over", USE_CASES["hand_over"])
        assert [found.row.key for found in stuck(empty.database)] == [key]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Casebook, "take", lambda *_: pytest.fail("an index would cost every arrival"))
            one_look(empty.work, "isolation.hand_over", USE_CASES["hand_over"])
    retry(empty.database)
    one_look(empty.work, "isolation.hand_over", USE_CASES["hand_over"])
    assert not WORK["hand_over"].waiting(empty) and not stuck(empty.database)


def test_a_member_of_staff_whose_day_cannot_be_told_keeps_it_from_nobody(isolation: Trial) -> None:
    isolation.follow(*(arrival(level="medium") for _ in range(3)))
    isolation.clock.moment = china("2022-10-02 00:05")
    isolation.run_timers()
    isolation.clock.moment = china("2022-10-02 06:30")

    everybody = isolation_days(isolation)
    with isolation.database.begin() as conn:  # no event can hold it
        conn.execute(update(t.staff).where(t.staff.c.staff_id == "worker-1").values(person="x" * 1_200_000))
    isolation.do(STAFF.keep, [staff("police", "police", STREET, version=2)])
    one_look(isolation.work, "isolation.plan_staff_days", plan_staff_days)
    told = [event.subject for event in isolation.recorded("staff.day_planned")]
    assert sorted(told) == sorted(everybody - {"worker-1"})
    [found] = stuck(isolation.database)
    assert found.row == RowKey("staff", "worker-1") and found.error == "ValueError"
    isolation.do(STAFF.keep, [staff("worker-1", "grid_worker", GRID, version=2)])
    isolation.clock.moment = china("2022-10-02 19:00")
    retry(isolation.database)
    one_look(isolation.work, "isolation.plan_staff_days", plan_staff_days)
    [found] = stuck(isolation.database)
    assert found.times == 1 and found.retry_at > datetime.now(UTC), "in the evening nobody is told of the day"
    isolation.clock.moment = china("2022-10-02 08:00")
    retry(isolation.database)
    one_look(isolation.work, "isolation.plan_staff_days", plan_staff_days)
    told = [event.subject for event in isolation.recorded("staff.day_planned")]
    assert sorted(told) == sorted(everybody) and not stuck(isolation.database)


def isolation_days(isolation: Trial) -> set[str]:
    """Who has something to do on that day."""
    now = isolation.clock.now()
    return {row["staff_id"] for row in isolation.rows(t.tasks) if row["staff_id"] and row["due_from"] < now}
