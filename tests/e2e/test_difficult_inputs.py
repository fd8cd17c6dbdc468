"""Inputs that went wrong in systems of this kind, published from outside: nobody disappears.

All people are invented. One system for all; each test publishes files of its own (`difficult/`), and the
last ones import risk lists, which replace each other.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pika
import pytest

from chassis.sealing import Sealer
from deploy.local import PrivateBroker
from doorstep_client import Raw, arrival_event
from tests.conftest import own_vhost
from tests.e2e.conftest import sqlite_urls
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

FOLDER = Path(__file__).parent / "difficult"
NOON = datetime(2022, 10, 1, 12, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
KIND = "application/cloudevents+json"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker) -> Iterator[System]:
    directory = tmp_path_factory.mktemp("system")
    with (
        own_vhost(broker) as vhost,
        System(directory, broker.url(vhost), sqlite_urls(directory), {}, broker.management_url()) as system,
    ):
        system.prepare(NOON)
        system.start_all()
        system.import_samples()
        yield system


def rows(system: System, service: str, query: str, **given: Any) -> list[dict[str, Any]]:
    return [row._asdict() for row in system.ask(service, query, **given)]


def publish(system: System, name: str) -> dict[str, Any]:
    """A file's account of its lines, once all that follows from them is done."""
    answer = system.run("publish", str(FOLDER / name), "--replies", "--json")
    assert answer.out, answer.err
    system.audit(60)
    found: dict[str, Any] = answer.json
    return found


def report(system: System, event_id: str) -> dict[str, Any]:
    (row,) = rows(system, "registration", "SELECT * FROM reports WHERE event_id = :id", id=event_id)
    return row


def arrival(system: System, event_id: str) -> dict[str, Any]:
    """The arrival of the report's person."""
    wanted = report(system, event_id)["arrival_id"]
    (row,) = rows(system, "registration", "SELECT * FROM arrivals WHERE id = :id", id=wanted)
    return row


def person(row: dict[str, Any]) -> dict[str, Any]:
    unsealed: dict[str, Any] = Sealer({"k1": bytes(32)}).unseal(row["sealed"])
    return unsealed


def case_of(system: System, row: dict[str, Any]) -> dict[str, Any]:
    (case,) = rows(system, "isolation", "SELECT * FROM cases WHERE case_id = :id", id=row["id"])
    return case


def tasks_of(system: System, row: dict[str, Any]) -> list[str]:
    found = rows(system, "isolation", "SELECT kind FROM tasks WHERE case_id = :id", id=row["id"])
    return [task["kind"] for task in found]


def pairs_of(system: System, row: dict[str, Any]) -> list[str]:
    query = "SELECT why FROM possible_duplicates WHERE (first = :id OR second = :id) AND state = 'open'"
    return [pair["why"] for pair in rows(system, "registration", query, id=row["id"])]


def test_a_number_of_two_countries_is_two_people(system: System) -> None:
    publish(system, "passport-two-countries/reports.jsonl")
    maria, pierre = arrival(system, "c04-1"), arrival(system, "c04-2")
    assert maria["person_id"] != pierre["person_id"]
    assert maria["id"] != pierre["id"]


def test_numbers_that_a_spreadsheet_has_eaten_wait_for_correction(system: System) -> None:
    for name in ("arrivals.csv", "zeroed.csv"):
        publish(system, f"id-scientific-notation/{name}")
    for number in range(1, 6):
        kept = report(system, f"c03-{number}")
        assert "spreadsheet" in str(kept["reasons"]), kept["reasons"]
    persons = [
        arrival(system, f"c03-{n}")["person_id"]
        for n in range(1, 6)
        if report(system, f"c03-{n}")["arrival_id"]
    ]
    assert len(set(persons)) == len(persons)


def test_an_infant_without_a_document_leans_on_the_mother(system: System) -> None:
    publish(system, "infant-without-document/reports.jsonl")
    mother = arrival(system, "c06-1")
    assert mother["risk_level"] == "high"
    assert case_of(system, mother)["measure"] != "inform_only"
    household = "SELECT * FROM arrivals WHERE household_id = :id AND id != :mother"
    (infant,) = rows(system, "registration", household, id=mother["household_id"], mother=mother["id"])
    assert case_of(system, infant)["measure"] == case_of(system, mother)["measure"]
    about = "SELECT state FROM messages WHERE case_id = :id AND recipient_kind = 'resident'"
    told = [message["state"] for message in rows(system, "notification", about, id=infant["id"])]
    assert told == ["accepted"], "the mother's phone took the text about the infant, once"


