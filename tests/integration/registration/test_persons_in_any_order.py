"""Who somebody is, and whom staff are asked about, depends neither on the order of reports nor on packing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chassis.database.guards import is_append_only, remove
from chassis.database.tables import TABLES
from services.registration import tables as t
from tests.integration.registration.trial import Trial, identity_number, prepare, report

IN_CHINESE = ("示例甲", "示例乙", "阿依·示例", "阿依•示例")
NAMES = (*IN_CHINESE, "MARIA DEMO", "Demo, Maria")
BIRTHS = ("1980-01-01", "1991-02-03", "2001-05-06")
NUMBERS = (
    ("passport", "E1234567"),
    ("passport", "E7654321"),
    ("other", "E1234567"),
    ("resident_id", identity_number(1)),
    (None, None),
)
REFERENCE = {"places", "staff", "policies", "risk_lists", "corrected_risk_lists", "risk_areas", "versions"}
PHONES = ("13900000001", "13900000002", None)

Said = dict[str, Any]


def whole(names: Sequence[str] = NAMES) -> st.SearchStrategy[Said]:
    """Somebody with name and birth date, found by a number, or by name and phone."""
    return st.builds(_person, **_parts(st.sampled_from(names), st.sampled_from(BIRTHS))).filter(_is_known)


def partial() -> st.SearchStrategy[Said]:
    """Some facts are missing."""
    names, births = st.sampled_from([*NAMES, None]), st.sampled_from([*BIRTHS, None, None])
    return st.builds(_person, **_parts(names, births)).filter(_is_known)


def _parts(names: st.SearchStrategy[Any], births: st.SearchStrategy[Any]) -> dict[str, Any]:
    countries = st.sampled_from(["PHL", "FRA", None])
    numbers, phones = st.sampled_from(NUMBERS), st.sampled_from(PHONES)
    return {"name": names, "born": births, "number": numbers, "phone": phones, "country": countries}


def _person(name: Any, born: Any, number: tuple[Any, Any], phone: Any, country: Any) -> Said:
    kind, digits = number
    said = {"name": name, "identity_type": kind, "identity_number": digits, "phone": phone}
    return said | {"birth_date": None if kind == "resident_id" else born, "nationality": country}


def _is_known(said: Said) -> bool:
    return bool(said["identity_number"] or (said["name"] and said["phone"]))


def reported(said: Sequence[Said], hours: Sequence[int]) -> list[dict[str, Any]]:
    return [
        report(
            0,
            id=str(number),
            people=[one],
            at=f"2022-09-2{hour // 24}T{hour % 24:02d}:00:00+08:00",
            stops=[],
        )
        for number, (one, hour) in enumerate(zip(said, hours, strict=True))
    ]


@pytest.fixture
def trial(database_url: Callable[..., str]) -> Iterator[Trial]:
    trial = Trial(database_url("registration", prepare))
    yield trial
    trial.database.dispose()


def start_anew(trial: Trial) -> None:
    """Only the reference data stays."""
    tables = {table.name: table for table in t.metadata.sorted_tables if table.name not in REFERENCE}
    with trial.database.begin() as conn:
        for table in (tables | {"outbox": TABLES["outbox"]}).values():
            if not is_append_only(table):
                remove(conn, table.delete())


def received(trial: Trial, documents: Sequence[dict[str, Any]], batches: Sequence[int]) -> None:
    start_anew(trial)
    rest = list(documents)
    for size in chain(batches, [len(rest)]):
        if rest:
            trial.receive(*rest[:size])
        del rest[:size]


def arrival_of(trial: Trial) -> dict[str, str]:
    """The arrival of each report."""
    kept = trial.rows(t.reports)
    assert all(row["arrival_id"] for row in kept), [row["reasons"] for row in kept]
    return {row["event_id"]: row["arrival_id"] for row in kept}


def groups_by_person(trial: Trial) -> set[frozenset[str]]:
    person_of = {row["id"]: row["person_id"] for row in trial.arrivals()}
    return _groups({event: person_of[arrival] for event, arrival in arrival_of(trial).items()})


def groups_asked_about(trial: Trial) -> set[frozenset[str]]:
    """Reports whose arrivals are one, or are joined by possible duplicates."""
    joined_to = {row["id"]: row["id"] for row in trial.arrivals()}
    for pair in trial.rows(t.possible_duplicates):
        one, other = joined_to[pair["first"]], joined_to[pair["second"]]
        joined_to = {id: one if group == other else group for id, group in joined_to.items()}
    return _groups({event: joined_to[arrival] for event, arrival in arrival_of(trial).items()})


def _groups(of: dict[str, str]) -> set[frozenset[str]]:
    return {frozenset(event for event in of if of[event] == group) for group in of.values()}


some_settings = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
order = st.randoms(use_true_random=False)
batches = st.lists(st.integers(1, 4), max_size=4)


@some_settings
@given(st.lists(whole(), min_size=2, max_size=6), st.data())
def test_two_who_differ_in_name_and_birth_date_never_share_an_arrival(
    trial: Trial, said: list[Said], data: st.DataObject
) -> None:
    hours = data.draw(st.lists(st.integers(0, 47), min_size=len(said), max_size=len(said)))
    received(trial, reported(said, hours), data.draw(batches))
    arrivals = arrival_of(trial)
    assert len(arrivals) == len(said)
    for one in range(len(said)):
        for other in range(one):
            if differ(said[one], said[other]):
                assert arrivals[str(one)] != arrivals[str(other)]


def differ(one: Said, other: Said) -> bool:
    same_names = [{"MARIA DEMO", "Demo, Maria"}, {"阿依·示例", "阿依•示例"}]
    names = {one["name"], other["name"]}
    births = {one["birth_date"], other["birth_date"]}
    return len(names) == 2 and names not in same_names and len(births) == 2 and None not in births


@some_settings
@given(st.lists(partial(), min_size=2, max_size=6), st.data())
def test_whom_staff_are_asked_about_depends_on_no_order(
    trial: Trial, said: list[Said], data: st.DataObject
) -> None:
    """Where facts are missing, whose arrival a report joins may depend on it; who is asked about does not."""
    hours = data.draw(st.lists(st.integers(0, 47), min_size=len(said), max_size=len(said)))
    documents = reported(said, hours)
    received(trial, documents, [])
    expected = groups_asked_about(trial)
    data.draw(order).shuffle(documents)
    received(trial, documents, data.draw(batches))
    assert groups_asked_about(trial) == expected


def may_be_two(one: Said, said: Sequence[Said]) -> bool:
    if one["identity_number"]:
        return False
    alike = [other for other in said if other["birth_date"] == one["birth_date"]]
    return len({other["identity_number"] for other in alike if other["phone"] == one["phone"]} - {None}) > 1


@some_settings
@given(st.lists(whole(IN_CHINESE), min_size=2, max_size=6), st.data())
def test_whole_persons_depend_on_no_order(trial: Trial, said: list[Said], data: st.DataObject) -> None:
    """Whose name MARIA is under a number of two people with Chinese names, only the order says.

    Not held yet: who is named without a number and may be two who are known becomes whoever was known first.
    """
    assume(not any(may_be_two(one, said) for one in said))
    said = [one | {"nationality": "PHL"} for one in said]
    hours = data.draw(st.lists(st.integers(0, 150), min_size=len(said), max_size=len(said)))
    documents = reported(said, hours)
    received(trial, documents, [])
    persons, asked = groups_by_person(trial), groups_asked_about(trial)
    data.draw(order).shuffle(documents)
    received(trial, documents, data.draw(batches))
    assert groups_by_person(trial) == persons
    assert groups_asked_about(trial) == asked
