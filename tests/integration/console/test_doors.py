"""What pages ask of doors, over HTTP: lists, things, acts, and each answer but *done*."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.doors.tokens import Actor
from chassis.ids import new_id
from contracts.faults import Refused
from services.console.doors import DoorAway, Doors
from services.isolation.door import DOOR
from tests.doors import CONSOLE, staff_author
from tests.integration.isolation.trial import SEALER, Trial, arrival, furnish, trial
from tests.open_doors import open_doors

PERSON = SEALER.seal({"name": "欧阳建国", "phone": "13909311234", "address": "花园路1号"}, "person")


@pytest.fixture
def isolation(database_url: Callable[..., str]) -> Iterator[Trial]:
    with trial(database_url("isolation", furnish)) as found:
        yield found


@pytest.fixture
def doors(isolation: Trial) -> Iterator[Doors]:
    with open_doors((DOOR, isolation.work)) as doors:
        yield doors


def somebody(staff_id: str, reason: str | None = None) -> Actor:
    return Actor(staff_author(staff_id), reason)


def open_case(isolation: Trial, **changed: Any) -> str:
    came = arrival(level="medium", worker="worker-1", person=PERSON, **changed)
    isolation.follow(came)
    return str(came.data["arrival_id"])


def test_a_list_has_rows_figures_and_when_it_was_read(doors: Doors, isolation: Trial) -> None:
    case_id = open_case(isolation)
    listed = doors.rows("isolation", "open_cases", somebody("officer"), {"risk_level": "medium"})
    assert [row["case_id"] for row in listed.rows] == [case_id]
    assert listed.figures and listed.figures["rows"] == 1 and listed.figures["definition"]
    assert listed.as_of == "2022-10-01T07:00:00+08:00" and listed.next is None


def test_a_page_goes_on_where_the_one_before_ended(doors: Doors, isolation: Trial) -> None:
    for _ in range(51):
        open_case(isolation)
    first = doors.rows("isolation", "open_cases", somebody("officer"))
    assert len(first.rows) == 50 and first.next
    second = doors.rows("isolation", "open_cases", somebody("officer"), {"after": first.next})
    assert len(second.rows) == 1 and second.figures is None and second.next is None


def test_a_thing_is_masked_until_somebody_says_why(doors: Doors, isolation: Trial) -> None:
    case_id = open_case(isolation)
    assert doors.thing("isolation", "case", case_id, somebody("officer"))["name"] == "欧*"
    revealed = doors.reveal("isolation", "case", case_id, somebody("officer", "she asked to be called"))
    assert revealed["name"] == "欧阳建国"
    with pytest.raises(Refused) as refused:
        doors.reveal("isolation", "case", case_id, somebody("officer"))
    assert [fault.where for fault in refused.value.faults] == ["reason"]


def test_an_act_said_twice_is_done_once(doors: Doors, isolation: Trial) -> None:
    case_id = open_case(isolation)
    [task] = [one for one in isolation.tasks(case_id) if one["kind"] == "first_contact"]
    said, key = {"task_id": task["task_id"], "outcome": "done", "how": "by_phone"}, new_id()
    done = [doors.say("isolation", "report_task", somebody("worker-1"), key, said) for _ in range(2)]
    assert done[0] == done[1]
    assert [line["what"] for line in isolation.trace(case_id)["history"]] == ["opened", "active", "task_done"]


@pytest.mark.parametrize(
    ("kind", "act"),
    [
        ("unknown", lambda doors: doors.thing("isolation", "case", new_id(), somebody("officer"))),
        (
            "unknown",
            lambda doors: doors.thing("isolation", "case", "../lists/open_cases", somebody("officer")),
        ),
        ("not_allowed", lambda doors: doors.rows("isolation", "open_cases", somebody("police"))),
        ("invalid", lambda doors: doors.rows("isolation", "open_cases", somebody("officer"), {"x": "y"})),
        ("invalid", lambda doors: doors.say("isolation", "report_task", somebody("officer"), new_id(), {})),
    ],
)
def test_what_a_door_refuses_is_refused_with_its_faults(
    doors: Doors, kind: str, act: Callable[[Doors], object]
) -> None:
    with pytest.raises(Refused) as refused:
        act(doors)
    assert refused.value.kind == kind and refused.value.faults


def test_a_decision_on_an_older_version_is_a_conflict(doors: Doors, isolation: Trial) -> None:
    case_id = open_case(isolation)
    said = {"case_id": case_id, "to": "worker-2", "expects": 7}
    with pytest.raises(Refused) as refused:
        doors.say("isolation", "hand_over_case", somebody("officer"), new_id(), said)
    assert refused.value.kind == "conflict"


def test_a_door_that_does_not_answer_is_away() -> None:
    doors = Doors({"isolation": "http://127.0.0.1:9"}, CONSOLE)
    with pytest.raises(DoorAway, match="isolation"):
        doors.rows("isolation", "open_cases", somebody("officer"))
