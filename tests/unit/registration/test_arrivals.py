"""The state of an arrival, and what an event says is new about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from field.words import RiskLevel
from services.registration.arrivals.arrival import Arrival, StoredArrival
from services.registration.arrivals.changes import changes
from services.registration.arrivals.coming import Coming
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.states import state_of
from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.reports.report import Report
from services.registration.reports.statement import Statement
from services.registration.risk.assessing import Assessment, Stop

NOON = datetime(2022, 10, 1, 12, tzinfo=UTC)
STOP = Stop("620402", "京怡家园", date(2022, 9, 20), date(2022, 9, 30))
BEFORE = Coming(
    person=Person(name="张三", phone="13909310001"),
    arrived_at=NOON,
    expected=False,
    stops=(),
    division="620102",
    address="石榴雅苑",
    language="zh-CN",
    placement=Placement("s1", "c1", "g1", "name"),
    source_kinds=("transport",),
    reports=1,
)
STORED = StoredArrival(
    id="a",
    version=1,
    state="assigned",
    person_id="p",
    household_id="a",
    place_key="c1",
    placed_with=1,
    arrived_at=NOON,
    expected=False,
    reports=1,
    street="s1",
    community="c1",
    grid="g1",
    worker="w1",
    risk_level="low",
    correlation_id="r",
    unassigned_since=None,
    created_at=NOON,
)


def why(after: Coming = BEFORE, *, level: str = "low", worker: str = "w1", companions: bool = False) -> Any:
    risk = Assessment(RiskLevel[level])
    arrival = Arrival("a", 1, "p", "a", "c1", after, "sealed", "", risk, [], worker, None)
    draft = Draft("a", "p", "c1", True, STORED, [said(BEFORE)], BEFORE, [said(after, minutes=1)])
    draft.companions_changed = companions
    return changes(STORED, draft, arrival)


def said(coming: Coming, minutes: int = 0) -> Statement:
    """A source's word that gives no more than the person."""
    report = Report("transport", (coming.person,), (), NOON, False, "620102", "", None, None)
    order = (NOON + timedelta(minutes=minutes), "/rail/a", str(minutes), 0)
    return Statement(order, f"r{minutes}", report, coming.person, Placement())


@pytest.mark.parametrize(
    ("expected", "worker", "state"),
    [
        (True, None, "expected"),
        (True, "w1", "expected"),
        (False, None, "reported"),
        (False, "w1", "assigned"),
    ],
)
def test_the_state_follows_from_the_coming_and_the_worker(
    expected: bool, worker: str | None, state: str
) -> None:
    assert state_of(expected=expected, worker=worker) == state
    assert state_of(expected=expected, worker=worker, not_coming=True) == "not_coming"


def test_a_report_that_only_repeats_brings_nothing_new() -> None:
    assert why(replace(BEFORE, reports=2, source_kinds=("police", "transport"))) == []


def test_each_kind_of_change_has_its_word() -> None:
    assert why(replace(BEFORE, stops=(STOP,))) == ["stop_added"]
    assert why(companions=True) == ["companion_added"]
    assert why(level="high") == ["risk_raised"]
    assert why(level="none") == ["risk_lowered"]
    assert why(worker="w2") == ["details_added"]
    elsewhere = replace(BEFORE, placement=Placement("s1", "c1", "g2", "name"))
    assert why(elsewhere) == ["address_changed", "details_added"]
    assert why(replace(BEFORE, address="石榴雅苑3号楼")) == ["address_changed", "details_added"]
    assert why(replace(BEFORE, address="石榴雅苑 ")) == ["details_added"]
    assert why(replace(BEFORE, arrived_at=NOON + timedelta(hours=4))) == ["time_moved", "details_added"]
    assert why(replace(BEFORE, arrived_at=NOON + timedelta(hours=1))) == ["details_added"]
    assert why(replace(BEFORE, entered_on=date(2022, 9, 28))) == ["details_added"]
    called_off = replace(BEFORE, expected=True, not_coming=True)
    assert why(called_off) == ["called_off", "details_added"]


def test_a_number_that_nobody_gives_any_more_is_taken_back() -> None:
    other = replace(BEFORE, person=replace(BEFORE.person, phone="13909310009"))
    assert why(other) == ["phone_changed", "phone_taken_back", "details_added"]
    written_otherwise = replace(BEFORE, person=replace(BEFORE.person, phone="+8613909310001"))
    assert why(written_otherwise) == ["details_added"]


def test_row_and_event_say_the_same_of_an_arrival() -> None:
    arrival = Arrival(
        "a", 3, "p", "h", "c1", BEFORE, "sealed", "0123456789abcdef", Assessment(), [], None, NOON
    )
    row, data = arrival.as_row(), arrival.as_data()
    assert (row["state"], row["unassigned_since"]) == ("reported", NOON)
    assert (row["id"], row["sealed"]) == (data["arrival_id"], data["person"])
    assert data["identity_index"] == "0123456789abcdef"
    flat = data | data["destination"] | {f"risk_{name}": value for name, value in data["risk"].items()}
    assert [name for name in row.keys() & flat.keys() if row[name] != flat[name]] == []
