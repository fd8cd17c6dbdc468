"""Lists and cases as a door shows them: of whose places, masked, page by page, and who saw them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import event, select, update

from chassis.commands.command import Author
from chassis.database.tables import TABLES
from chassis.ids import new_id
from services.isolation import tables as t
from services.isolation.cases.hand_over import hand_over
from services.isolation.door import DOOR
from services.isolation.teams import copies
from tests.doors import Visitor
from tests.integration.isolation.trial import (
    COMMUNITY,
    GRID,
    MORNING,
    SEALER,
    Trial,
    arrival,
    place,
    staff,
)

PERSON = SEALER.seal(
    {"name": "欧阳建国", "phone": "13909311234", "address": "花园路1号", "identity_number": "x"}
)
OTHER_STREET = (("beside", "cg", "street"), ("c-2", "beside", "community"), ("g-2", "c-2", "grid"))
OTHERS = (
    ("beside-street", "street_officer", "beside"),
    ("beside-officer", "community_officer", "c-2"),
    ("above", "district_officer", "lz"),
    ("admin", "administrator", "cg"),
)


@pytest.fixture
def town(isolation: Trial) -> Trial:
    isolation.do(
        lambda uow: [
            _keep(uow, "PLACES", [place(*one) for one in OTHER_STREET]),
            _keep(uow, "STAFF", [staff(*one) for one in OTHERS]),
        ]
    )
    return isolation


def _keep(uow, copy: str, events) -> None:
    getattr(copies, copy).keep(uow, events)


@pytest.fixture
def door(town: Trial) -> Visitor:
    return Visitor(DOOR, town.work)


def open_case(town: Trial, **changed) -> str:
    one = arrival(person=PERSON, **changed)
    town.follow(one)
    return one.data["arrival_id"]


ELSEWHERE = {"street": "beside", "community": "c-2", "grid": "g-2"}


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [row["case_id"] for row in answer.json["rows"]]


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("worker-1", "ours"),
        ("officer", "ours"),
        ("street", "ours"),
        ("beside-officer", "theirs"),
        ("beside-street", "theirs"),
        ("district", "both"),
        ("above", "both"),
    ],
)
def test_cases_are_seen_at_ones_own_places_and_below(door: Visitor, town: Trial, who: str, sees: str) -> None:
    here, there = open_case(town), open_case(town, destination=ELSEWHERE)
    expected = {"ours": {here}, "theirs": {there}, "both": {here, there}}[sees]
    assert set(ids(door.get(who, "/lists/open_cases"))) == expected
    assert set(ids(door.get(who, "/lists/open_cases", district="cg"))) == expected
    assert ids(door.get(who, "/lists/open_cases", district="another")) == []
    for case_id in (here, there):
        assert door.get(who, f"/case/{case_id}").status_code == (200 if case_id in expected else 404)


@pytest.mark.parametrize("who", ["police", "admin", "nobody", Author("publisher", "/lab/x", "lab")])
def test_police_administrators_and_strangers_see_no_case(door: Visitor, town: Trial, who) -> None:
    case_id = open_case(town)
    for path in ("/lists/open_cases", "/lists/own_tasks", "/lists/open_tasks", f"/case/{case_id}"):
        assert door.get(who, path).status_code == 403


def test_a_resident_sees_the_own_household_only(door: Visitor, town: Trial) -> None:
    household = new_id()
    own, other = open_case(town, household_id=household), open_case(town, household_id=new_id())
    link = Author("link", "/link/l-1", "l-1")
    headers = door.headers(link, household=household)
    assert door.client.get(f"/case/{own}", headers=headers).status_code == 200
    assert door.client.get(f"/case/{other}", headers=headers).status_code == 404
    assert door.client.get(f"/case/{own}", headers=door.headers(link)).status_code == 404
    assert door.client.get("/lists/open_cases", headers=headers).status_code == 403


def test_lists_are_masked_and_hold_no_sealed_text(door: Visitor, town: Trial) -> None:
    open_case(town)
    answer = door.get("officer", "/lists/open_cases")
    [row] = answer.json["rows"]
    assert (row["name"], row["phone"], row["address"]) == ("欧*", "139****1234", "****")
    assert "person" not in row and PERSON not in answer.text and "建国" not in answer.text
    assert town.rows(TABLES["views"]) == []


def test_own_tasks_are_shown_in_full_and_noted_once_a_day(door: Visitor, town: Trial) -> None:
    case_id = open_case(town)
    for _ in range(2):
        answer = door.get("worker-1", "/lists/own_tasks")
        assert {row["name"] for row in answer.json["rows"]} == {"欧阳建国"}
        assert {row["staff_id"] for row in answer.json["rows"]} == {"worker-1"}
    [view] = town.rows(TABLES["views"])
    assert (view["viewer"], view["about_id"], view["reason"]) == ("/console/worker-1", case_id, "own task")
    another = open_case(town, worker="worker-1")
    answer = door.get("worker-1", "/lists/own_tasks")
    assert {row["case_id"] for row in answer.json["rows"]} == {case_id, another}
    assert sorted(view["about_id"] for view in town.rows(TABLES["views"])) == sorted([case_id, another])
    town.clock.advance(days=1)
    door.get("worker-1", "/lists/own_tasks")
    assert len(town.rows(TABLES["views"])) == 4


def test_a_worker_sees_the_tasks_and_cases_given_to_them_that_lie_in_no_known_grid(
    door: Visitor, town: Trial
) -> None:
    theirs = open_case(town, worker="worker-1", destination={"grid": None})
    assert set(ids(door.get("worker-1", "/lists/own_tasks"))) == {theirs}
    assert ids(door.get("worker-2", "/lists/own_tasks")) == []
    assert door.get("worker-1", f"/case/{theirs}").json["case_id"] == theirs
    assert door.get("worker-2", f"/case/{theirs}").status_code == 404
    assert {"team", "reached"}.isdisjoint(door.get("worker-1", f"/case/{theirs}").json)


def test_whoever_goes_on_for_somebody_sees_their_tasks_wherever_they_work(door: Visitor, town: Trial) -> None:
    theirs = open_case(town, worker="worker-1")
    left = staff("worker-1", "grid_worker", GRID, 2, active=False, replaced_by="goes-on")
    town.do(lambda uow: _keep(uow, "STAFF", [staff("goes-on", "grid_worker", "g-2"), left]))
    town.until_done(hand_over)
    assert set(ids(door.get("goes-on", "/lists/own_tasks"))) == {theirs}
    assert door.get("goes-on", f"/case/{theirs}").status_code == 200


def test_revealing_takes_a_reason_and_is_noted_each_time(door: Visitor, town: Trial) -> None:
    case_id = open_case(town)
    assert door.reveal("officer", "case", case_id, None).status_code == 422
    assert door.reveal("beside-officer", "case", case_id, "wants to know").status_code == 404
    assert town.rows(TABLES["views"]) == []
    for _ in range(2):
        shown = door.reveal("officer", "case", case_id, "a neighbour asks")
        assert (shown.json["name"], shown.json["phone"]) == ("欧阳建国", "13909311234")
    views = town.rows(TABLES["views"])
    assert [(v["viewer"], v["about"], v["about_id"], v["reason"]) for v in views] == [
        ("/console/officer", "case", case_id, "a neighbour asks")
    ] * 2
    assert {view["viewed_at"] for view in views} == {MORNING}


def test_pages_hold_every_row_once_in_order_with_exact_figures(door: Visitor, town: Trial) -> None:
    town.follow(*(arrival(person=PERSON, household_id=new_id()) for _ in range(120)))
    for sort in ("newest", "release"):
        seen: list[str] = []
        asked = {"sort": sort}
        while True:
            answer = door.get("street", "/lists/open_cases", **asked)
            if not seen:
                assert answer.json["figures"]["rows"] == answer.json["figures"]["households"] == 120
                assert answer.json["figures"]["definition"] and answer.json["as_of"].endswith("+08:00")
            else:
                assert "figures" not in answer.json
            seen += ids(answer)
            if not answer.json["next"]:
                break
            assert len(ids(answer)) == 50
            asked["after"] = answer.json["next"]
        assert len(seen) == len(set(seen)) == 120
        if sort == "newest":
            assert seen == sorted(seen, reverse=True)


def test_whoever_is_named_alone_is_a_household_and_whom_nobody_owns_can_be_asked_for(
    door: Visitor, town: Trial
) -> None:
    together = new_id()
    town.follow(*(arrival(person=PERSON, household_id=of) for of in (together, together, None, None)))
    figures = door.get("officer", "/lists/open_cases").json["figures"]
    assert (figures["rows"], figures["households"]) == (4, 3)
    with town.database.begin() as conn:
        one = select(t.cases.c.case_id).limit(1).scalar_subquery()
        conn.execute(update(t.cases).where(t.cases.c.case_id == one).values(owner=None))
    [row] = door.get("officer", "/lists/open_cases", owner="-").json["rows"]
    assert row["owner"] is None


def test_a_list_offers_what_it_declares_and_nothing_else(door: Visitor, town: Trial) -> None:
    for asked in ({"sort": "name"}, {"name": "欧"}, {"after": "k.x"}, {"state": ""}, {"person": "x"}):
        answer = door.get("officer", "/lists/open_cases", **asked)
        assert answer.status_code == 422, asked
        assert answer.json["faults"][0]["field"] == next(iter(asked))
    town.follow(*(arrival(person=PERSON) for _ in range(51)))
    after = door.get("officer", "/lists/open_cases").json["next"]
    assert door.get("officer", "/lists/open_cases", after=after, sort="release").status_code == 422
    assert door.get("officer", "/lists/open_tasks", after=after).status_code == 422
    assert door.get("officer", "/lists/open_cases", after=after[:-2] + "xx").status_code == 422


def test_a_place_is_asked_for_within_the_scope_only(door: Visitor, town: Trial) -> None:
    here, there = open_case(town), open_case(town, destination=ELSEWHERE)
    assert ids(door.get("district", "/lists/open_cases", place=COMMUNITY)) == [here]
    assert ids(door.get("district", "/lists/open_cases", place="g-2")) == [there]
    assert ids(door.get("street", "/lists/open_cases", place=GRID)) == [here]
    for place_id in ("c-2", "beside", "cg", "nowhere"):
        assert door.get("street", "/lists/open_cases", place=place_id).status_code == 404


def test_tasks_of_the_day_and_overdue_ones(door: Visitor, town: Trial) -> None:
    case_id = open_case(town)
    assert set(ids(door.get("officer", "/lists/open_tasks"))) == {case_id}
    assert ids(door.get("officer", "/lists/overdue_tasks")) == []
    town.clock.advance(days=2)
    town.run_timers()
    overdue = door.get("officer", "/lists/overdue_tasks").json["rows"]
    assert overdue and {row["state"] for row in overdue} == {"missed"}
    assert door.get("beside-officer", "/lists/overdue_tasks").json["rows"] == []


def test_a_task_that_outlives_its_case_is_still_listed(door: Visitor, town: Trial) -> None:
    case_id = open_case(town)
    with town.database.begin() as conn:  # a message about the end reached nobody
        conn.execute(update(t.cases).values(closed_at=MORNING, state="released"))
        conn.execute(update(t.tasks).values(state="cancelled"))
        first = select(t.tasks.c.task_id).limit(1).scalar_subquery()
        theirs = {"state": "due", "about": "m-1", "staff_id": "worker-1"}
        conn.execute(update(t.tasks).where(t.tasks.c.task_id == first).values(theirs))
        conn.execute(update(t.staff_load).values(cases=0))
    assert ids(door.get("worker-1", "/lists/own_tasks")) == [case_id]
    assert ids(door.get("officer", "/lists/open_tasks")) == [case_id]
    assert door.get("officer", "/lists/open_cases").json["rows"] == []


def test_who_has_left_or_moved_sees_that_at_once(door: Visitor, town: Trial) -> None:
    case_id = open_case(town)
    assert ids(door.get("officer", "/lists/open_cases")) == [case_id]
    keep: Callable = lambda uow: _keep(uow, "STAFF", [staff("officer", "community_officer", "c-2", 2)])  # noqa: E731
    town.do(keep)
    assert ids(door.get("officer", "/lists/open_cases")) == []
    leave: Callable = lambda uow: _keep(  # noqa: E731
        uow, "STAFF", [staff("officer", "community_officer", "c-2", 3, active=False)]
    )
    town.do(leave)
    assert door.get("officer", "/lists/open_cases").status_code == 403


def test_a_successor_place_sees_the_cases_of_the_one_that_ended(door: Visitor, town: Trial) -> None:
    case_id = open_case(town)
    town.do(
        lambda uow: _keep(uow, "PLACES", [place(GRID, COMMUNITY, "grid", 2, removed=True, successor="g-2")])
    )
    town.do(lambda uow: _keep(uow, "STAFF", [staff("new", "grid_worker", "g-2")]))
    assert ids(door.get("new", "/lists/open_cases")) == [case_id]


@pytest.mark.parametrize("name", ["own_tasks", "open_tasks", "overdue_tasks", "open_cases", "changed_cases"])
def test_a_first_page_takes_as_many_statements_and_rows_however_many_cases_there_are(
    on_postgresql: Trial, name: str
) -> None:
    """Figures are counted by the database; rows come for one page, and one more."""
    door = Visitor(DOOR, on_postgresql.work)
    open_many(on_postgresql)
    before = read_by(on_postgresql, lambda: door.get("officer", f"/lists/{name}", sort=sort_of(name)))
    open_many(on_postgresql)
    open_many(on_postgresql)
    after = read_by(on_postgresql, lambda: door.get("officer", f"/lists/{name}", sort=sort_of(name)))
    assert before == after
    assert sum(rows for _, rows in after) < 150


def sort_of(name: str) -> str:
    return "newest" if name.endswith("_cases") else "due"


def open_many(town: Trial) -> None:
    town.follow(*(arrival(person=PERSON, household_id=new_id()) for _ in range(60)))
    with town.database.begin() as conn:
        conn.execute(update(t.tasks).where(t.tasks.c.kind == "signed_notice").values(state="missed"))


def read_by(town: Trial, ask: Callable) -> list[tuple[str, int]]:
    """The statements of a request that is made again, each with how many rows came."""
    found: list[tuple[str, int]] = []

    def note(conn, cursor, statement, parameters, context, many) -> None:
        found.append((statement, cursor.rowcount))

    ask()  # whose tasks are shown is noted the first time
    event.listen(town.database.engine, "after_cursor_execute", note)
    try:
        assert len(ask().json["rows"]) == 50
    finally:
        event.remove(town.database.engine, "after_cursor_execute", note)
    return found


def test_the_story_of_a_case_says_who_did_what_and_holds_nothing_personal(door: Visitor, town: Trial) -> None:
    case_id = open_case(town, worker="worker-1")
    [first] = [task for task in town.tasks(case_id) if task["kind"] == "first_contact"]
    said = {
        "task_id": first["task_id"],
        "outcome": "not_possible",
        "because": "other",
        "note": "欧阳建国不在",
    }
    assert door.say("worker-1", "report_task", said).status_code == 200
    story = door.get("officer", f"/case_story/{case_id}").json
    assert (story["name"], story["version"], story["edition"] is not None) == ("欧*", 1, True)
    [task] = [task for task in story["tasks"] if task["task_id"] == first["task_id"]]
    assert (task["state"], task["version"], task["acts"][0]["because"]) == ("not_possible", 1, "other")
    newest = story["history"][0]
    assert (newest["what"], newest["who"], newest["note"]) == ("task_not_possible", "worker-1", True)
    assert newest["with"]["kind"] == "first_contact" and newest["at"].endswith("+08:00")
    assert {"role": "grid_worker", "staff_id": "worker-1"} in story["team"]
    text = str(story)
    assert "建国" not in text and "k." not in str(story["history"]), "notes stay sealed"
    assert door.get("beside-officer", f"/case_story/{case_id}").status_code == 404
    assert door.get("worker-1", f"/case_story/{case_id}").status_code == 403
