"""Who somebody is, told from outside by files: cases 03, 04 and 07 of those tried, and some like them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.e2e.databases import on
from tests.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.broker, pytest.mark.timeout(600), on("sqlite")]

HEADER = (
    "id,source,source_kind,name,identity_type,identity_number,phone,birth_date,nationality,issuing_country,"
    "arrived_at,destination_division,destination_address"
)
WHERE = "620102001801,春和花园3号楼2单元501"
MARTIN = "PIERRE EXEMPLE MARTIN"
PNR = "/air-demo/pnr,transport"
# Two of them as a spreadsheet shows long numbers, two as it saves them, one as a program reads its column.
EATEN = f"""{HEADER}
c03-1,/lodging-demo/files,lodging,柏一鸣,,6.20102E+17,16500030001,,,,2022-10-01T08:10,{WHERE}
c03-3,/lodging-demo/files,lodging,岑三春,other,6.20102E+17,16500030003,,,,2022-10-01T08:30,{WHERE}
c03-4,/lodging-demo/files,lodging,成四海,resident_id,620102198501020000,16500030004,,,,2022-10-01T08:40,{WHERE}
c03-5,/lodging-demo/files,lodging,丁五福,resident_id,620102198501020000,16500030005,,,,2022-10-01T08:50,{WHERE}
own-1,/lodging-demo/files,lodging,杜六顺,taiwan_permit,1234567,16500030006,,,,2022-10-01T08:50,{WHERE}
own-2,/lodging-demo/files,lodging,段七宝,passport,123456789.0,16500030007,,,,2022-10-01T08:50,{WHERE}
"""
PASSPORTS = f"""{HEADER}
c04-1,{PNR},MARIA DEMO SANTOS,passport,P1234567A,16500040001,1991-02-03,PHL,,2022-10-01T08:00,{WHERE}
c04-2,{PNR},{MARTIN},passport,P1234567A,16500040002,1964-11-21,FRA,,2022-10-01T08:30,{WHERE}
own-3,{PNR},"Santos, Maria Demo",passport,P1234567A,,,,PHL,2022-10-01T08:40,{WHERE}
own-4,/gate-demo/gate,gate,MARTIN/PIERRE EXEMPLE,,P1234567A,16500040002,,,,2022-10-01T08:50,{WHERE}
"""
WOMEN = [
    ("c07-1", "阿依古丽·示例江", "16500070001"),
    ("c07-2", "阿依古丽•示例江", "16500070001"),
    ("c07-3", "阿依古丽・示例江", "16500070001"),
    ("c07-4", "阿依古丽．示例江", "16500070001"),
    ("c07-5", "郭试样", "16500070002"),
    ("c07-6", "郭试样\u200b", "\u202d16500070002\u202c"),
]


def by_name_and_phone(id: str, name: str, phone: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id,
        "source": f"/{id}-demo/qr",
        "type": "arrival.reported",
        "time": "2022-10-01T08:00:00+08:00",
        "data": {
            "source_kind": "self",
            "person": {"name": name, "phone": phone},
            "arrival": {"at": f"2022-10-01T0{id[-1]}:00:00+08:00"},
            "destination": {"division": "620102001801", "address": "春和花园1号楼1单元101"},
        },
    }


def publish(system: System, file: Path, content: str) -> None:
    file.write_text(content)
    assert system.run("publish", str(file)).code == 0, "all lines are taken by the broker"


def test_numbers_and_names_make_neither_one_of_two_nor_several_of_one(
    running_system: System, tmp_path: Path
) -> None:
    system = running_system
    publish(system, tmp_path / "eaten.csv", EATEN)
    publish(system, tmp_path / "passports.csv", PASSPORTS)
    lines = b"\n".join(orjson.dumps(by_name_and_phone(*woman)) for woman in WOMEN)
    publish(system, tmp_path / "women.jsonl", lines.decode())
    system.settled()

    waiting = system.ask("registration", "SELECT reasons FROM reports WHERE arrival_id IS NULL")
    reasons = [reason for (listed,) in waiting for reason in orjson.loads(listed)]
    assert {(reason["field"], reason["code"]) for reason in reasons} == {
        ("person.identity_number", "identity_spreadsheet")
    }
    assert len(waiting) == len(reasons) == 6
    assert sorted(system.ask("registration", "SELECT reports FROM arrivals")) == [(2,), (2,), (2,), (4,)]
    ((why, details),) = system.ask("registration", "SELECT why, details FROM possible_duplicates")
    assert (why, orjson.loads(details)["contradicts"]) == (
        "same_number",
        ["birth_date", "issuing_country", "name"],
    )
    said = " ".join(system.run("trace", "c04-1").out.replace("│", "").split())
    assert "same_number: birth_date, issuing_country, name differ" in said
