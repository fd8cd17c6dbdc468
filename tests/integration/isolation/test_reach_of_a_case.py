"""Whoever is of a case's team reaches it, wherever they work; a resident alone reaches their own."""

from __future__ import annotations

from field.scope import NOWHERE, Scope
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.tasks.report_task import report_task
from services.isolation.teams.copies import STAFF
from tests.integration.isolation.saying import LINK, WORKER, speaking
from tests.integration.isolation.trial import COMMUNITY, GRID, Trial, arrival, staff

report = speaking(report_task, "task.reported")
check_in = speaking(report_check_in, "check_in.reported")
AT_THE_GRID = Scope(places=frozenset({GRID}), staff=frozenset({"worker-1"}))


def test_a_worker_reaches_the_cases_given_to_them_that_lie_in_no_known_grid(isolation: Trial) -> None:
    came = arrival(level="medium", worker="worker-1", destination={"community": COMMUNITY, "grid": None})
    isolation.follow(came)
    task = next(task for task in isolation.tasks(came) if task["staff_id"] == "worker-1")
    done = {"task_id": task["task_id"], "outcome": "done", "how": "seen"}
    assert report(isolation, done, scope=AT_THE_GRID).kind == "done"


def test_whoever_is_not_of_the_team_does_not(isolation: Trial) -> None:
    isolation.do(STAFF.keep, [staff("worker-2", "grid_worker", COMMUNITY, 2)])
    came = arrival(level="medium", worker="worker-2", destination={"community": COMMUNITY, "grid": None})
    isolation.follow(came)
    task = next(task for task in isolation.tasks(came) if task["staff_id"] == "worker-2")
    done = {"task_id": task["task_id"], "outcome": "done", "how": "seen"}
    assert WORKER.staff_id == "worker-1"
    assert report(isolation, done, scope=AT_THE_GRID).kind == "unknown"


def test_a_resident_who_lives_alone_reaches_their_own_case(isolation: Trial) -> None:
    came, other = arrival(level="medium"), arrival(level="medium")
    isolation.follow(came, other)
    assert isolation.case(came)["household_id"] is None
    mine = Scope(households=frozenset({str(came.subject)}))
    person = {"case_id": came.subject, "temperature": 36.6, "symptoms": [], "how_known": "by_link"}
    assert check_in(isolation, {"people": [person]}, author=LINK, scope=mine).kind == "done"
    theirs = {"people": [person | {"case_id": other.subject}]}
    assert check_in(isolation, theirs, author=LINK, scope=mine).kind == "unknown"
    assert check_in(isolation, {"people": [person]}, author=LINK, scope=NOWHERE).kind == "unknown"
