"""From outside: people who are alike are followed twice, and the staff of both places are told (case 26)."""

from __future__ import annotations

import pytest

from tests.e2e.databases import on
from tests.e2e.one_report import SPRING, report
from tests.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("postgresql")]

LUCKY = {"division": "620102002801", "address": "瑞祥社区某宾馆"}

TWO_PLACES = {
    "name": "丁两处",
    "identity_type": "resident_id",
    "identity_number": "620102198202020262",
    "phone": "16500260001",
}
BORN = {"name": "MARIA DEMO SANTOS", "birth_date": "1991-02-03"}
PASSPORT = {**BORN, "identity_type": "passport", "identity_number": "P1234567A", "nationality": "PHL"}
PERMIT = {**BORN, "identity_type": "foreign_permanent_resident", "identity_number": "PHL310000000001"}
MISTYPED = {"name": "PIERRE EXEMPLE MARTIN", "identity_type": "passport", "nationality": "FRA"}
FAMILY = [{"name": name, "phone": "16500260009"} for name in ("周示例", "周小样")]


def test_two_alike_are_followed_both_and_the_staff_of_both_places_are_told(running_system: System) -> None:
    system = running_system
    system.publish(
        [
            report("/rail-demo/desk", "c26-1", TWO_PLACES, SPRING),
            report("/selfreg-demo/desk", "c26-2", TWO_PLACES, LUCKY),
            report("/air-demo/desk", "documents-1", PASSPORT, SPRING),
            report("/hotel-demo/desk", "documents-2", PERMIT, LUCKY),
            report("/air-demo/desk", "digit-1", {**MISTYPED, "identity_number": "19XX11121"}, SPRING),
            report("/hotel-demo/desk", "digit-2", {**MISTYPED, "identity_number": "19XX11211"}, LUCKY),
            report("/rail-demo/desk", "family", FAMILY[0], SPRING, companions=FAMILY[1:]),
            *(
                report(
                    "/school-demo/desk", f"school-{n}", {"name": f"学生{n}", "phone": "16500260010"}, SPRING
                )
                for n in range(20)
            ),
        ]
    )
    system.settled()
    pairs = system.cli("duplicates", "list")
    assert sorted(pair["why"] for pair in pairs) == [
        "same_name_and_birth_date",
        "similar_number",
        "two_places",
    ]
    (pair,) = system.cli("duplicates", "list", "--why", "two_places")
    assert {arrival["place"].split()[1] for arrival in pair["arrivals"]} == {"春和社区", "瑞祥社区"}
    traces = [system.cli("trace", id) for id in ("c26-1", "c26-2")]
    workers = {trace["registration"]["worker"]["staff_id"] for trace in traces}
    for trace in traces:
        assert [one["why"] for one in trace["registration"]["possible_duplicates"]] == ["two_places"]
        assert trace["isolation"]["case"]["state"] in ("open", "active")
    messages = [message for trace in traces for message in trace["notification"]["messages"]]
    told = [one["recipient"]["staff_id"] for one in messages if one["rule"] == "staff_possible_duplicate"]
    assert set(told) == workers and len(told) == 2
    revealed = [system.cli("trace", id, "--reveal", "--why", "a test") for id in ("c26-1", "c26-2")]
    texts = [one["text"] for trace in revealed for one in trace["notification"]["messages"]]
    to_staff = [text for text in texts if "疑似重复登记" in text]
    assert len(to_staff) == 2
    for text in to_staff:
        assert "春和社区" in text and "瑞祥社区" in text
        assert "丁两处" not in text and "16500260001" not in text
    shown = system.run("duplicates", "list").out
    assert "two_places" in shown and "丁两处" not in shown