def test_the_example_of_the_documents_is_accepted(system: System) -> None:
    found = publish(system, "infant-without-document/example-of-docs-events.jsonl")
    assert found["replies"]["registered"] == 1, found


def test_six_spellings_of_two_names_are_two_arrivals(system: System) -> None:
    publish(system, "name-dots-and-invisible/reports.jsonl")
    found = [arrival(system, f"c07-{number}")["id"] for number in range(1, 7)]
    assert len(set(found[:4])) == 1
    assert len(set(found[4:])) == 1
    assert found[0] != found[4]


def test_nobody_is_sent_a_text_to_a_landline(system: System) -> None:
    publish(system, "landline/reports.jsonl")
    sent = str(system.sms_sent())
    assert "8412345" not in sent
    assert "4001234567" not in sent
    assert "call_them" in tasks_of(system, arrival(system, "c08-1"))
    assert "visit_them" in tasks_of(system, arrival(system, "c08-2"))


def test_a_corrected_phone_and_house_count(system: System) -> None:
    for name in ("first", "first-address", "corrected", "corrected-address"):
        publish(system, f"corrected-phone/{name}.jsonl")
    corrected, moved = arrival(system, "c09-2"), arrival(system, "c09-4")
    assert arrival(system, "c09-1")["id"] == corrected["id"]
    assert person(corrected)["phone"].endswith("16500090009")
    assert "春和家园7号楼" in person(moved)["address"]


def event(event_id: str, name: str, phone: str) -> bytes:
    data = {
        "source_kind": "transport",
        "person": {"name": name, "phone": phone},
        "arrival": {"at": (NOON - timedelta(hours=2)).isoformat()},
        "destination": {"division": "620102001801", "address": "酒泉路街道春和社区春和花园3号楼2单元501"},
    }
    document = arrival_event("/packed-demo/feed", data, id=event_id, time=NOON - timedelta(hours=1))
    return json.dumps(document, ensure_ascii=False, default=str).encode()


@pytest.mark.parametrize("how", ["gzip", "deflate", "bom"])
def test_a_packed_body_is_unpacked(system: System, how: str) -> None:
    body = event(f"c13-{how}", "包样", f"1650013000{len(how)}")
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "bom": lambda b: b"\xef\xbb\xbf" + b}[how](
        body
    )
    encoding = None if how == "bom" else how
    connection = pika.BlockingConnection(pika.URLParameters(system.broker_url))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_publish(
        "doorstep.arrivals",
        "arrival.reported.packed-demo",
        packed,
        pika.BasicProperties(content_type=KIND, content_encoding=encoding, delivery_mode=2),
        mandatory=True,
    )
    connection.close()
    system.audit(60)
    assert arrival(system, f"c13-{how}")


def test_legal_forms_of_a_time_are_read(system: System) -> None:
    publish(system, "rfc3339-forms/reports.jsonl")
    for number in (1, 2, 3, 4):
        assert arrival(system, f"c14-{number}")


def test_a_bad_event_takes_no_packed_neighbour_along(system: System) -> None:
    found = publish(system, "one-bad-event-in-a-packed-message/reports.jsonl")
    for number in (1, 2, 4, 5, 6):
        assert arrival(system, f"c24-{number}")
    assert found["replies"]["rejected"] + found.get("broken_lines", 0) == 1, found


def test_a_mended_file_registers_only_what_was_missing(system: System) -> None:
    first = publish(system, "file-again-with-a-line-more/first.csv")
    again = publish(system, "file-again-with-a-line-more/again.csv")
    assert first["replies"]["registered"] == 2, first
    assert again["replies"]["registered"] == 2, again
    named = [person(row)["name"] for row in rows(system, "registration", "SELECT sealed FROM arrivals")]
    again_named = sorted(name for name in named if name and name.endswith("重发"))
    assert again_named == ["欧重发", "潘重发", "聂重发", "齐重发"]


