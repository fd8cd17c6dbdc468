"""Official lists as they come, from the outside: odd rows, development zones, corrections within the hour."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from contracts.envelope import dump_event, event_document
from demo.day import PLAIN, Day
from doorstep_client import arrival_event
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("sqlite")]

ZONE = {"province": "河南省", "city": "郑州市", "county": "航空港区", "communitys": ["新港街道示例花园3号楼"]}
WHOLE = {"province": "甘肃省", "city": "白银市", "county": "靖远县", "communitys": []}
WRONG = {"province": "甘肃省", "city": "兰州市", "county": "永登县", "communitys": ["误报小区"]}
BLANK: dict[str, Any] = {"province": "", "city": "", "county": "", "communitys": []}
RISKY = (
    {"division": "410173"},
    {"division": "410173", "address": "新港街道示例花园3号楼"},
    {"division": "410173001"},
    {"division": "410184", "address": "新港街道某路1号"},
    {"division": "410105", "address": "航空港区某路1号"},
    {"address": "河南省郑州市航空港区新港街道"},
    {"division": "620421", "address": "某村"},
)
SAFE = ({"division": "410105", "address": "花园路1号"}, {"division": "620121", "address": "误报小区"})


def official(*high: dict[str, Any]) -> dict[str, Any]:
    data = {
        "end_update_time": "2022-10-01 9时",
        "hcount": len(high),
        "highlist": list(high),
        "middlelist": [],
    }
    return {"data": data, "code": 0, "msg": "查询成功"}


def publish_list(system: System, document: dict[str, Any]) -> None:
    data = {
        "list_id": "nhc-2022100109",
        "published_at": "2022-10-01T09:00:00+08:00",
        "source": "NHC",
        "official": document,
    }
    event = event_document(
        id="nhc-1", source="/nhc/lists", type="risk_list.published", subject="nhc-1", time=MORNING, data=data
    )
    with Connection(system.broker_url) as connection:
        connection.Producer().publish(
            dump_event(event),
            exchange="doorstep.events",
            routing_key="risk_list.published",
            content_type="application/cloudevents+json",
            content_encoding="utf-8",
            delivery_mode=2,
        )


def test_whoever_was_in_a_zone_of_a_flawed_and_corrected_list_is_found(
    system: System, tmp_path: Path
) -> None:
    system.start("registration")
    publish_list(system, official(ZONE, BLANK, WRONG))
    eventually(lambda: system.ask("registration", "SELECT id FROM risk_lists"))
    assert not system.cli("dead", "list")

    file = tmp_path / "list.json"
    file.write_text(json.dumps(official(ZONE, BLANK, WHOLE), ensure_ascii=False))
    answer = system.run("risk", "import", str(file), "--json")
    assert answer.code == 3, "a row is odd"
    found = answer.json
    assert (found["corrects"], found["list_id"]) == ("nhc-2022100109", "official-2022100109")
    assert (found["new"], found["ended"], found["unchanged"]) == (1, 1, 1)
    assert found["placed_by"] == {"county": 1, "zone": 1}
    assert [fault["where"] for odd in found["odd_rows"] for fault in odd["faults"]] == ["highlist row 2"]

    stays = (*RISKY, *SAFE)
    day = Day(len(stays), date(2022, 10, 1), now=MORNING, shares=PLAIN)
    system.publish(
        arrival_event(
            "/rail-lanzhou/test",
            {**line["data"], "companions": [], "stops": [{"from": "2022-09-28", "to": "2022-09-30", **stay}]},
            id=f"r{number}",
            time=MORNING,
        )
        for number, (line, stay) in enumerate(zip(day, stays, strict=False))
    )
    eventually(lambda: len(system.ask("registration", "SELECT id FROM arrivals")) == len(stays))
    levels = [level for (level,) in system.ask("registration", "SELECT risk_level FROM arrivals")]
    assert sorted(levels) == ["high"] * len(RISKY) + ["none"] * len(SAFE)
