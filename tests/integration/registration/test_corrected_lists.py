"""An official list corrected under the same hour: the later one counts, as if it had been the first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from contracts.envelope import Event, event_document
from services.registration import tables as t
from services.registration.risk.import_risk_list import import_risk_list
from services.registration.risk.keep_risk_lists import keep_risk_lists
from services.registration.risk.published_lists import read_official
from tests.integration.registration.trial import CHINA, Trial, as_event, prepare, report, risk_list

HOUR = "2022-10-01 11时"
FIRST = risk_list(high=["示例花园4号楼", "样板新村9号楼"], medium=["示例家园2号楼"], at=HOUR)
CORRECTED = risk_list(high=["示例花园4号楼"], medium=["示例家园2号楼", "示例家园3号楼"], at=HOUR)
MOVED = risk_list(high=["示例家园2号楼", "示例花园4号楼"], medium=["样板新村9号楼"], at=HOUR)
LATER = risk_list(high=["样板新村9号楼"], at="2022-10-01 21时")


def import_list(trial: Trial, document: dict[str, Any], **options: Any) -> dict[str, Any]:
    with trial.work.unit() as uow:
        return import_risk_list(uow, read_official(document, CHINA), "test", **options)


def areas_of(trial: Trial) -> list[tuple[Any, ...]]:
    rows = trial.rows(t.risk_areas)
    return sorted(
        (row["place"], row["level"], row["valid_from"], row["valid_to"] or datetime.max.replace(tzinfo=UTC))
        for row in rows
    )


def differences(found: dict[str, Any]) -> tuple[int, int, int, int]:
    return found["new"], found["changed"], found["ended"], found["unchanged"]


def fresh(database_url: Callable[..., str]) -> Trial:
    return Trial(database_url("registration", prepare))


def test_the_corrected_list_counts_and_shows_the_difference(trial: Trial) -> None:
    import_list(trial, FIRST)
    found = import_list(trial, CORRECTED)
    assert differences(found) == (1, 0, 1, 2)
    assert [area["place"] for area in found["new_areas"]] == ["示例家园3号楼"]
    assert [area["place"] for area in found["ended_areas"]] == ["样板新村9号楼"]
    assert (found["list_id"], found["corrects"]) == ("official-2022100111-r2", "official-2022100111")


def test_a_level_that_is_corrected_is_shown_as_changed(trial: Trial) -> None:
    import_list(trial, FIRST)
    assert differences(import_list(trial, MOVED)) == (0, 2, 0, 1)


@pytest.mark.parametrize("later", [[], [LATER]])
def test_after_a_correction_all_is_as_if_the_first_list_had_never_been(
    trial: Trial, database_url: Callable[..., str], later: list[dict[str, Any]]
) -> None:
    for document in (FIRST, *later, CORRECTED):
        import_list(trial, document)
    other = fresh(database_url)
    for document in (CORRECTED, *later):
        import_list(other, document)
    assert areas_of(trial) == areas_of(other)


def test_what_a_correction_takes_out_was_never_risky(trial: Trial) -> None:
    import_list(trial, FIRST)
    import_list(trial, CORRECTED)
    there = {"division": "620402", "address": "样板新村9号楼", "from": "2022-09-30", "to": "2022-10-01"}
    trial.receive(report(1, stops=[there]))
    areas = trial.arrivals()[0]["risk_areas"]
    assert "样板新村9号楼" not in {area["place"] for area in areas}


def test_what_a_list_ended_by_mistake_goes_on_without_a_gap(trial: Trial) -> None:
    before = risk_list(high=["一直在的小区"], at="2022-10-01 10时")
    import_list(trial, before)
    import_list(trial, risk_list(high=[], at=HOUR))
    import_list(trial, risk_list(high=["一直在的小区"], at=HOUR))
    (area,) = [row for row in trial.rows(t.risk_areas) if row["place"] == "一直在的小区"]
    assert area["valid_to"] is None


def test_the_id_of_the_list_that_was_corrected_is_kept(trial: Trial) -> None:
    import_list(trial, FIRST)
    import_list(trial, CORRECTED)
    (kept,) = trial.rows(t.corrected_risk_lists)
    assert (kept["id"], kept["corrected_by"]) == ("official-2022100111", "official-2022100111-r2")
    assert len(kept["areas"]) == 3


def test_an_identical_list_is_nothing_new_before_and_after_its_correction(trial: Trial) -> None:
    import_list(trial, FIRST)
    assert import_list(trial, FIRST)["already_imported"]
    import_list(trial, CORRECTED)
    before = areas_of(trial)
    assert import_list(trial, CORRECTED)["already_imported"]
    again = import_list(trial, FIRST)
    assert (again["already_imported"], again["corrected_by"]) == (True, "official-2022100111-r2")
    assert areas_of(trial) == before


def test_replace_makes_a_list_count_that_was_corrected_before(trial: Trial) -> None:
    for document in (FIRST, CORRECTED):
        import_list(trial, document)
    found = import_list(trial, FIRST, replace=True)
    assert (found["list_id"], differences(found)) == ("official-2022100111-r3", (1, 0, 1, 2))


# -- as an event ---------------------------------------------------------------------------------------------


def list_event(id: str, official: dict[str, Any], said: str) -> Event:
    data = {
        "list_id": "nhc-11",
        "published_at": "2022-10-01T11:00:00+08:00",
        "source": "NHC",
        "official": official,
    }
    document = event_document(
        id=id, source="/nhc", type="risk_list.published", subject="nhc-11", time=datetime.now(UTC), data=data
    )
    return as_event({**document, "source": "/nhc/lists", "time": said})


def keep(trial: Trial, *events: Event) -> None:
    for event in events:
        with trial.work.unit() as uow:
            keep_risk_lists(uow, [event])


def test_the_correction_comes_as_an_event_too_in_either_order(
    trial: Trial, database_url: Callable[..., str]
) -> None:
    first = list_event("a", FIRST, "2022-10-01T11:05:00+08:00")
    corrected = list_event("b", CORRECTED, "2022-10-01T11:40:00+08:00")
    keep(trial, first, corrected)
    other = fresh(database_url)
    keep(other, corrected, first)
    assert areas_of(trial) == areas_of(other)
    places = {place for place, _, _, until in areas_of(trial) if until.year == 9999}
    assert places == {"示例花园4号楼", "示例家园2号楼", "示例家园3号楼"}
    assert len(other.rows(t.corrected_risk_lists)) == 1


def test_an_event_with_an_odd_row_imports_the_others_and_keeps_it(trial: Trial) -> None:
    blank = {"province": "", "city": "", "county": "", "communitys": []}
    official = risk_list(high=["示例花园4号楼"], at=HOUR)
    official["data"]["highlist"].append(blank)
    keep(trial, list_event("a", official, "2022-10-01T11:05:00+08:00"))
    summary = next(row["summary"] for row in trial.rows(t.risk_lists) if row["id"] == "nhc-11")
    assert (summary["areas"], summary["odd"]) == (1, 1)
    assert summary["odd_rows"] == [
        {"faults": [{"where": "highlist row 2", "code": "blank", "message": "is blank"}], "row": blank}
    ]


def test_a_publisher_may_give_each_of_its_lists_one_id(trial: Trial) -> None:
    event = list_event("a", FIRST, "2022-10-01T11:05:00+08:00")
    keep(trial, event)
    with trial.work.unit() as uow:
        found = import_risk_list(uow, read_official(LATER, CHINA, "nhc-11"), "NHC")
    assert found["list_id"] == "nhc-11-r2"


# -- lists of before, and what no database takes -------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        {"county": "\x00区", "communitys": ["a\x00b"]},
        {"county": "长" * 100, "communitys": ["某村"]},
        {"county": "白银区", "communitys": ["\ud800村"], "\x00": "\x00"},
        {"county": ["白银区"], "communitys": [{"\x00": "\ud800"}]},
    ],
)
def test_a_row_that_no_database_takes_keeps_no_other_out(trial: Trial, row: dict[str, Any]) -> None:
    official = risk_list(high=["示例花园4号楼"], at=HOUR)
    official["data"]["highlist"].append({"province": "甘肃省", "city": "白银市"} | row)
    assert import_list(trial, official)["areas"] == 2


def test_no_area_ends_by_a_list_of_which_a_row_could_not_be_read(trial: Trial) -> None:
    unread = risk_list(high=["示例花园4号楼"], at="2022-10-01 12时")
    unread["data"]["highlist"].append("样板新村9号楼")
    import_list(trial, FIRST)
    found = import_list(trial, unread)
    assert (found["whole"], differences(found)) == (False, (0, 0, 0, 3))
    assert "may name any place" in found["remarks"][-1]
    mended = risk_list(high=["示例花园4号楼"], at="2022-10-01 12时")
    assert not import_list(trial, mended)["already_imported"]
    assert {area[0] for area in areas_of(trial) if area[3].year == 9999} == {"示例花园4号楼"}


def test_lists_with_an_unreadable_row_may_come_in_any_order_too(
    trial: Trial, database_url: Callable[..., str]
) -> None:
    unread = risk_list(high=["示例花园4号楼"], at="2022-10-01 12时")
    unread["data"]["highlist"].append("样板新村9号楼")
    for document in (FIRST, unread, LATER):
        import_list(trial, document)
    other = fresh(database_url)
    for document in (LATER, unread, FIRST):
        import_list(other, document)
    assert areas_of(trial) == areas_of(other)


def test_an_event_needs_no_time_in_the_official_document(trial: Trial) -> None:
    official = risk_list(high=["示例花园4号楼"], at=HOUR)
    del official["data"]["end_update_time"]
    keep(trial, list_event("a", official, "2022-10-01T11:05:00+08:00"))
    (area,) = [row for row in trial.rows(t.risk_areas) if row["place"] == "示例花园4号楼"]
    assert area["valid_from"] == datetime(2022, 10, 1, 3, tzinfo=UTC)


def test_a_list_that_was_imported_before_rows_said_how_they_were_placed_is_the_same_list(
    trial: Trial,
) -> None:
    document = risk_list(high=["新港街道示例花园3号楼"], at=HOUR)
    (row,) = document["data"]["highlist"]
    row |= {"province": "河南省", "city": "郑州市", "county": "航空港区"}
    import_list(trial, document)
    (stored,) = [row for row in trial.rows(t.risk_lists) if row["id"] == "official-2022100111"]
    (area,) = stored["areas"]
    area = {name: value for name, value in area.items() if name != "placed_by"}
    area |= {"division": "4101", "placed": "city"}
    with trial.work.unit() as uow:
        before = update(t.risk_lists).where(t.risk_lists.c.id == stored["id"])
        uow.conn.execute(before.values(areas=[area], digest="of the keys of before", said_at=None))
        uow.conn.execute(
            update(t.risk_areas).where(t.risk_areas.c.division == "410173").values(division="4101")
        )
    assert import_list(trial, document)["already_imported"]
    document["data"]["end_update_time"] = "2022-10-01 21时"
    assert differences(import_list(trial, document)) == (0, 0, 0, 1)
