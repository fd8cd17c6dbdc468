"""Until an expected arrival has come, nobody is welcomed or visited; then the measure begins."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from chassis.handover import stream
from contracts.envelope import Event
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.teams.copies import STAFF
from tests.integration.isolation.trial import MORNING, Trial, arrival, kinds, staff

COMING = MORNING + timedelta(days=3)
CAME = COMING + timedelta(hours=5)


def announced(**changed: object) -> Event:
    return arrival(expected=True, arrived_at=COMING, **changed)


def came(of: Event, version: int = 2) -> Event:
    return arrival(
        of.subject, version=version, at=CAME + timedelta(minutes=30), arrived_at=CAME, why=["came"]
    )


def published(isolation: Trial) -> list[tuple[str, int, str]]:
    events = (*isolation.recorded("case.opened"), *isolation.recorded("case.changed"))
    return [(event.type, event.version, event.data["state"]) for event in events]


def test_of_an_expected_arrival_nobody_is_told_and_nothing_is_planned(isolation: Trial) -> None:
    coming = announced()
    isolation.follow(coming)
    case = isolation.case(coming)
    assert (case["state"], case["version"], case["plan_next"], case["team"]) == ("expected", 0, None, [])
    isolation.clock.advance(days=5)
    isolation.do(STAFF.keep, [staff("worker-9", "grid_worker", "g-1")])
    isolation.run_timers()
    assert published(isolation) == [] and isolation.recorded("task.planned") == []
    assert isolation.rows(t.tasks) == [] and isolation.recorded("task.overdue") == []
    assert isolation.audit()["balanced"]
    with isolation.database.read() as conn:
        assert [taken.id for taken in stream(conn, handover.taken_in(conn))] == [coming.subject], (
            "the audit finds why"
        )
    assert [line["what"] for line in isolation.trace(coming.subject or "")["history"]] == ["expected"]


def test_the_measure_begins_when_they_have_come_and_counts_from_that_day(isolation: Trial) -> None:
    coming = announced()
    isolation.follow(coming)
    isolation.clock.moment = CAME + timedelta(minutes=30)
    isolation.follow(came(coming))
    case = isolation.case(coming)
    assert (case["state"], case["version"], case["closed_at"]) == ("open", 1, None)
    assert case["opened_at"] == CAME + timedelta(minutes=30)
    assert published(isolation) == [("case.opened", 1, "open")], "they are welcomed now"
    (contact,) = [task for task in isolation.tasks(coming, "due") if task["kind"] == "first_contact"]
    assert contact["due_from"] == CAME + timedelta(minutes=30)
    known_at_once = arrival(arrived_at=CAME, at=CAME + timedelta(minutes=30))
    isolation.follow(known_at_once)
    same = isolation.case(known_at_once)
    for column in ("measure", "days", "counted_from", "release_on", "policy_id", "plan_next"):
        assert case[column] == same[column], column
    assert kinds(isolation.tasks(coming)) == kinds(isolation.tasks(known_at_once))
    assert isolation.audit()["balanced"]


def test_who_turns_out_not_to_have_come_yet_is_no_longer_followed_until_they_come(isolation: Trial) -> None:
    here = arrival()
    isolation.follow(here)
    not_yet = arrival(here.subject, version=2, expected=True, arrived_at=COMING, why=["not_yet_come"])
    isolation.follow(not_yet)
    case = isolation.case(here)
    assert (case["state"], case["version"]) == ("cancelled", 2), "they were told, and hear that it is void"
    assert isolation.tasks(here, "due", "missed") == []
    isolation.follow(came(here, 3))
    assert isolation.case(here)["state"] == "open"
    assert published(isolation)[-1] == ("case.changed", 3, "open")
    assert isolation.audit()["balanced"]


def test_an_expected_arrival_that_is_moved_called_off_and_expected_again_is_quiet(
    isolation: Trial,
) -> None:
    coming = announced()
    isolation.follow(coming)
    moved = {"expected": True, "arrived_at": COMING + timedelta(days=1), "destination": {"grid": None}}
    isolation.follow(arrival(coming.subject, version=2, **moved))
    case = isolation.case(coming)
    assert (case["state"], case["grid"], case["arrived_at"]) == ("expected", None, moved["arrived_at"])
    isolation.follow(arrival(coming.subject, version=3, **moved, not_coming=True))
    assert isolation.case(coming)["state"] == "cancelled"
    isolation.follow(arrival(coming.subject, version=4, **moved))
    assert isolation.case(coming)["state"] == "expected"
    assert published(isolation) == []
    isolation.follow(came(coming, 5))
    assert published(isolation) == [("case.opened", 1, "open")]
    assert isolation.audit()["balanced"]


def test_in_whatever_order_the_news_come_a_case_ends_the_same(isolation: Trial) -> None:
    ends = set()
    for order in permutations(range(4)):
        coming = announced()
        moved = arrival(coming.subject, version=2, expected=True, arrived_at=COMING + timedelta(days=1))
        later = arrival(
            coming.subject, version=4, at=CAME + timedelta(hours=1), arrived_at=CAME, why=["details_added"]
        )
        news = [coming, moved, came(coming, 3), later]
        isolation.clock.moment = CAME + timedelta(hours=1)
        for position in order:
            isolation.follow(news[position])
        case = isolation.case(coming)
        due = frozenset((task["kind"], task["due_by"]) for task in isolation.tasks(coming, "due"))
        ends.add((case["state"], case["measure"], case["counted_from"], case["release_on"], due))
    assert len(ends) == 1
    assert isolation.audit()["balanced"]


def test_in_whatever_order_the_news_come_an_expected_case_shows_what_it_would_mean(isolation: Trial) -> None:
    stands = set()
    for order in permutations(range(3)):
        coming = announced(level="none")
        more = {"arrival_id": coming.subject, "level": "medium", "expected": True}
        raised = arrival(**more, version=2, arrived_at=COMING)
        moved = arrival(**more, version=3, arrived_at=COMING + timedelta(days=1))
        for position in order:
            isolation.follow((coming, raised, moved)[position])
        case = isolation.case(coming)
        stands.add((case["state"], case["measure"], case["counted_from"], case["release_on"]))
    assert len(stands) == 1
