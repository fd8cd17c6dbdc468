"""What a number can do, from the report to whoever tells the person: cases 08 and 28 of those tried."""

from __future__ import annotations

from typing import Any

import pytest
from stdnum.cn.ric import calc_check_digit

from tests.e2e.databases import on
from tests.e2e.one_report import report
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("sqlite")]


def somebody(name: str, number: str, phone: str) -> dict[str, Any]:
    return {"name": name, "identity_type": "resident_id", "identity_number": number, "phone": phone}


def of_grid(id: str, person: dict[str, Any], **data: Any) -> dict[str, Any]:
    return report("/grid-demo/phone", id, person, source_kind="grid", **data)


LANDLINE = of_grid("c08-1", somebody("韩老样", "620102194801010121", "0931-8412345"))
SERVICE = of_grid("c08-2", somebody("胡老样", "620102194701010132", "400-123-4567"))
CHICAGO = of_grid(
    "c28-1",
    {
        "name": "JANE DEMO DOE",
        "identity_type": "passport",
        "identity_number": "Z00011122",
        "phone": "1-312-555-0123",
        "nationality": "USA",
    },
    language="en",
)


def told(system: System, event_id: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The message to the resident, and the tasks that are there because of it."""
    trace = system.cli("trace", event_id)
    messages = trace["notification"]["messages"]
    (message,) = [one for one in messages if one["recipient"]["kind"] == "resident"]
    tasks = [task for day in trace["isolation"]["days"] for task in day["tasks"]]
    of_it = [(one["kind"], one["state"]) for one in tasks if one["about"] == message["message_id"]]
    return message, of_it


def nothing_to_send(system: System) -> bool:
    states = system.settled()["sums"]["messages"]["by_state"]
    return "accepted" in states and not {"pending", "sending"} & states.keys()


OTHERS = {
    # id: (phone, state and reason of the message to the resident, the task instead)
    "abroad": ("+852 9123 4567", ("failed", "abroad"), [("call_them", "due")]),
    "extension": ("0931-8412345转801", ("failed", "extension"), [("call_them", "due")]),
    "eaten": ("1.3909311234E+10", ("failed", "no_phone"), [("visit_them", "due")]),
    "two-mobiles": ("13909311234/13809311234", ("failed", "no_phone"), [("visit_them", "due")]),
    "mobile-and-landline": ("0931-8412345、139-0931-1234(妻子)", ("accepted", "http_202"), []),
    "without-plus": ("86-13909311235", ("accepted", "http_202"), []),
}


def others() -> list[Any]:
    reports = []
    for order, (id, (phone, _, _)) in enumerate(OTHERS.items()):
        body = f"620102196001{order + 10}012"
        number = body + calc_check_digit(body + "0")
        reports.append(of_grid(id, somebody("欧阳建国" * 25 if order > 3 else f"赵样{order}", number, phone)))
    return reports


def test_each_is_told_in_the_way_that_the_number_can_carry(running_system: System) -> None:
    system = running_system
    system.publish([LANDLINE, SERVICE, CHICAGO, *others()])
    eventually(lambda: nothing_to_send(system))  # for whoever has no phone, the household may still bring one
    found = system.settled()
    expected = {
        "c08-1": (("failed", "landline"), [("call_them", "due")]),
        "c08-2": (("failed", "service_number"), [("visit_them", "due")]),
        "c28-1": (("failed", "no_phone"), [("visit_them", "due")]),
        **{id: (outcome, tasks) for id, (_, outcome, tasks) in OTHERS.items()},
    }
    for id, (outcome, tasks) in expected.items():
        message, instead = told(system, id)
        assert ((message["state"], message["reason"]), instead) == (outcome, tasks), id
    counted = found["sums"]["messages"]["not_told"]
    assert (counted["landline"], counted["service_number"], counted["no_phone"]) == (1, 1, 3)
    said = system.run("trace", "c08-1").out
    assert "not told by text: landline, call task due" in " ".join(said.split())
    assert "not told by them" in system.run("audit").out