def test_a_moment_after_midnight_told_in_utc_is_the_next_day(system: System) -> None:
    publish(system, "midnight-in-utc/reports.jsonl")
    came = [case_of(system, arrival(system, f"c19-{number}"))["counted_from"] for number in (1, 2)]
    assert came == ["2022-09-30", "2022-09-30"], "both left the listed place on that day"
    days = [arrival(system, f"c19-{number}")["arrived_at"] for number in (1, 2)]
    assert [day[:16] for day in days] == ["2022-09-30 16:05", "2022-09-30 15:55"], "in UTC"


@pytest.mark.parametrize("name", ["with-empty-columns", "guards", "tabs", "gbk"])
def test_a_table_as_a_spreadsheet_saves_it_is_read(system: System, name: str) -> None:
    found = publish(system, f"excel-formula-guards/{name}.csv")
    assert found["replies"]["registered"] + found["replies"]["merged"] == 1, found


def test_both_teams_learn_of_a_person_told_to_two_places(system: System) -> None:
    publish(system, "one-person-two-communities/reports.jsonl")
    one, other = arrival(system, "c26-1"), arrival(system, "c26-2")
    assert one["id"] != other["id"]
    assert pairs_of(system, one) == ["two_places"] == pairs_of(system, other)
    first, second = sorted((one["id"], other["id"]))
    told = "SELECT DISTINCT staff_id FROM messages WHERE case_id = :first AND notice = :notice"
    assert len(rows(system, "notification", told, first=first, notice=f"duplicate:{second}")) == 2


def test_an_old_man_alone_without_a_phone_is_visited(system: System) -> None:
    publish(system, "no-phone-alone/reports.jsonl")
    alone = arrival(system, "c27-1")
    assert "first_contact" in tasks_of(system, alone)


def test_a_number_of_another_country_is_not_read_as_a_chinese_one(system: System) -> None:
    publish(system, "remarks/us-number.jsonl")
    assert "phone_ambiguous" in str(report(system, "c28-1")["reasons"])
    assert "13125550123" not in str(system.sms_sent())


def reported_from(system: System, event_id: str, division: str, address: str, phone: str) -> dict[str, Any]:
    """The arrival of somebody who was at this address until today."""
    data = {
        "source_kind": "transport",
        "person": {"name": "程样", "phone": phone},
        "stops": [{"division": division, "address": address, "from": "2022-09-26", "to": "2022-10-01"}],
        "arrival": {"at": (NOON - timedelta(hours=2)).isoformat()},
        "destination": {"division": "620102001801", "address": "酒泉路街道春和社区春和花园3号楼2单元501"},
    }
    system.publish(
        [
            Raw(
                json.dumps(
                    arrival_event("/rail-demo/gate", data, id=event_id, time=NOON), default=str
                ).encode(),
                KIND,
                "rail-demo",
            )
        ]
    )
    system.audit(60)
    return arrival(system, event_id)


def test_an_odd_row_does_not_refuse_an_official_list(system: System) -> None:
    for name in ("list", "whole-county"):
        answer = system.run("risk", "import", str(FOLDER / f"risk-list-blank-row/{name}.json"), "--json")
        assert answer.code in (0, 3) and answer.out, answer.err
    found = reported_from(system, "c01-1", "620421", "示例村1号", "16500010001")
    assert found["risk_level"] == "high"


def test_a_list_corrected_within_the_hour_counts(system: System) -> None:
    for name in ("first", "corrected"):
        answer = system.run(
            "risk", "import", str(FOLDER / f"risk-list-corrected-same-hour/{name}.json"), "--json"
        )
        assert answer.code == 0, answer.out + answer.err
    found = reported_from(system, "c02-1", "620402", "样板新村9号楼", "16500020001")
    assert found["risk_level"] == "high"


def test_a_floor_makes_no_place_safer(system: System) -> None:
    answer = system.run("risk", "import", str(FOLDER / "floor-is-no-building/list.json"), "--json")
    assert answer.code == 0, answer.out + answer.err
    publish(system, "floor-is-no-building/reports.jsonl")
    for number in (1, 2, 3):
        assert arrival(system, f"c18-{number}")["risk_level"] == "high"


def test_the_audit_balances_after_all_of_them(system: System) -> None:
    eventually(lambda: not sum(system.audit()[1]["in_flight"].values()))
    code, found = system.audit(60)
    assert code == 0, found["missing"]
