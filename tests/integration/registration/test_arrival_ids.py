"""An arrival's id follows from its first report: what is sent again after a loss is not another arrival."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from services.registration import tables as t
from services.registration.arrivals import balance
from tests.integration.registration.trial import CHINA, Trial, person, prepare, report


@pytest.fixture
def trial(trial: Trial) -> Trial:
    trial.clock.moment = datetime(2022, 10, 9, tzinfo=CHINA)
    return trial


def day() -> list[dict[str, Any]]:
    """In the order in which they were told: families, second sources, the hour for the time of most."""
    documents = []
    for order in range(30):
        people = [person(order + companion * 100) for companion in range(1 + order % 3)]
        time = f"2022-10-01T10:{order:02d}:00+08:00"
        documents.append(
            report(order, people=people, at=f"2022-10-01T{order % 9:02d}:00:00+08:00", time=time)
        )
        if order % 2:
            documents.append(report(order, publisher="self", time=time))
    return documents


def by_person(trial: Trial) -> dict[str, tuple[str, str]]:
    return {trial.person_of(row)["name"]: (row["id"], row["household_id"]) for row in trial.arrivals()}


@pytest.mark.parametrize("batch", [1, 7, 200])
def test_the_same_reports_in_another_database_give_the_same_ids(
    trial: Trial, database_url: Callable[..., str], batch: int
) -> None:
    trial.receive(*day(), batch=13)
    other = Trial(database_url("registration", prepare))
    again = [document | {"time": document["time"].replace("T10", "T16")} for document in day()]
    other.receive(*again, batch=batch)
    assert by_person(other) == by_person(trial)
    assert len(by_person(trial)) == 60
    other.database.dispose()


def test_an_id_tells_roughly_when_they_came_and_nothing_of_the_report(trial: Trial) -> None:
    number = str(person(1)["identity_number"])
    trial.receive(report(1, id=number, people=[person(n) for n in range(1, 4)]), report(5))
    ids = [UUID(row["id"]) for row in trial.arrivals()]
    assert {one.version for one in ids} == {8} and {one.variant for one in ids} == {"specified in RFC 4122"}
    came = datetime(2022, 10, 1, 10, tzinfo=CHINA).timestamp()
    assert all(0 <= came - (one.int >> 80 >> 16 << 16) / 1000 < 66 for one in ids)
    assert len({one.int >> 80 for one in ids}) == 2, (
        "a family lies together, apart from who came at that time"
    )
    assert not any(number in str(one).replace("-", "") for one in ids)


def test_companions_come_after_the_person_and_the_household_is_called_after_them(trial: Trial) -> None:
    trial.receive(*(report(order, people=[person(order), person(order + 100)]) for order in range(10)))
    found = by_person(trial)
    for order in range(10):
        first, companion = found[f"旅客{order}"], found[f"旅客{order + 100}"]
        assert first[0] < companion[0] and first[1] == companion[1] == first[0]


def test_a_household_keeps_its_name_when_somebody_joins_it(trial: Trial) -> None:
    families = range(10)
    trial.receive(*(report(order, people=[person(order), person(order + 100)]) for order in families))
    before = by_person(trial)
    joining = (report(order + 200, people=[person(order), person(order + 200)]) for order in families)
    trial.receive(*joining)
    after = by_person(trial)
    for order in families:
        assert {after[f"旅客{order + n}"][1] for n in (0, 100, 200)} == {before[f"旅客{order}"][1]}
    assert len(trial.events("arrival.reassessed")) == len(families), "of whom the new report names"


def test_a_report_sent_again_keeps_its_arrival_although_its_time_points_elsewhere(
    trial: Trial,
) -> None:
    """The inbox has forgotten it, and the arrival has become one of days before."""
    first = report(1, at="2022-10-07T10:00:00+08:00")
    earlier = [
        report(1, id=f"e{day}", at=f"2022-10-0{day}T12:00:00+08:00", time=f"2022-10-01T{hour}:00:00+08:00")
        for day, hour in ((5, 11), (3, 12))
    ]
    trial.receive(first, *earlier, batch=1)
    (before,) = trial.arrivals()
    trial.receive(first)
    (after,) = trial.arrivals()
    assert (after["id"], after["reports"]) == (before["id"], 4)
    assert [one["data"]["outcome"] for one in trial.events("report.accepted")] == ["registered"] + [
        "merged"
    ] * 3
    assert trial.read(balance.audit)["balanced"]


def test_a_report_sent_again_keeps_its_arrival_although_its_person_is_not_found(
    trial: Trial,
) -> None:
    trial.receive(report(1, people=[person(1), person(2)]))
    before = trial.arrivals()
    with trial.database.begin() as conn:
        conn.execute(t.person_keys.delete())
    trial.receive(report(1, people=[person(1), person(2)]), report(2))
    after = trial.arrivals()
    assert [row["id"] for row in after if row["reports"] == 2] == [row["id"] for row in before]
    assert trial.read(balance.audit)["balanced"]
