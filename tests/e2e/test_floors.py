"""A floor, a room, a unit or a shop makes no place safer: by `doorstep risk import` and published reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from services.registration import tables as t
from tests.e2e.databases import on
from tests.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("postgresql")]

LISTED = ("示例大厦A座", "第一商城3号楼", "玫瑰园1号楼、2号楼3门")
EXPECTED = {
    "示例大厦15楼1503室": ("high", "district_only"),
    "示例大厦1503室": ("high", "district_only"),
    "示例大厦A座15楼1503室": ("high", "exact"),
    "第一商城12号商铺": ("high", "district_only"),
    "第一商城3号楼2单元": ("high", "exact"),
    "玫瑰园1号楼5门": ("high", "district_only"),
}


def reported(order: int, address: str) -> dict[str, object]:
    stop = {"division": "620621", "address": address, "from": "2022-09-26", "to": "2022-10-01"}
    return {
        "specversion": "1.0",
        "id": f"floor-{order}",
        "source": "/rail-lanzhou/gate",
        "type": "arrival.reported",
        "time": "2022-10-01T08:30:00+08:00",
        "datacontenttype": "application/json",
        "data": {
            "source_kind": "transport",
            "person": {"name": f"秦楼层{address}"[:20], "phone": f"1650018{order:04d}"},
            "companions": [],
            "stops": [stop],
            "arrival": {"at": "2022-10-01T08:00:00+08:00", "expected": False},
            "destination": {"division": "620102001801", "address": "春和花园3号楼2单元501"},
        },
    }


def test_what_counts_inside_a_house_keeps_the_level(running_system: System, tmp_path: Path):
    county = {"province": "甘肃省", "city": "武威市", "county": "民勤县", "communitys": list(LISTED)}
    data = {"end_update_time": "2022-10-01 8时", "hcount": len(LISTED), "mcount": 0}
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"data": {**data, "highlist": [county], "middlelist": []}}))
    running_system.cli("risk", "import", str(path), "--replace")
    running_system.publish([reported(order, address) for order, address in enumerate(EXPECTED)])
    running_system.settled()
    with running_system.database("registration").read() as conn:
        found = conn.execute(
            select(t.reports.c.event_id, t.arrivals.c.risk_level, t.arrivals.c.risk_certainty).join(
                t.arrivals, t.arrivals.c.id == t.reports.c.arrival_id
            )
        )
        levels = {event_id: (level, certainty) for event_id, level, certainty in found}
    expected = {f"floor-{order}": answer for order, answer in enumerate(EXPECTED.values())}
    assert {id: levels.get(id) for id in expected} == expected
