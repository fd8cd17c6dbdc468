"""Lists of risk areas: from file or as events, in any order, and what ended still concerns who was there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from contracts.envelope import event_document
from contracts.faults import Refused
from services.registration import tables as t
from services.registration.risk.import_risk_list import import_risk_list
from services.registration.risk.keep_risk_lists import keep_risk_lists
from services.registration.risk.published_lists import read_official
from tests.integration.registration.trial import (
    CHINA,
    NOON,
    RISKY,
    Trial,
    as_event,
    prepare,
    report,
    risk_list,
)

EVENING = risk_list(high=["新小区"], medium=["京怡家园4号楼"], at="2022-10-01 21时")
NEXT_DAY = risk_list(high=["新小区"], at="2022-10-02 8时")


def import_list(trial: Trial, document: dict[str, Any]) -> dict[str, Any]:
    with trial.work.unit() as uow:
        return import_risk_list(uow, read_official(document, CHINA), "test")


def areas_of(trial: Trial) -> list[tuple[Any, ...]]:
    rows = trial.rows(t.risk_areas)
    return sorted(
        (row["place"], row["level"], row["valid_from"], row["valid_to"] or datetime.max) for row in rows
    )


def test_the_next_list_says_what_is_new_changed_and_ended(trial: Trial) -> None:
    found = import_list(trial, EVENING)
    assert (found["new"], found["changed"], found["ended"], found["unchanged"]) == (1, 1, 0, 0)
    found = import_list(trial, NEXT_DAY)
    assert (found["new"], found["changed"], found["ended"], found["unchanged"]) == (0, 0, 1, 1)
    assert found["ended_areas"][0]["place"] == "京怡家园4号楼"


def test_the_same_list_again_changes_nothing(trial: Trial) -> None:
    before = areas_of(trial)
    assert import_list(trial, risk_list())["already_imported"]
    assert areas_of(trial) == before


def test_lists_may_come_in_any_order(trial: Trial, database_url: Callable[..., str]) -> None:
    import_list(trial, EVENING)
    import_list(trial, NEXT_DAY)
    other = Trial(database_url("registration", prepare))
    import_list(other, NEXT_DAY)
    import_list(other, EVENING)
    assert areas_of(other) == areas_of(trial)


@pytest.mark.parametrize(
    "stop",
    [
        {"division": "410173", "address": ""},
        {"division": "410173001", "address": "示例花园3号楼"},
        {"division": "410184", "address": "新港街道示例花园3号楼"},
        {"division": "410105", "address": "航空港区某路1号"},
        {"address": "河南省郑州市航空港区新港街道"},
    ],
)
def test_whoever_was_in_a_listed_zone_is_found_by_code_name_and_street(
    trial: Trial, stop: dict[str, str]
) -> None:
    document = risk_list(high=["新港街道示例花园3号楼"], at="2022-10-01 11时")
    (row,) = document["data"]["highlist"]
    row |= {"province": "河南省", "city": "郑州市", "county": "郑州航空港经济综合实验区"}
    assert import_list(trial, document)["placed_by"] == {"zone": 1}
    trial.receive(report(1, stops=[{"from": "2022-09-28", "to": "2022-09-30", **stop}]))
    (arrival,) = trial.arrivals()
    assert arrival["risk_level"] == "high"
    assert arrival["risk_areas"][0]["division"] == "410173"


def test_an_area_that_ended_still_concerns_whoever_was_there(trial: Trial) -> None:
    import_list(trial, risk_list(high=["别处"], at="2022-10-01 11时"))
    trial.receive(report(1, stops=[RISKY]))
    assert trial.arrivals()[0]["risk_level"] == "high"


def test_who_was_at_very_many_listed_places_is_registered_and_the_most_telling_are_told(trial: Trial) -> None:
    """All of them would be an event over 1 MiB, tried again and again, and a dead letter in the end."""
    houses = [f"测试小区{n}号楼" for n in range(100)]
    import_list(trial, risk_list(high=houses, medium=["示例大厦A座", "示例大厦B座"], at="2022-10-01 11时"))
    here = {"division": "620402"}
    stops = [
        {**here, "address": "测试小区", "from": f"2022-09-{day}", "to": f"2022-09-{day}"}
        for day in range(10, 29)
    ]
    stops.append({**here, "address": "示例大厦", "from": "2022-09-20", "to": "2022-09-29"})
    stops.append({**here, "address": "示例大厦", "from": "2022-09-20", "to": "2022-09-21"})
    trial.receive(report(1, stops=stops))
    (arrival,) = trial.arrivals()
    assert arrival["risk_level"] == "high"
    told = [(area["level"], area["left_on"]) for area in arrival["risk_areas"]]
    assert sorted(told) == [("high", "2022-09-28")] * 19 + [("medium", "2022-09-29")]
    (event,) = trial.events("arrival.registered")
    assert len(event["data"]["risk"]["areas"]) == 20


@pytest.mark.parametrize(
    ("listed", "address", "level", "certainty"),
    [
        ("示例大厦A座", "示例大厦15楼1503室", "high", "district_only"),
        ("示例大厦A座", "示例大厦1503室", "high", "district_only"),
        ("示例大厦A座", "示例大厦A座15楼1503室", "high", "exact"),
        ("第一商城3号楼", "第一商城12号商铺", "high", "district_only"),
        ("春和花园3号楼2单元", "春和花园3号楼1单元501", "high", "district_only"),
        ("春和花园1号楼、2号楼3门", "春和花园1号楼5门", "high", "district_only"),
        ("河北路70号", "河北路阳光大厦72号", "high", "district_only"),
    ],
)
def test_a_floor_room_unit_or_shop_makes_no_place_safer(
    trial: Trial, listed: str, address: str, level: str, certainty: str
) -> None:
    import_list(trial, risk_list(high=[listed], at="2022-10-01 11时"))
    stay = RISKY | {"address": address, "from": "2022-09-26", "to": "2022-10-01"}
    trial.receive(report(1, stops=[stay]))
    (arrival,) = trial.arrivals()
    assert (arrival["risk_level"], arrival["risk_certainty"]) == (level, certainty)


def list_event(official: dict[str, Any]) -> Any:
    data = {
        "list_id": "nhc-1",
        "published_at": "2022-10-01T21:00:00+08:00",
        "source": "NHC",
        "official": official,
    }
    document = event_document(
        id="nhc-1", source="/nhc", type="risk_list.published", subject="nhc-1", time=NOON, data=data
    )
    return as_event({**document, "source": "/nhc/lists"})


def test_a_published_list_comes_as_an_event_too(trial: Trial) -> None:
    with trial.work.unit() as uow:
        keep_risk_lists(uow, [list_event(EVENING)])
    assert {row["id"] for row in trial.rows(t.risk_lists)} == {"official-2022100108", "nhc-1"}


def test_a_broken_list_is_wrong_work_and_leaves_nothing(trial: Trial) -> None:
    with pytest.raises(Refused), trial.work.unit() as uow:
        keep_risk_lists(uow, [list_event({"data": {}})])
    assert len(trial.rows(t.risk_lists)) == 1
